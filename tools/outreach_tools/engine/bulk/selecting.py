"""The records that a plan is made of: all that filters find, or those that ids name, read before anything is done."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Query, Request, Response
from outreach_tools.engine.bulk.plan import MOST_RECORDS
from outreach_tools.engine.bulk.unlisted import unlisted
from outreach_tools.engine.columns import Selection
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import fetch, json_object, record_of
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.figures.reading import Reading
from outreach_tools.engine.figures.selected import Selected
from outreach_tools.engine.filtering import Filters, sent_as_given
from outreach_tools.engine.included import Included, index_included
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import member
from outreach_tools.packing import packed, unpacked

_MOST_REQUESTS = 500
"""Pages of 1,000, and some more where filters are applied here."""

IDS_AT_ONCE = 200
"""Ids in one request, which have to fit into an address."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that was found, and the related records that came along with it."""

    record: JsonObject
    included: Included


class Pages(Iterable[Found]):
    """Records that were found, page by page; packed, so that 100,000 of them take some ten megabytes."""

    __slots__ = ("_count", "_pages")

    def __init__(self) -> None:
        """Begin with none."""
        self._pages: list[bytes] = []
        self._count = 0

    def add(self, records: Sequence[JsonObject], included: Included) -> None:
        """Add a page."""
        beside = [[*place, record] for place, record in included.items()]
        self._pages.append(packed([[*records], beside]))
        self._count += len(records)

    def __len__(self) -> int:
        """Return how many records there are."""
        return self._count

    def __iter__(self) -> Iterator[Found]:
        """Yield all, in their order."""
        for page in self._pages:
            records, beside = unpacked(page)
            included: Included = {(kind, number): record for kind, number, record in beside}
            yield from (Found(record, included) for record in records)


async def read_filtered(context: Context, resource: ResourceType, selection: Selection, filters: Filters) -> Pages:
    """Return every record that filters find, each once. Raises `ToolError` where they are too many, or not all come."""
    found = Pages()
    reading = Reading(context, Selected(resource, filters, selection), Budget(_MOST_REQUESTS))
    await reading.begin()
    many = words_of(resource.type, many=True)
    if not filters.local and (reading.total or 0) > MOST_RECORDS:
        raise ArgumentError(_too_many(many))
    coverage = await reading.read(found.add)
    if not coverage.whole:
        raise ToolError(
            f"Only {coverage.read:,} {many} could be read ({coverage.why}). Nothing was planned: narrow filters, or "
            "try again"
        )
    if len(found) > MOST_RECORDS:
        raise ArgumentError(_too_many(many))
    return found


def _too_many(many: str) -> str:
    return (
        f"these filters match more than {MOST_RECORDS:,} {many}, the most that a plan may have: narrow them. Nothing "
        "was planned"
    )


def asking(query: Query) -> Query:
    """Return the query of a list that says as well which of its records the user may write."""
    return (("provideAuthorizationMeta", "true"), *query)


async def read_by_ids(
    context: Context, resource: ResourceType, selection: Selection, ids: Sequence[int]
) -> tuple[list[Found], list[int]]:
    """Return the records that ids name, in their order, and the ids of those that there are not.

    Each says whether the user may write it, as far as Outreach says so.
    """
    found: dict[int, Found] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = ids[start : start + IDS_AT_ONCE]
        filters = sent_as_given(asking((("filter[id]", ",".join(map(str, some))),)))
        for each in await read_filtered(context, resource, selection, filters):
            found[int(each.record["id"])] = each

    async def read(target: str, number: int) -> Found:
        document, _, _ = await fetch(context.client, resource, target, selection, background=True)
        return Found(record_of(document, target, resource.type, number), index_included(document))

    found.update(await unlisted(resource, [each for each in ids if each not in found], read))
    return [found[each] for each in ids if each in found], [each for each in ids if each not in found]


async def count_all(context: Context, resource: ResourceType) -> int | None:
    """Return how many records of a type there are, None where Outreach does not say."""
    query: Query = (("count", "true"), ("page[size]", "1"), (f"fields[{resource.type}]", "id"))
    response = await context.attempt(Request("GET", f"/{resource.path}", query[:2]))
    meta = member(json_object(response.body, f"/{resource.path}"), "meta") if isinstance(response, Response) else None
    count = member(meta, "count")
    return count if isinstance(count, int) and member(meta, "count_truncated") is not True else None
