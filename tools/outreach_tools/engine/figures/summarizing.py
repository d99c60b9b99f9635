"""Summarizes the records of a selection: plans how with the fewest requests, reads or counts, and answers in groups."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Request, Response, Unread
from outreach_tools.engine.arguments import SummaryArguments, read
from outreach_tools.engine.cursor import fingerprint
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.emptiness import why_empty
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.figures.budget import Budget, Coverage
from outreach_tools.engine.figures.counting import Counting
from outreach_tools.engine.figures.grouping import MOST_GROUPED, Group, Key, group_of, name_and_unit
from outreach_tools.engine.figures.measures import measures_of
from outreach_tools.engine.figures.naming import MOST_NAMED, names_of
from outreach_tools.engine.figures.reading import Reading
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.figures.summary import Asked, Row, answer_of, asked_for, told
from outreach_tools.engine.figures.table import Table
from outreach_tools.engine.filter_notes import without_order
from outreach_tools.engine.names import type_named
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context

_UNFINISHED = "unfinished summary"
"""The subject of what the last summary that was stopped had come to."""


@dataclass(slots=True)
class Unfinished:
    """A summary that was stopped, to go on where it stood: by its arguments' `mark`."""

    mark: str
    asked: Asked
    table: Table
    reading: Reading
    listers: Listers
    notes: tuple[str, ...] = ()


async def summarize(
    context: Context, arguments: JsonObject, names: Names, declared: Mapping[str, Resource]
) -> JsonObject:
    """Return the summary that some arguments ask for.

    Raises `ArgumentError` for what is not understood, and `ToolError` for what would take too many requests.
    """
    given = read(SummaryArguments, arguments)
    budget = Budget(given.max_requests, context.now)
    mark = fingerprint("summary", *(value for name, value in given if name not in ("page_after", "max_requests")))
    if given.page_after is not None:
        begun = _resumed(context, given.page_after, mark)
        begun.reading.context, begun.reading.budget = context, budget
        return await _read_on(context, begun, budget)
    resource = type_named(given.resource)
    if "list" not in resource.operations:
        raise ArgumentError(f"'resource' is {given.resource!r}: Outreach has no list of {resource.path} to summarize")
    about = declared.get(resource.type) or _bare(resource)
    selecting = Selecting.of(context, about, names)
    groups = await _groups(selecting, given.group_by)
    measures = await measures_of(selecting, given.measures, [*given.having, *([given.sort] if given.sort else [])])
    table = Table.of(groups, measures)
    asked = asked_for(selecting, groups, measures, given.having, given.sort, given.top)
    needs = [need for each in groups for need in each.field.needs] + [need for each in measures for need in each.needs]
    selected = await selecting.selected(given.filters, needs)
    reading = Reading(context, selected, budget)
    notes = (*without_order(selected.filters.notes), *selecting.labels.notes)
    begun = Unfinished(mark, asked, table, reading, about.listers, notes)
    coverage = await Counting(selecting, given.filters, reading, table).run()
    if coverage is not None:
        return await _answer(context, begun, coverage, budget)
    _refuse_costly(resource, reading, given.max_requests)
    return await _read_on(context, begun, budget)


async def _read_on(context: Context, begun: Unfinished, budget: Budget) -> JsonObject:
    coverage = await begun.reading.read(begun.table.take)
    answer = await _answer(context, begun, coverage, budget)
    if coverage.whole:
        return answer
    context.kept.put(_UNFINISHED, begun)
    return {**answer, "has_more": True, "page_after": _token(begun)}


async def _answer(context: Context, begun: Unfinished, coverage: Coverage, budget: Budget) -> JsonObject:
    asked, table, spent = begun.asked, begun.table, budget.spent
    rows = asked.chosen(table)
    names, notes = dict[Key, str](), begun.notes
    links = [place for place, each in enumerate(asked.groups) if each.field.form == "link"]
    if asked.is_by_name and len(rows) > MOST_NAMED:
        raise ArgumentError(
            f"'sort' by name takes {MOST_NAMED:,} groups, and there are {len(rows):,}: sort by a measure"
        )
    rest: list[Row] = []
    if links and not asked.is_by_name:  # of others than those that are shown no names are asked for
        rows = asked.sorted(rows, {})
        rows, rest = rows[: asked.top], rows[asked.top :]
    if links:
        names, more = await names_of(context, (row[0][place] for row in rows for place in links), budget)
        notes = (*notes, *more)
    rows = [*asked.sorted(rows, names), *rest]
    why = await _why_nothing(context, begun, coverage, budget)
    coverage = replace(coverage, requests=coverage.requests + budget.spent - spent)
    answer, more = answer_of(asked, table, rows, names, coverage, context.max_result_tokens)
    notes = (*more, *notes, *begun.reading.notes, why)
    note = told([each for each in notes if each], context.max_result_tokens)
    if not note:
        return answer
    members = [*answer.items()]
    place = [*answer].index("columns")  # the note stands before them
    return {**dict(members[:place]), "note": note, **dict(members[place:])}


async def _why_nothing(context: Context, begun: Unfinished, coverage: Coverage, budget: Budget) -> str:
    """Return why no record of a selection was found, as its list says it; empty where there are any, or may be."""
    if coverage.matching or not coverage.whole:
        return ""

    async def attempt(request: Request) -> Response | Unread:
        budget.spent += 1
        return await context.attempt(request)

    counted, selected = replace(context, attempt=attempt), begun.reading.selected
    everything = not any(part.query for part in selected.filters.parts) and not selected.filters.local
    return await why_empty(counted, selected.resource, selected.filters.asked, begun.listers, everything=everything)


async def _groups(selecting: Selecting, given: list[str]) -> tuple[Group, ...]:
    if len(given) > MOST_GROUPED:
        raise ArgumentError(f"'group_by' has {len(given)} fields, and takes at most {MOST_GROUPED}")
    names = [name_and_unit(each)[0] for each in given]
    keys = await selecting.labels.keys(names)
    await selecting.labels.load_for(keys.values())
    groups = tuple(group_of(selecting, each, keys) for each in given)
    if len({each.name for each in groups}) < len(groups):
        raise ArgumentError(f"'group_by' names {groups[0].name!r} twice")
    return groups


def _refuse_costly(resource: ResourceType, reading: Reading, most: int) -> None:
    """Raise for a reading that would take more requests than it may."""
    # It was not counted, perhaps, or no further than Outreach counts.
    number = f"more than {reading.more_than:,}" if reading.estimate is None else f"{reading.total or 0:,}"
    cost = reading.requests + reading.cost
    if cost <= most:
        return
    raise ToolError(
        f"Not begun: reading {number} {resource.path}, 1,000 at a time, takes about {cost:,} requests, and "
        f"max_requests is {most}. Narrow them with filters (createdAt -30d, an owner), or give max_requests {cost} if "
        f"that is worth it. To find this out took {reading.requests}."
    )


def _resumed(context: Context, token: str, mark: str) -> Unfinished:
    """Return the summary that a token stands for, which then is nobody else's. Raises `ArgumentError`."""
    begun = context.kept.take(_UNFINISHED, Unfinished)
    if begun is None or token.strip() != _token(begun):
        raise ArgumentError(
            "'page_after' stands for a summary that is not kept any more (it is for 5 minutes, the last one alone): "
            "leave it out to begin again"
        )
    if begun.mark != mark:
        context.kept.put(_UNFINISHED, begun)
        raise ArgumentError("this 'page_after' belongs to a summary with other arguments: repeat those unchanged")
    return begun


def _token(begun: Unfinished) -> str:
    return f"{begun.mark}.{begun.reading.read_so_far}"


def _bare(resource: ResourceType) -> Resource:
    return Resource(type=resource.type, toolset="", columns=(), tools=())
