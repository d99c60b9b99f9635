"""Reads what a question needs from Outreach: records' names, and what hangs on them. A few small reads, no more."""

from collections.abc import Mapping, Sequence
from typing import Any

from outreach_mcp.guard.shown_values import quoted
from outreach_tools.catalog import resource_type, resource_types
from outreach_tools.client import Client, MissingScope, Query, Request
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import array_at, member, object_at

_WORDS: Mapping[str, str] = {
    "opportunityProspectRole": "role on a deal",
    "opportunityStage": "deal stage",
    "sequenceState": "enrolment",
    "sequenceStep": "step",
    "callDisposition": "call disposition",
    "callPurpose": "call purpose",
    "complianceRequest": "data-erasure request",
    "emailAddress": "e-mail address",
}

# What hangs on a record: the list to count, its filter, and what one and several are called.
_HANGING: Mapping[str, tuple[str, Query, str, str]] = {
    "prospect": ("/sequenceStates", (("filter[state]", "active"),), "active enrolment", "active enrolments"),
    "account": ("/prospects", (), "prospect", "prospects"),
    "sequence": ("/sequenceStates", (("filter[state]", "active"),), "active prospect", "active prospects"),
}

_MOST_BY_NAME = 3
"""Names of a row of records that are shown."""


def words_for(kind: str) -> str:
    """Return the words in which a person speaks of a type."""
    return _WORDS.get(kind, kind)


def linked_id(given: Mapping[str, Any], name: str) -> int | None:
    """Return the id of the one record that a relationship links, None where there is none."""
    return number_of(member(given.get(name), "id"))


def number_of(value: object) -> int | None:
    """Return an id as a number, None where it is not one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


async def read(client: Client, target: str, query: Query = ()) -> Any:
    """Return what a read of the question's own brings, None where it is not allowed."""
    try:
        return (await client.send(Request("GET", target, query))).body
    except (MissingScope, ToolError):
        return None


async def named(kind: str, number: int | str, client: Client) -> str:
    """Return a record as a person knows it: `the prospect "Ann Lee" (id 7)`."""
    label = label_of(kind)
    resource = resource_type(kind)
    name: object = None
    if "get" in resource.operations:
        body = await read(client, f"/{resource.path}/{number}", ((f"fields[{kind}]", label or ""),))
        name = member(body, "data", "attributes", label) if label else None
    return f"the {words_for(kind)} {quoted(name)} (id {number})" if name else f"the {words_for(kind)} {number}"


async def some_names(kind: str, numbers: Sequence[str], client: Client) -> str:
    """Return the names of the first of some records, by one read; empty where there are none."""
    label, resource = label_of(kind), resource_types().get(kind)
    if not label or resource is None:
        return ""
    first = ",".join(numbers[:_MOST_BY_NAME])
    asked = (("filter[id]", first), (f"fields[{kind}]", label), ("page[size]", str(_MOST_BY_NAME)))
    rows = array_at(await read(client, f"/{resource.path}", asked), "data")
    found = [object_at(row, "attributes").get(label) for row in rows]
    return ", ".join(quoted(name) for name in found if name)


async def hanging(kind: str, number: int | str, client: Client) -> str:
    """Return the sentence that says what hangs on a record, empty where nothing does."""
    if kind not in _HANGING:
        return ""
    target, query, one, several = _HANGING[kind]
    counted = (*query, (f"filter[{kind}][id]", str(number)), ("count", "true"), ("page[size]", "1"))
    count = member(await read(client, target, counted), "meta", "count")
    if not isinstance(count, int) or not count:
        return ""
    return f" It has {count} {one if count == 1 else several}."
