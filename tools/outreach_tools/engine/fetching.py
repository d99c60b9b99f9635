"""Reading documents together with the names of related records, or without where the token may not read those."""

from typing import Any

from outreach_tools.catalog import ResourceType
from outreach_tools.client import Client, JsonObject, MissingScope, Query, Request
from outreach_tools.engine.columns import Selection
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.matching import shorten
from outreach_tools.json_values import is_array, is_object

CHECK = "By its status the change was made: read the record before you send it again"


async def fetch(
    client: Client,
    resource: ResourceType,
    target: str,
    selection: Selection,
    query: Query = (),
    *,
    background: bool = False,
) -> tuple[JsonObject, Selection, tuple[str, ...]]:
    """Fetch a document; return it, the selection that was granted, and notes for the model.

    Where the token lacks a related type's scope, or the settings exclude it, the document is fetched again without
    those related records; where it is not known which they are, without any. A fetch in the `background` lets others go
    ahead.
    """
    granted, notes = selection, tuple[str, ...]()
    while True:
        try:
            request = Request("GET", target, (*granted.query(), *query), background=background)
            response = await client.send(request)
        except MissingScope as error:
            if not granted.include or granted.needed or error.scope.startswith(f"{resource.scope}."):
                raise
            granted = granted.without(error.types)
            notes = (*notes, f"related names are left out: {error.reason}")
            continue
        said = (response.note,) if response.note else ()
        return json_object(response.body, target), granted, (*notes, *said)


def json_object(body: object, target: str) -> JsonObject:
    """Return a body that is a JSON object. Raises `ToolError` for anything else."""
    if not is_object(body):
        raise ToolError(f"Outreach answered {target} with {shorten(body)}, which is not a JSON:API document")
    return body


def record_of(document: JsonObject, target: str, kind: str, record_id: int | str) -> JsonObject:
    """Return the record that a document holds. Raises `ToolError` for none, and for another than was asked for."""
    record: Any = document.get("data")
    if not is_object(record):
        raise ToolError(f"Outreach answered {target} with {shorten(document)}, which is not a record")
    require_asked_for(record, target, kind, record_id)
    return record


def records_of(document: JsonObject, target: str, kind: str) -> list[JsonObject]:
    """Return the records of a list.

    Raises `ToolError` for a document without a list, even an empty one, and for records of another type than `kind`.
    """
    records: Any = document.get("data")
    if not is_array(records):
        raise ToolError(f"Outreach answered {target} with {shorten(document)}, which is not a list")
    found = [each for each in records if is_object(each)]
    if other := next((each for each in found if each.get("type") != kind), None):
        require_asked_for(other, target, kind)
    return found


def require_asked_for(
    record: JsonObject, request: str, kind: str, record_id: int | str | None = None, *, changed: bool = False
) -> None:
    """Raise `ToolError` for an answer to a request with a record of another type, or with another id if it is known.

    `changed` says that by its status a change was made.
    """
    if fault := _fault_of(record, kind, record_id):
        what_now = f". {CHECK}" if changed else ": nothing of it is shown. Try again"
        raise ToolError(f"Outreach answered {request} with {fault}{what_now}")


def _fault_of(record: JsonObject, kind: str, record_id: int | str | None) -> str:
    """Return what is wrong with a record that is to be of a type, and to have an id if that is known; else nothing."""
    if record.get("type") != kind:
        return f"a record of type {shorten(record.get('type'))} in the place of {kind!r}"
    found = record.get("id")
    # JSON:API has text for ids, Outreach numbers; of a UUID the case means nothing.
    if record_id is None or (not isinstance(found, bool) and str(found).casefold() == str(record_id).casefold()):
        return ""
    return f"the record with id {shorten(found)} in the place of {record_id}"
