"""The records that a plan is made of: all that filters find, or those that ids name, read before anything is done."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Query, Request
from outreach_tools.engine.bulk.plan import MOST_RECORDS
from outreach_tools.engine.columns import Selection
from outreach_tools.engine.cursor import FIRST, Position
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.fetching import json_object
from outreach_tools.engine.filtering import Filters, sent_as_given
from outreach_tools.engine.included import Included
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.scanning import Listing, collect
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import member

PAGE = 1000
IDS_AT_ONCE = 200
"""Ids in one request, which have to fit into an address."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that was found, and the related records that came along with it."""

    record: JsonObject
    included: Included


async def read_filtered(
    context: Context, resource: ResourceType, selection: Selection, filters: Filters
) -> list[Found]:
    """Return every record that filters find, each once. Raises `ArgumentError` for more than a plan may have."""
    found: dict[object, Found] = {}
    async for each in _all(context, Listing(resource, f"/{resource.path}", selection, filters, None, PAGE)):
        found[each.record.get("id")] = each
        if len(found) > MOST_RECORDS:
            raise ArgumentError(
                f"these filters match more than {MOST_RECORDS:,} {words_of(resource.type, many=True)}, the most that a "
                "plan may have: narrow them. Nothing was planned"
            )
    return list(found.values())


async def read_by_ids(
    context: Context, resource: ResourceType, selection: Selection, ids: Sequence[int]
) -> tuple[list[Found], list[int]]:
    """Return the records that ids name, in their order, and the ids of those that there are not."""
    found: dict[int, Found] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = ids[start : start + IDS_AT_ONCE]
        filters = sent_as_given((("filter[id]", ",".join(map(str, some))),))
        listing = Listing(resource, f"/{resource.path}", selection, filters, None, IDS_AT_ONCE)
        async for each in _all(context, listing):
            found[int(each.record["id"])] = each
    return [found[each] for each in ids if each in found], [each for each in ids if each not in found]


async def count_all(context: Context, resource: ResourceType) -> int | None:
    """Return how many records of a type there are, None where Outreach does not say."""
    query: Query = (("count", "true"), ("page[size]", "1"), (f"fields[{resource.type}]", "id"))
    response = await context.attempt(Request("GET", f"/{resource.path}", query[:2]))
    meta = member(json_object(response.body, f"/{resource.path}"), "meta") if response else None
    count = member(meta, "count")
    return count if isinstance(count, int) and member(meta, "count_truncated") is not True else None


async def _all(context: Context, listing: Listing) -> AsyncIterator[Found]:
    position: Position | None = FIRST
    while position is not None:
        page = await collect(context, listing, position)
        for row in page.rows:
            yield Found(row.record, row.page.included)
        position = page.end
