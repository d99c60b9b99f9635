"""The report on replies: who answered in a period and still waits to hear from us."""

from collections.abc import Mapping, Sequence

from outreach_tools.client import JsonObject, MissingScope
from outreach_tools.engine.arguments import Filter, read
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.included import Included
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.text import one_line
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.values import wire_time
from outreach_tools.engine.zones import shown_time
from outreach_tools.reports import waiting
from outreach_tools.reports.answering import Counted, Layout, Row, answer
from outreach_tools.reports.arguments import RepliesArguments
from outreach_tools.reports.gathering import AT_ONCE, Gathering, Wanted, any_of, each_of, replies_rated
from outreach_tools.reports.periods import calendar_of, period_of
from outreach_tools.reports.resuming import resumed
from outreach_tools.reports.schema import report_tool
from outreach_tools.reports.sentiments import NEGATIVE, NEUTRAL, POSITIVE, SENTIMENTS, UNRATED
from outreach_tools.reports.waiting import Reply, Since, age_band, grouped, last_replies, rated, reply_of
from outreach_tools.resources.call import CALL
from outreach_tools.resources.mailing import MAILING

_COUNTED = Counted(
    "people who replied in the period and whom nobody has mailed or called since; who opted out does not wait",
    ((("days", "oldest_days"), "days: since the last reply"),),
)
_GROUPS = ("person", "sentiment", "owner", "age")
_PEOPLE = Layout(
    keys=("id", "person"),
    shown=("days", "sentiment", "owner", "sequence", "replied"),
    names=("person", "owner", "sequence"),
    counted=_COUNTED,
)
_MEASURES = ("waiting", "replied", POSITIVE, NEUTRAL, NEGATIVE, UNRATED, "oldest_days")
_NAME = 60
_ANSWERED = "some may not wait any more"


def report_replies(listers: Listers) -> Tool:
    """Make the tool."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(RepliesArguments, arguments)
        return await resumed("report_replies", context, names, listers, given, report)

    async def report(gathering: Gathering, given: RepliesArguments) -> JsonObject:
        context = gathering.context
        period = period_of(context, given.period)
        order = None if given.by == "age" else "-waiting"
        by_group = Layout(keys=(given.by,), shown=_MEASURES, sort=order, names=("owner",), counted=_COUNTED)
        layout = (_PEOPLE if given.by == "person" else by_group).checked(given)
        sequences = await gathering.ids(given.sequence, "sequence", "sequence")
        users = await gathering.users(given.owner, given.team)
        said = gathering.part("said", dict[int, str])
        found = gathering.part("found", list[Reply])

        def take(rows: Sequence[JsonObject], included: Included) -> None:
            found.extend(each for row in rows if (each := reply_of(row, included)) is not None)

        filters = [
            Filter(field="repliedAt", criteria=period.criteria),
            *any_of("sequence.id", sequences),
            *any_of("user.id", users),
        ]
        await gathering.all(
            replies_rated(period, sequences, said),
            Wanted(MAILING, filters, waiting.FIELDS, take, ("user", "sequence")),
        )
        replies = await _still_waiting(gathering, rated(last_replies(found), said), period.since)
        replies = [each for each in replies if given.sentiment in (None, each.sentiment)]
        frame = {"period": period.words}
        if given.by == "person":
            rows = await _people(gathering, [each for each in replies if each.waits], context)
            frame["waiting"] = f"{len(rows)} of {len(replies)} who replied"
            return answer(context, gathering, layout, given, rows, [], frame=frame)
        rows = await _grouped(gathering, given.by, replies, context)
        total = {given.by: "total", **_figures(replies, context)}
        return answer(context, gathering, layout, given, rows, [total], frame=frame)

    return report_tool(
        "report_replies",
        "Who answered my emails and still waits for me to get back, whom I owe a response: by person, sentiment "
        "(positive, negative), owner or age; unanswered replies.",
        run,
        by=_GROUPS,
        reads=("mailing", "sequenceState", "prospect"),
        names=("sequence", "user", "team"),
        looks=("call",),
        more={"sequence": {"type": "string"}, "sentiment": {"type": "string", "enum": [*SENTIMENTS]}},
    )


async def _still_waiting(gathering: Gathering, replies: list[Reply], since: str) -> list[Reply]:
    """Return replies as they are after what was sent and whom was called since a moment."""
    people = [each.prospect for each in replies if each.waits]
    places, known = range(0, len(people), AT_ONCE), gathering.part("since", Since)
    whom = [any_of("prospect.id", tuple(people[place : place + AT_ONCE])) for place in places]
    sent, made = Filter(field="deliveredAt", criteria=since), Filter(field="createdAt", criteria=since)
    mail, call = ("deliveredAt", "prospect"), ("createdAt", "dialedAt", "prospect")
    mails = (Wanted(MAILING, [sent, *each], mail, each_of(known.mailed), without=_ANSWERED) for each in whom)
    await gathering.all(*mails)
    calls = (Wanted(CALL, [made, *each], call, each_of(known.called), without=_ANSWERED) for each in whom)
    try:
        await gathering.all(*calls)
    except (MissingScope, ToolError):
        gathering.notes.append("calls may not be read: who was called goes by what Outreach notes on prospects")
    return [known.still_waiting(each) for each in replies]


async def _people(gathering: Gathering, replies: list[Reply], context: Context) -> list[Row]:
    """Return who waits, those who have waited longest first; among those of a day the positive ones."""
    owners = await gathering.labels("user", (each.user for each in replies))
    sequences = await gathering.labels("sequence", (each.sequence for each in replies))
    today = calendar_of(context).today
    ordered = sorted(replies, key=lambda each: (SENTIMENTS.index(each.sentiment), each.replied, each.prospect))
    return [
        {
            "id": each.prospect,
            "person": one_line(each.name, _NAME),
            "days": each.days(today, context.zone),
            "sentiment": each.sentiment,
            "owner": owners.get(each.user or 0),
            "sequence": sequences.get(each.sequence or 0),
            "replied": shown_time(wire_time(each.replied), "minute", context.zone),
        }
        for each in ordered
    ]


async def _grouped(gathering: Gathering, by: str, replies: list[Reply], context: Context) -> list[Row]:
    today = calendar_of(context).today
    owners: Mapping[int, str] = {}
    if by == "owner":
        owners = await gathering.labels("user", (each.user for each in replies))

    def group_of(reply: Reply) -> str:
        if by == "sentiment":
            return reply.sentiment
        return owners.get(reply.user or 0, "nobody") if by == "owner" else age_band(reply.days(today, context.zone))

    rows: list[Row] = [{by: name, **_figures(of, context)} for name, of in grouped(replies, group_of)]
    bands = [band for _, band in waiting.AGES]
    return sorted(rows, key=lambda row: bands.index(row[by])) if by == "age" else rows


def _figures(replies: Sequence[Reply], context: Context) -> dict[str, int | None]:
    """Return the figures of some people: how many wait, what those said, and how long the first of them waits."""
    waits, today = [each for each in replies if each.waits], calendar_of(context).today
    said = [each.sentiment for each in waits]
    return {
        "waiting": len(waits),
        "replied": len(replies),
        **{name: said.count(name) for name in SENTIMENTS},
        "oldest_days": max((each.days(today, context.zone) for each in waits), default=None),
    }
