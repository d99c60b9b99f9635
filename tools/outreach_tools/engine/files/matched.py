"""Finds the records that the rows of a table are: by id, by external id, by e-mail or domain, many at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.bulk.selecting import Found
from outreach_tools.engine.columns import Selection, select, value_of
from outreach_tools.engine.concurrency import run_together
from outreach_tools.engine.criteria import AnyOf, needs_new_syntax, query
from outreach_tools.engine.cursor import FIRST, Position
from outreach_tools.engine.duplicates.keys import domain_form, email_form
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.figures.reading import Reading
from outreach_tools.engine.figures.selected import Selected
from outreach_tools.engine.filtering import Filters, sent_as_given
from outreach_tools.engine.included import Included
from outreach_tools.engine.scanning import Listing, collect
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import is_array

_EXTERNAL = ("externalId", "customId")

_IDS_AT_ONCE, _TEXTS_AT_ONCE = 200, 50  # values of one filter: an address has to hold them
_AT_ONCE = 8  # requests side by side
_SIZE = 1000
_REQUESTS = 110


def _plain(text: str) -> str:
    return text.strip().casefold()


_FORMS: dict[str, tuple[str, Callable[[str], str]]] = {
    "emails": ("e-mail", email_form), "domain": ("domain", domain_form), "name": ("name", _plain),
    **dict.fromkeys(_EXTERNAL, ("external id", str.strip)),
}  # fmt: skip
BY = {"prospect": ("emails",), "account": ("domain", "name")}
"""The attributes that Outreach is asked by for who is there already, the surest first, by type."""


def form_of(name: str, text: str) -> str:
    """Return a value of an attribute that identifies records in the form that is compared, empty for none."""
    return _FORMS[name][1](text)


def word_for(name: str) -> str:
    """Return the word for an attribute that identifies records."""
    return _FORMS[name][0] if name in _FORMS else "external id"


def external_of(resource: ResourceType) -> str:
    """Return the attribute that holds a record's id in another system, empty where there is none."""
    return next((name for name in _EXTERNAL if name in resource.attributes), "")


def _asking(name: str, values: Sequence[str]) -> Query:
    """Return the query for the records that have one of some texts in an attribute, whatever those hold."""
    criteria = AnyOf(tuple(values))
    new_syntax = needs_new_syntax(criteria)
    flag: Query = (("newFilterSyntax", "true"),) if new_syntax else ()
    return (*flag, *query(f"filter[{name}]", criteria, new_syntax=new_syntax))


@dataclass(slots=True)
class Finder:
    """Finds records of a type, with what is compared and shown of them."""

    context: Context
    resource: ResourceType
    selection: Selection
    _external: dict[str, list[int]] | None = None
    _budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        """Let the time begin that may be spent."""
        self._budget = Budget(10_000, self.context.now)

    async def by_id(self, ids: Iterable[int]) -> dict[int, Found]:
        """Return the records that there are of some ids."""
        wanted = list(dict.fromkeys(ids))
        chunks = [wanted[start : start + _IDS_AT_ONCE] for start in range(0, len(wanted), _IDS_AT_ONCE)]
        found = await self._read([(("filter[id]", ",".join(map(str, chunk))),) for chunk in chunks])
        return {int(each.record["id"]): each for each in found}

    async def by_value(self, name: str, values: Iterable[str]) -> dict[str, list[Found]]:
        """Return the records that have some values in an attribute, by the form of each."""
        wanted = list(dict.fromkeys(values))
        chunks = [wanted[start : start + _TEXTS_AT_ONCE] for start in range(0, len(wanted), _TEXTS_AT_ONCE)]
        asked, by_form = {form_of(name, each) for each in wanted}, dict[str, list[Found]]()
        for each in await self._read([_asking(name, chunk) for chunk in chunks]):
            held: Any = value_of(each.record, name)
            texts: list[Any] = held if is_array(held) else [held]
            for form in {form_of(name, text) for text in texts if isinstance(text, str)} & asked:
                if all(other.record["id"] != each.record["id"] for other in by_form.setdefault(form, [])):
                    by_form[form].append(each)
        return by_form

    async def by_external_id(self, values: Iterable[str]) -> dict[str, list[int]]:
        """Return the ids of the records that have external ids; where there is no filter by those, all are read."""
        name = external_of(self.resource)
        if self.resource.attributes[name].filterable:
            found = await self.by_value(name, values)
            return {value: [int(each.record["id"]) for each in records] for value, records in found.items()}
        if self._external is None:
            self._external = await self._all_external()
        return {value: self._external.get(value, []) for value in values}

    async def _all_external(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        name = external_of(self.resource)

        def take(rows: Sequence[JsonObject], _: Included) -> None:
            for row in rows:
                value, number = value_of(row, name), row.get("id")
                if isinstance(value, str) and value.strip() and isinstance(number, int):
                    found.setdefault(value.strip(), []).append(number)

        selected = Selected(
            self.resource, Filters(sent_as_given(()).parts), select(self.resource, (name,), summary=False)
        )
        coverage = await Reading(self.context, selected, Budget(_REQUESTS, self.context.now)).read(take)
        if not coverage.whole:
            raise ToolError(
                f"Nothing was planned: to find external ids all {self.resource.path} have to be read, and only "
                f"{coverage.read:,} could be ({coverage.why}). Give the ids of the records, as an export has them."
            )
        return found

    async def _read(self, queries: Sequence[Query]) -> list[Found]:
        """Return all records that some queries find, several read side by side."""
        found: list[Found] = []
        waiting = list(queries)

        async def read() -> None:
            while waiting:
                if not self._budget.take():
                    raise ToolError(
                        "Nothing was planned: finding the records of so many rows took too long. Divide the file."
                    )
                found.extend(await self._found(waiting.pop()))

        await run_together([read] * min(_AT_ONCE, len(waiting)))
        return found

    async def _found(self, query: Query) -> list[Found]:
        asked: Query = (("provideAuthorizationMeta", "true"), *query)
        listing = Listing(self.resource, f"/{self.resource.path}", self.selection, sent_as_given(asked), None, _SIZE)
        found: list[Found] = []
        position: Position | None = FIRST
        while position is not None:
            page = await collect(self.context, listing, position)
            found += [Found(row.record, row.page.included) for row in page.rows]
            position = page.end
        return found
