"""The grammar of Outreach's requests: which paths and query parameters there are. What is not in it is not sent.

It is the contract's own (official OpenAPI and hyper-schema, developers.outreach.io/api/making-requests), and it knows
the good alone: a path, a name or a spelling that is not described here might mean to Outreach what nobody judged.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.places import Kind, by_folded, by_plural, folded, place_of
from outreach_tools.catalog import Action
from outreach_tools.client import Query
from outreach_tools.engine.matching import listed, nearest

_METHODS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "collection": ("GET", "POST"),
        "record": ("GET", "PATCH", "DELETE"),
        "action": ("POST",),
        "collection action": ("POST",),
        "special": ("GET",),
        "unknown": ("GET", "POST", "PATCH", "DELETE"),
    }
)


_NAMES = r"[A-Za-z0-9_]+(?:,[A-Za-z0-9_]+)*"
_PATHS = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"
_ANYTHING = re.compile(r".*", re.DOTALL)
_FLAG = re.compile(r"true|false")
_CURSOR = re.compile(r"[!-~]*", re.ASCII)
_ANY_VALUE = ("filter[", "actionParams[", "page[after]", "page[before]")

# Each family: the form of its names, the form of its values, and the places and methods that take it.
_LISTS = (("collection", "GET"), ("unknown", "GET"))
_READS = (*_LISTS, ("record", "GET"))
_FIELDED = (*_READS, ("collection", "POST"), ("record", "PATCH"), ("unknown", "POST"), ("unknown", "PATCH"))
_ACTS = (("action", "POST"), ("collection action", "POST"), ("unknown", "POST"), *_LISTS)
_FAMILIES: tuple[tuple[re.Pattern[str], re.Pattern[str], tuple[tuple[str, str], ...]], ...] = tuple(
    (re.compile(name, re.ASCII), value, taken)
    for name, value, taken in (
        (r"page\[(?:size|limit|offset)\]", re.compile(r"[0-9]+", re.ASCII), _LISTS),
        (r"page\[(?:after|before)\]", _ANYTHING, _LISTS),
        (r"filter\[\w+\](?:\[\w+\]){0,2}(?:\[\])?", _ANYTHING, _LISTS),
        (r"fields\[\w+\]", re.compile(rf"(?:{_NAMES})?", re.ASCII), _FIELDED),
        (r"include", re.compile(rf"{_PATHS}(?:,{_PATHS})*", re.ASCII), _READS),
        (r"sort", re.compile(rf"-?{_PATHS}(?:,-?{_PATHS})*", re.ASCII), _LISTS),
        (r"count|newFilterSyntax", _FLAG, _LISTS),
        (r"provideAuthorizationMeta|provideDataConnections", _FLAG, _READS),
        (r"actionParams\[\w+\](?:\[\w+\]){0,2}(?:\[\])?", _ANYTHING, _ACTS),
    )
)
_ALLOWED = ("page[…]", "filter[…]", "fields[…]", "include", "sort", "count", "newFilterSyntax", "actionParams[…]",
            "provideAuthorizationMeta", "provideDataConnections")  # fmt: skip

_MEMBERS = frozenset({"data"})
"""The members of the documents that are sent to Outreach."""


def takes_type_beside_data(action: Action | None) -> bool:
    """Return whether the contract draws a request's `type` beside its `data`, as it does where an action has a body."""
    return action is not None and bool(action.attributes)


def fault_of(outgoing: Outgoing) -> str:
    """Return what is wrong with a request by the grammar, empty for one that is in it."""
    place = place_of(outgoing.path)
    if place is None:
        return _fault_of_path(outgoing.path)
    if outgoing.method not in _METHODS[place.kind]:
        return f"{outgoing.path} takes only {listed(_METHODS[place.kind])}"
    if outgoing.method == "GET" and outgoing.body is not None:
        return "a GET has no body"
    action = place.resource.actions.get(place.action) if place.resource else None
    allowed = _MEMBERS | {"type"} if takes_type_beside_data(action) else _MEMBERS
    if strange := sorted(set(outgoing.body or ()) - allowed):
        return f"a body has the member 'data', not {quoted(strange[0])}"
    if not outgoing.query:
        return ""
    # Cursors and criteria are ever new, and their form does not depend on the rest.
    shape = tuple((name, "" if name.startswith(_ANY_VALUE) else value) for name, value in outgoing.query)
    fault = _fault_of_query(place.kind, outgoing.method, shape)
    return fault or next((_fault_of_value(name, value) for name, value in outgoing.query if not _fits(name, value)), "")


def _fits(name: str, value: str) -> bool:
    return name not in ("page[after]", "page[before]") or _CURSOR.fullmatch(value) is not None


def _fault_of_value(name: str, value: str) -> str:
    return f"the query parameter {name} has the value {quoted(value)}, which is not of its form"


@lru_cache(maxsize=1024)
def _fault_of_query(kind: Kind, method: str, query: Query) -> str:
    """Return what is wrong with a query by the grammar for such a place, empty for one that is in it."""
    names = [name for name, _ in query]
    for name, value in query:
        if not name.endswith("[]") and names.count(name) > 1:
            return f"the query parameter {quoted(name)} is given twice: give it once, several values with commas"
        found = next(((values, taken) for names_, values, taken in _FAMILIES if names_.fullmatch(name)), None)
        if found is None:
            return f"there is no query parameter {quoted(name)}; there are {listed(_ALLOWED)}"
        values, taken = found
        if (kind, method) not in taken and kind != "special":
            return f"the query parameter {quoted(name)} does not go with {method} here"
        if not values.fullmatch(value):
            return _fault_of_value(name, value)
    return ""


def steps_of(name: str) -> tuple[str, ...]:
    """Return the words in a parameter's brackets: `("account", "name")` for `filter[account][name]`."""
    return tuple(step for step in name.replace("]", "").split("[")[1:] if step)


def _fault_of_path(path: str) -> str:
    first = path.removeprefix("/").partition("/")[0]
    known = by_folded().get(folded(first))
    near = f", did you mean /{known}?" if known and known != first else nearest(first, by_plural())
    return (
        f"the contract has no such path{near}; paths are like /prospects, /prospects/7, "
        "/tasks/7/actions/snooze and /batches/actions/prospectsAddTags"
    )
