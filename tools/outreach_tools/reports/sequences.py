"""The report on sequences: what their mail brings, by sequence, step, template or sender."""

from collections.abc import Mapping

from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import Filter, read
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.reports import funnel
from outreach_tools.reports.answering import Counted, Layout, Row, answer
from outreach_tools.reports.arguments import SequencesArguments
from outreach_tools.reports.funnel import GROUPS, Funnel, Funnels, Group
from outreach_tools.reports.gathering import Gathering, Wanted, any_of, each_of, replies_rated
from outreach_tools.reports.periods import period_of
from outreach_tools.reports.resuming import resumed
from outreach_tools.reports.schema import report_tool
from outreach_tools.reports.variants import Tried, verdicts, wilson
from outreach_tools.resources.mailing import MAILING

_SHOWN = ("delivered", "replied", "reply_rate", "positive", "contacted", "opened", "bounced", "opted_out", "negative",
          "neutral", "clicked")  # fmt: skip
_OTHERS = ("unrated", "open_rate", "click_rate", "positive_rate", "bounce_rate", "opt_out_rate")
_OF_VARIANTS = ("delivered", "replied", "interval_95", "verdict", "reply_rate", "positive", "opened", "bounced",
                "opted_out", "contacted", "negative", "neutral", "clicked")  # fmt: skip

_NAMED = {"sequence": ("sequence",), "owner": ("user",), "variant": ("template",)}
_COUNTED = Counted(
    "mail of sequences delivered in the period, and what came of it since",
    (
        (("contacted",), "contacted: people"),
        (("reply_rate", "open_rate", "click_rate", "positive_rate", "opt_out_rate"), "rates: % of delivered"),
        (("bounce_rate",), "bounce_rate: % of delivered or bounced"),
        (("interval_95",), "interval: Wilson"),
        (("verdict",), "ahead or behind: at 95%"),
    ),
)


def report_sequences(listers: Listers) -> Tool:
    """Make the tool."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(SequencesArguments, arguments)
        return await resumed("report_sequences", context, names, listers, given, report)

    async def report(gathering: Gathering, given: SequencesArguments) -> JsonObject:
        context = gathering.context
        period, compared = period_of(context, given.period), given.by == "variant"
        layout = Layout(
            keys=("step", "template") if compared else (given.by,),
            shown=_OF_VARIANTS if compared else _SHOWN,
            others=_OTHERS,
            sort=None if compared else "-delivered",
            least=4 if compared else 3,
            names=("sequence", "step", "template", "owner"),
            counted=_COUNTED,
        ).checked(given)
        sequences = await gathering.ids(given.sequence, "sequence", "sequence")
        users = await gathering.users(given.owner, given.team)
        # Mail outside of sequences is no sequence's.
        chosen = [Filter(field="mailingType", criteria="sequence"), *any_of("sequence.id", sequences)]
        chosen += any_of("user.id", users)
        said = gathering.part("said", dict[int, str])
        funnels = gathering.part("funnels", lambda: Funnels(GROUPS[given.by], said))
        await gathering.all(
            replies_rated(period, sequences, said),
            Wanted(
                MAILING,
                [Filter(field="deliveredAt", criteria=period.criteria), *chosen],
                funnel.FIELDS,
                each_of(funnels.deliver),
                named=_NAMED.get(given.by, ()),
            ),
            Wanted(
                MAILING,
                [Filter(field="bouncedAt", criteria=period.criteria), *chosen],
                ("deliveredAt", *funnel.FIELDS),
                each_of(funnels.bounce),
                named=_NAMED.get(given.by, ()),
            ),
        )
        rows, notes = await _rows(gathering, given.by, funnels)
        frame = {"period": period.words}
        totals = [] if compared else [{given.by: "total", **funnels.total.figures()}]
        return answer(context, gathering, layout, given, rows, totals, frame=frame, notes=notes)

    return report_tool(
        "report_sequences",
        "How do our sequences, cadences or templates perform in a period: reply rate, delivered, opened, replies by "
        "sentiment, bounced; which gets the most replies; A/B test of templates (by variant).",
        run,
        by=GROUPS,
        reads=("mailing", "sequenceState", "sequenceStep"),
        names=("sequence", "template", "user", "team"),
        more={"sequence": {"type": "string"}},
    )


async def _rows(gathering: Gathering, by: str, funnels: Funnels) -> tuple[list[Row], list[str]]:
    groups = funnels.groups
    if by in ("sequence", "owner"):
        kind = "user" if by == "owner" else by
        names = await gathering.labels(kind, (first for first, *_ in groups))
        return [{by: names.get(group[0] or 0, "none"), **each.figures()} for group, each in groups.items()], []
    steps = await gathering.labels("sequenceStep", (first for first, *_ in groups), within="sequence")
    if by == "step":
        return [{by: steps.get(group[0] or 0, "none"), **each.figures()} for group, each in groups.items()], []
    return await _variants(gathering, groups, steps)


async def _variants(
    gathering: Gathering, groups: Mapping[Group, Funnel], steps: Mapping[int, str]
) -> tuple[list[Row], list[str]]:
    """Return the templates of each step that has several, and what can be said of them."""
    by_step: dict[int, dict[int, Funnel]] = {}
    for (step, template), each in groups.items():
        if step is not None and template is not None:
            by_step.setdefault(step, {})[template] = each
    tried = {step: found for step, found in by_step.items() if len(found) > 1}
    alone = len(by_step) - len(tried)
    names = await gathering.labels("template", (template for found in tried.values() for template in found))
    rows: list[Row] = []
    for step, found in sorted(tried.items(), key=lambda item: steps[item[0]]):
        ordered = sorted(found.items(), key=lambda item: (names[item[0]], item[0]))
        said = verdicts([Tried(each.delivered, each.replied) for _, each in ordered])
        for (template, each), verdict in zip(ordered, said, strict=True):
            low, high = (round(100 * bound, 1) for bound in wilson(each.replied, each.delivered))
            compared = {"interval_95": f"{low:g}-{high:g}%", "verdict": verdict}
            rows.append({"step": steps[step], "template": names[template], **each.figures(), **compared})
    return rows, [f"{alone} steps had one template"] if alone else []
