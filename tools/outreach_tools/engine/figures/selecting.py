"""Makes a selection of what a caller gives: filters in every form that lists take, and the fields that are needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outreach_tools.catalog import resource_type
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.columns import select
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.figures.selected import Selected
from outreach_tools.engine.filtering import Filters, build_filters, refuse_endless
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.listing import refuse_withheld
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.tool import Context


@dataclass(frozen=True, slots=True)
class Selecting:
    """The parts of a call that filters are read with; relative dates are reckoned from the calendar's moment."""

    context: Context
    declared: Resource
    names: Names
    labels: Labels
    calendar: Calendar

    @classmethod
    def of(cls, context: Context, declared: Resource, names: Names) -> "Selecting":
        """Return those of a call about one type of record, which begins now."""
        labels = Labels(context, resource_type(declared.type))
        calendar = Calendar(context.now().replace(microsecond=0), context.zone)
        return cls(context, declared, names, labels, calendar)

    async def filters(self, given: Sequence[Filter]) -> Filters:
        """Read filters. Raises `ArgumentError`, and `ToolError` for one by what answers leave out."""
        for each in given:
            refuse_endless(each)
        keys = await self.labels.keys([each.field for each in given])
        found = await build_filters(self.declared, given, self.names, self.calendar, self.labels, keys)
        refuse_withheld(found, self.context.withheld.get(self.declared.type, frozenset()))
        return found

    async def selected(self, given: Sequence[Filter], fields: Iterable[str]) -> Selected:
        """Return the selection that `given` filters make.

        `fields` are the attributes (`repliedAt`), relationships (`sequence`: its id alone) and attributes of related
        records (`account.industry`, which come along as included records) that are read, by Outreach's own names.
        """
        resource, filters = resource_type(self.declared.type), await self.filters(given)
        also = dict.fromkeys((*fields, *filters.fetch))
        return Selected(resource, filters, select(resource, (), summary=False, also=also, zone=self.context.zone))
