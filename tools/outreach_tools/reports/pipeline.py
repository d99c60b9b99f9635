"""The report on the pipeline: what open opportunities are worth by stage, owner or month, and which are stuck."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import Filter, read
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.figures.exact import in_cents
from outreach_tools.engine.included import Included
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.zones import shown_time
from outreach_tools.reports import deals
from outreach_tools.reports.answering import Counted, Layout, Row, answer
from outreach_tools.reports.arguments import PipelineArguments
from outreach_tools.reports.deals import GROUPS, STALLED_DAYS, TROUBLES, Deal, Group, Sum, sums
from outreach_tools.reports.gathering import AT_ONCE, Gathering, Wanted, any_of, each_of, told_apart
from outreach_tools.reports.periods import calendar_of, period_of
from outreach_tools.reports.resuming import resumed
from outreach_tools.reports.rows import count_of, id_of, text_of
from outreach_tools.reports.schema import report_tool
from outreach_tools.resources.opportunity import OPPORTUNITY
from outreach_tools.resources.opportunity_prospect_role import OPPORTUNITY_PROSPECT_ROLE
from outreach_tools.resources.opportunity_stage import OPPORTUNITY_STAGE

_COUNTED = Counted(
    "open opportunities",
    (
        (("weighted",), "weighted: amount x probability"),
        (("slipped",), "slipped: past its close date"),
        (("stalled",), f"stalled: nothing for {STALLED_DAYS} days"),
        (("why",), f"slipped: days past its close date; stalled: days untouched, from {STALLED_DAYS} on"),
        (("single_contact",), "single_contact: at most one person has a role"),
        (("median_idle_days",), "idle: since anything happened"),
        (("contacts",), "contacts: people with a role"),
    ),
)
_SUMS = ("count", "amount", "weighted", *TROUBLES, "median_idle_days")
_STUCK = Layout(
    keys=("id", "opportunity"),
    shown=("why", "amount", "currency", "closes", "owner", "stage"),
    others=("weighted", "probability", "touched", "contacts"),
    names=("opportunity", "owner", "stage"),
    counted=_COUNTED,
)


def report_pipeline(listers: Listers) -> Tool:
    """Make the tool."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(PipelineArguments, arguments)
        return await resumed("report_pipeline", context, names, listers, given, report)

    async def report(gathering: Gathering, given: PipelineArguments) -> JsonObject:
        context = gathering.context
        closing = period_of(context, given.period) if given.period else None
        added_up = Layout(
            keys=(given.by, "currency"), shown=_SUMS, top=None, least=2, names=("owner", "stage"), counted=_COUNTED
        )
        layout = (_STUCK if given.by == "stuck" else added_up).checked(given)
        users = await gathering.users(given.owner, given.team)
        stages = await _open_stages(gathering)
        found = await _open_deals(gathering, stages, users, closing.days if closing else None)
        now, today = context.now(), calendar_of(context).today
        frame: JsonObject = {"closing": closing.words} if closing else {}
        owners = (
            await gathering.labels("user", (deal.owner for deal in found)) if given.by in ("owner", "stuck") else {}
        )
        groups, by_currency = sums(found, GROUPS.get(given.by, GROUPS["stage"]), now, today)
        currency = next(iter(by_currency)) if len(by_currency) == 1 else None
        if currency:
            frame["currency"] = currency
        if given.by == "stuck":
            rows = _stuck(found, stages, owners, now, today, context, several=currency is None)
            return answer(context, gathering, layout, given, rows, [], frame=frame)
        called = owners if given.by == "owner" else stages
        rows = [
            {
                given.by: _called(group, called),
                "currency": (money or "none") if currency is None else None,
                **groups[group, money].figures(),
            }
            for group, money in _in_order(groups, stages, given.by)
        ]
        totals = [
            {given.by: "total", "currency": (money or "none") if currency is None else None, **each.figures()}
            for money, each in sorted(by_currency.items())
        ]
        return answer(context, gathering, layout, given, rows, totals, frame=frame)

    return report_tool(
        "report_pipeline",
        "What is in the pipeline: deals, amount by currency, weighted forecast by stage, owner or close month; which "
        "are stuck (by stuck lists them): stalled, slipped, without next step, single contact.",
        run,
        by=(*GROUPS, "stuck"),
        period="close date: this_quarter, a..b",
        reads=("opportunity", "opportunityStage", "opportunityProspectRole"),
        names=("user", "team"),
    )


async def _open_stages(gathering: Gathering) -> dict[int, str]:
    """Return the stages of opportunities that are not closed, in their order, with their names."""
    found = gathering.part("stages", list[tuple[int, int, str]])

    def look(record: JsonObject) -> None:
        number = id_of(record)
        if number is not None and value_of(record, "isClosed") is not True:
            found.append((count_of(record, "order"), number, text_of(record, "name") or f"stage {number}"))

    await gathering.whole(Wanted(OPPORTUNITY_STAGE, [], ("name", "order", "isClosed"), each_of(look)))
    return told_apart({number: name for _, number, name in sorted(found)})


async def _open_deals(
    gathering: Gathering, stages: Mapping[int, str], users: tuple[int, ...] | None, closing: str | None
) -> list[Deal]:
    """Return the open opportunities, each with the number of people who have a role in it."""
    records = gathering.part("records", list[JsonObject])
    filters = [*any_of("stage.id", tuple(stages) or None), *any_of("owner.id", users)]
    filters += [Filter(field="closeDate", criteria=closing)] if closing else []
    if stages:
        await gathering.all(Wanted(OPPORTUNITY, filters, deals.FIELDS, each_of(records.append), ("owner",)))
    people = gathering.part("people", dict[int, set[int]])

    def meet(rows: Sequence[JsonObject], _: Included) -> None:
        for row in rows:
            deal, prospect = id_of(row, "opportunity"), id_of(row, "prospect")
            if deal is not None and prospect is not None:
                people.setdefault(deal, set()).add(prospect)

    ids = [number for record in records if (number := id_of(record)) is not None]
    wanted = [
        Wanted(
            OPPORTUNITY_PROSPECT_ROLE,
            any_of("opportunity.id", tuple(ids[place : place + AT_ONCE])),
            ("opportunity", "prospect"),
            meet,
            without="single_contact is too high",
        )
        for place in range(0, len(ids), AT_ONCE)
    ]
    await gathering.all(*wanted)
    made = (Deal.of(record, len(people.get(id_of(record) or 0, ()))) for record in records)
    return [deal for deal in made if deal is not None]


def _called(group: int | str | None, names: Mapping[int, str]) -> str:
    """Return what a group is called: a month by itself, a stage and an owner by their names."""
    return group if isinstance(group, str) else names.get(group or 0, "none")


def _in_order(groups: Mapping[Group, Sum], stages: Mapping[int, str], by: str) -> list[Group]:
    """Return the groups: stages in their order, months as they come, owners by how much they have; then currencies."""
    counts: Counter[int | str | None] = Counter()
    for (group, _), each in groups.items():
        counts[group] += each.count
    order = list(stages)

    def place(item: Group) -> tuple[int, str, str]:
        group, currency = item
        if by == "month":
            return (group is None, str(group), currency)
        first = -counts[group] if by == "owner" else order.index(group) if group in order else len(order)
        return (first, str(group), currency)

    return sorted(groups, key=place)


def _stuck(
    found: Sequence[Deal],
    stages: Mapping[int, str],
    owners: Mapping[int, str],
    now: datetime,
    today: date,
    context: Context,
    *,
    several: bool,
) -> list[Row]:
    """Return the opportunities that are stuck by anything, those by most first."""
    troubles = {deal.id: deal.troubles(now, today) for deal in found}
    held = sorted(
        (deal for deal in found if troubles[deal.id]),
        key=lambda deal: (-len(troubles[deal.id]), deal.closes or date.max, deal.id),
    )
    return [
        {
            "id": deal.id,
            "opportunity": deal.name,
            "why": ", ".join(_told(each, deal, now, today) for each in troubles[deal.id]),
            "amount": None if deal.amount is None else in_cents(deal.amount),
            "currency": deal.currency or None if several else None,
            "closes": deal.closes.isoformat() if deal.closes else None,
            "owner": owners.get(deal.owner or 0),
            "stage": stages.get(deal.stage or 0),
            "weighted": None if deal.weighted is None else in_cents(deal.weighted),
            "probability": None if deal.probability is None else in_cents(deal.probability),
            "touched": shown_time(deal.touched.isoformat(), "day", context.zone) if deal.touched else None,
            "contacts": deal.contacts,
        }
        for deal in held
    ]


def _told(trouble: str, deal: Deal, now: datetime, today: date) -> str:
    if trouble == "stalled":
        return f"stalled {(now - deal.touched).days}" if deal.touched else "stalled"
    if trouble == "slipped" and deal.closes:
        return f"slipped {(today - deal.closes).days}"
    if trouble == "single_contact":
        return "one contact" if deal.contacts else "no contact"
    return trouble.replace("_", " ")
