"""The report on activity: what people did in a period, by person, day, week or month."""

from collections import Counter

from outreach_tools.client import JsonObject, MissingScope
from outreach_tools.engine.arguments import Filter, read
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.reports import work
from outreach_tools.reports.answering import Counted, Layout, Row, answer
from outreach_tools.reports.arguments import ActivityArguments
from outreach_tools.reports.gathering import Gathering, NotNowError, Wanted, any_of, each_of
from outreach_tools.reports.periods import period_of
from outreach_tools.reports.resuming import resumed
from outreach_tools.reports.rows import id_of, text_of
from outreach_tools.reports.schema import report_tool
from outreach_tools.reports.work import MEASURES, PERIODS, Work, names_meeting
from outreach_tools.resources.call import CALL
from outreach_tools.resources.call_disposition import CALL_DISPOSITION
from outreach_tools.resources.mailing import MAILING
from outreach_tools.resources.task import TASK

_COUNTED = Counted(
    "",
    (
        (("mails",), "mails: delivered"),
        (("conversations",), "conversations: calls answered"),
        (("meetings",), "meetings: calls whose disposition or tag says so"),
        (("due", "overdue"), "due: tasks due in the period"),
        (("overdue",), "overdue: those still open"),
    ),
)


def report_activity(listers: Listers) -> Tool:
    """Make the tool."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(ActivityArguments, arguments)
        return await resumed("report_activity", context, names, listers, given, report)

    async def report(gathering: Gathering, given: ActivityArguments) -> JsonObject:
        context = gathering.context
        period = period_of(context, given.period)
        order = "-mails" if given.by == "owner" else f"-{given.by}"
        layout = Layout(keys=(given.by,), shown=MEASURES, sort=order, names=("owner",), counted=_COUNTED).checked(given)
        users = await gathering.users(given.owner, given.team)
        meetings = await _meeting_dispositions(gathering)
        period_group = PERIODS[given.by](context.zone) if given.by in PERIODS else None
        done = gathering.part("work", lambda: Work(context.now(), period_group, users, meetings))
        within = period.criteria
        named = ("user",) if given.by == "owner" else ()
        own, owned = any_of("user.id", users), any_of("owner.id", users)
        completed = [Filter(field="state", criteria="complete"), Filter(field="stateChangedAt", criteria=within)]
        await gathering.all(
            Wanted(MAILING, [_at("deliveredAt", within), *own], work.MAIL_FIELDS, each_of(done.mail), named),
            Wanted(MAILING, [_at("repliedAt", within), *own], work.MAIL_FIELDS, each_of(done.reply), named),
            Wanted(CALL, [_at("createdAt", within), *own], work.CALL_FIELDS, each_of(done.call), named),
            *(Wanted(TASK, [*completed, *by], work.TASK_FIELDS, each_of(done.done)) for by in _doers(users)),
            Wanted(TASK, [_at("dueAt", within), *owned], work.TASK_FIELDS, each_of(done.due)),
        )
        rows = await _rows(gathering, given.by, done, users or ())
        total = {given.by: "total", **{name: done.total[name] for name in MEASURES}}
        frame = {"period": period.words}
        return answer(context, gathering, layout, given, rows, [total], frame=frame)

    return report_tool(
        "report_activity",
        "How is my team doing, who did what: per rep, day, week or month the mails, replies, calls, conversations, "
        "meetings, tasks done, due and overdue.",
        run,
        by=("owner", *PERIODS),
        reads=("mailing", "call", "task"),
        names=("user", "team", "callDisposition"),
    )


def _at(field: str, criteria: str) -> Filter:
    return Filter(field=field, criteria=criteria)


def _doers(users: tuple[int, ...] | None) -> list[list[Filter]]:
    """Return the filters that find what people completed; where nobody is noted to have, it was the owner."""
    if users is None:
        return [[]]
    nobody = Filter(field="completer.id", criteria="null")
    return [any_of("completer.id", users), [nobody, *any_of("owner.id", users)]]


async def _meeting_dispositions(gathering: Gathering) -> frozenset[int]:
    """Return the ids of the dispositions of calls that say that a meeting was set, none where those may not be read."""
    found = gathering.part("meetings", set[int])

    def look(record: JsonObject) -> None:
        number = id_of(record)
        if number is not None and names_meeting(text_of(record, "name") or ""):
            found.add(number)

    try:
        await gathering.whole(Wanted(CALL_DISPOSITION, [], ("name",), each_of(look)))
    except NotNowError:
        raise
    except (MissingScope, ToolError):
        gathering.notes.append("meetings are those that tags say, as call dispositions may not be read")
    return frozenset(found)


async def _rows(gathering: Gathering, by: str, done: Work, users: tuple[int, ...]) -> list[Row]:
    """Return a row for each group, also for people who were asked about and did nothing."""
    if by != "owner":
        return [{by: group, **{name: found[name] for name in MEASURES}} for group, found in done.groups.items()]
    ids = dict.fromkeys((*users, *(group for group in done.groups if isinstance(group, int))))
    names = await gathering.labels("user", ids)
    nothing: Counter[str] = Counter()
    groups: dict[work.Group, Counter[str]] = {**dict.fromkeys(ids, nothing), **done.groups}
    return [
        {by: names.get(group, "nobody") if isinstance(group, int) else "nobody"}
        | {name: found[name] for name in MEASURES}
        for group, found in groups.items()
    ]
