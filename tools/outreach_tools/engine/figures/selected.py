"""The records of one summary or report: which those are, how they are asked for and counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach_tools.catalog import ResourceType
from outreach_tools.client import Client, JsonObject, Query
from outreach_tools.engine.aside import Going
from outreach_tools.engine.columns import Selection
from outreach_tools.engine.conditions import Match
from outreach_tools.engine.criteria import Range, query
from outreach_tools.engine.fetching import fetch
from outreach_tools.engine.figures.gaps import End
from outreach_tools.engine.filtering import Filters
from outreach_tools.engine.included import Included
from outreach_tools.json_values import object_at


@dataclass(frozen=True, slots=True)
class Selected:
    """The records to read, and what of them: the type, the filters, and the selection of fields.

    The filters may come to several queries, one for each of their parts.
    """

    resource: ResourceType
    filters: Filters
    selection: Selection

    def query(self, part: int) -> Query:
        """Return the filters of one of the queries."""
        return self.filters.parts[part].query

    def has_ranges(self, part: int) -> bool:
        """Return whether records of a query can be read by ranges of ids: a filter by ids would be in the way."""
        return not self.resource.uuids and not any(name.startswith("filter[id]") for name, _ in self.query(part))

    def range_query(self, part: int, low: int | None, high: int | None, end: End, size: int) -> Query:
        """Return the query for a page of the records with ids in a range, from one of its ends."""
        page = (("sort", "id" if end == "low" else "-id"), ("page[size]", str(size)))
        if low is None and high is None:
            return page
        # An open lower end is written out: clients found the word for it refused.
        bounds = Range(str(0 if low is None else low), None if high is None else str(high))
        new_syntax = ("newFilterSyntax", "true") in self.query(part)
        return (*query("filter[id]", bounds, new_syntax=new_syntax), *page)


async def number_of(client: Client, selected: Selected, part: int) -> int | None:
    """Return how many records Outreach counts in one of the queries, None where it does not tell."""
    resource = selected.resource
    bare = Selection(resource.type, (), {resource.type: ()})
    asked = (*selected.query(part), ("page[size]", "1"), ("count", "true"))
    document, _, _ = await fetch(client, resource, f"/{resource.path}", bare, asked)
    return count_of(document)


def count_of(document: object) -> int | None:
    """Return how many records Outreach counts, None where it did not, or stopped counting."""
    meta = object_at(document, "meta")
    found = meta.get("count")
    counted = isinstance(found, int) and not isinstance(found, bool) and meta.get("count_truncated") is not True
    return found if counted else None


def belonging(check: Match, rows: Sequence[JsonObject], included: Included, going: Going) -> list[JsonObject]:
    """Return those of some records that are in the selection."""
    return [row for row in going(rows) if check(row, included)]
