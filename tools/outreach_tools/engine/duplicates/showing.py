"""Shows groups of records that may be the same: what tells each from the others, and no more than has room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.aside import Going, aside, weight_of
from outreach_tools.engine.bounding import bounded
from outreach_tools.engine.columns import Selection, select, value_of
from outreach_tools.engine.cursor import FIRST, Position
from outreach_tools.engine.display import EMPTY
from outreach_tools.engine.duplicates.grouping import Group
from outreach_tools.engine.filtering import sent_as_given
from outreach_tools.engine.included import linkage_of
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.matching import few
from outreach_tools.engine.scanning import Listing, Row, collect
from outreach_tools.engine.tool import Context

SHOWN: Mapping[str, tuple[str, ...]] = {
    "prospect": (
        "name", "title", "company", "account", "emails", "mobilePhones", "workPhones", "linkedInUrl", "stage", "owner",
        "tags", "touchedAt", "createdAt",
    ),
    "account": (
        "name", "domain", "websiteUrl", "linkedInUrl", "industry", "numberOfEmployees", "locality", "owner", "tags",
        "touchedAt", "createdAt",
    ),
}  # fmt: skip
"""The fields whose values are shown where they differ, by type; of the others only the names are."""

AT_ONCE = 20
"""Groups that are read whole for one answer."""

_MOST = 10  # records of a group that are shown
_NAMES = 12  # of other fields that differ


@dataclass(frozen=True, slots=True)
class Showing:
    """Shows groups of records of a type, within one call."""

    context: Context
    resource: ResourceType
    labels: Labels

    async def shown(self, groups: Sequence[Group], budget: int) -> list[JsonObject]:
        """Return as many of the groups as fit a budget of tokens, at least one."""
        rows = await self._read([number for group in groups for number in group.ids[:_MOST]])
        await self.labels.load_for(name for row in rows.values() for name in self._filled(row))
        weight = weight_of(row.record for row in rows.values())
        return await aside(weight, partial(self._fitting, groups, rows, budget))

    def _fitting(
        self, groups: Sequence[Group], rows: Mapping[object, Row], budget: int, going: Going
    ) -> list[JsonObject]:
        found: list[JsonObject] = []
        for group in going(groups):
            entry: JsonObject = bounded(self._group(group, rows), budget)
            budget -= cost(entry) + 1
            if budget < 0 and found:
                break
            found.append(entry)
        return found

    def _group(self, group: Group, rows: Mapping[object, Row]) -> JsonObject:
        members = [rows[number] for number in group.ids[:_MOST] if number in rows]
        values = [
            {
                self.labels.shown(column.name): column.read(row.record, row.page.included)
                for column in self._selection.columns
            }
            for row in members
        ]
        names = [name for name in (values[0] if values else {}) if len({_plain(each[name]) for each in values}) > 1]
        same = {name: values[0][name] for name in ("name",) if values and name not in names}
        others = self._others(members)
        more = len(group.ids) - len(members)
        return {
            "by": ", ".join(group.by),
            **{name: value for name, value in same.items() if value not in EMPTY},
            "records": [{name: each[name] for name in names if each[name] not in EMPTY} for each in values],
            **({"more_records": more} if more else {}),
            **({"also_differ": few(others, _NAMES)} if others else {}),
        }

    def _others(self, members: Sequence[Row]) -> list[str]:
        """Return the other fields that could be written and are not the same in all records."""
        shown = {*SHOWN[self.resource.type], "account", "firstName", "lastName"}
        attributes = [each.name for each in self.resource.attributes.values() if not each.read_only]
        links = [each.name for each in self.resource.relationships.values() if not each.read_only and not each.many]
        return [
            self.labels.shown(name)
            for name in (*attributes, *links)
            if name not in shown and len({_plain(_held(self.resource, row, name)) for row in members}) > 1
        ]

    @property
    def _selection(self) -> Selection:
        return select(self.resource, SHOWN[self.resource.type], summary=True, zone=self.context.zone)

    def _filled(self, row: Row) -> list[str]:
        return [name for name in self.resource.attributes if value_of(row.record, name) not in EMPTY]

    async def _read(self, ids: Sequence[int]) -> dict[object, Row]:
        """Return some records with all that they hold, by id; those that are gone by now are missing."""
        whole = select(resource_type(self.resource.type), (*SHOWN[self.resource.type], "*"), summary=True)
        filters = sent_as_given((("filter[id]", ",".join(map(str, ids))),))
        listing = Listing(self.resource, f"/{self.resource.path}", whole, filters, None, len(ids))
        rows: dict[object, Row] = {}
        position: Position | None = FIRST
        while position is not None:
            page = await collect(self.context, listing, position)
            rows.update((row.record.get("id"), row) for row in page.rows)
            position = page.end
        return rows


def _held(resource: ResourceType, row: Row, name: str) -> Any:
    return linkage_of(row.record, name) if name in resource.relationships else value_of(row.record, name)


def _plain(value: Any) -> str:
    """Return a value in a form that can be compared; all that says nothing is the same."""
    return "" if value in EMPTY else repr(value)
