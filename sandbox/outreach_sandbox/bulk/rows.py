"""Brings one record of an import in: new, or onto the one that it duplicates."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach_sandbox import errors, writing
from outreach_sandbox.bulk.values import identifier
from outreach_sandbox.errors import ApiError
from outreach_sandbox.schema import quoted
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import number, whole_number
from outreach_tools.catalog import Attribute, ResourceType, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_object, object_at

# By what a record of a file is known again (documented).
_UNIQUE = {"prospect": "externalId", "account": "customId"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome for one record: whether it was known, and why it failed if it did."""

    duplicate: bool = False
    failure: str = ""


def file_rows(content: bytes) -> list[dict[str, str]]:
    """Read a CSV file with a header line; raises a 422 for a file that is not one."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        return [{str(name): value or "" for name, value in row.items() if name is not None} for row in reader]
    except (UnicodeDecodeError, csv.Error):
        raise errors.validation("File is not valid CSV.") from None


def record_of_row(resource: ResourceType, row: Mapping[str, str], mappings: Mapping[str, Any]) -> JsonObject:
    """Return a line of a file as a resource object; an empty cell says nothing (assumed)."""
    attributes = {
        str(name): _value(resource.attributes[str(name)], row[source])
        for source, name in mappings.items()
        if row.get(source)
    }
    return {"type": resource.type, "attributes": attributes}


def import_row(session: Session, given: Any, method: str, *, files: bool) -> Outcome:
    """Write one resource object as the method says; records of a file are known by their key, others by their id.

    `overwrite` changes what is there, `missing` only what is empty there, `skip` leaves it; all three create what is
    not there, `overwriteNoCreate` does not (assumed to be a failure). Raises a 404 for a record that does not exist.
    """
    record = as_object(given) or {}
    resource = resource_types().get(str(record.get("type", "")))
    if resource is None or not {"create", "update"} <= resource.operations:
        return Outcome(failure=f"Could not import a record of type '{record.get('type')}'.")
    try:
        with session.store.attempt():
            session.access.demand(resource, "write")
            known = _known(session, resource, record, by_key=files)
            if known is None:
                if method == "overwriteNoCreate" or ("id" in record and not files):
                    raise errors.resource_not_found(resource.type, record.get("id"))
                writing.create(session, resource, _body({**record, "type": resource.type}))
            elif method != "skip":
                writing.update(session, resource, known, _body(_onto(session, resource, known, record, method)))
            return Outcome(duplicate=known is not None)
    except ApiError as error:
        return Outcome(failure=error.detail)


def _known(session: Session, resource: ResourceType, record: JsonObject, *, by_key: bool) -> int | None:
    if not by_key:
        number = identifier(record.get("id"))
        return number if number is not None and session.store.exists(resource.type, number) else None
    name = _UNIQUE[resource.type]
    value = object_at(record, "attributes").get(name)
    if value is None:
        return None
    table = quoted(resource.type)
    found = session.store.rows(f"SELECT id FROM {table} WHERE {quoted(name)} = ? ORDER BY id", (value,))  # noqa: S608 - identifiers of the catalogue
    return int(found[0][0]) if found else None


def _onto(session: Session, resource: ResourceType, known: int, record: JsonObject, method: str) -> JsonObject:
    """Return a record as an update of the one that is there; for `missing` only with what is empty there."""
    kept: JsonObject = {}
    if method == "missing":
        row = session.store.row(resource.type, known) or {}
        attributes, relationships = (as_object(record.get(member)) for member in ("attributes", "relationships"))
        if attributes is not None:
            kept["attributes"] = {
                name: value for name, value in attributes.items() if row.get(name) in (None, "", "[]", "{}")
            }
        if relationships is not None:
            kept["relationships"] = {
                name: value for name, value in relationships.items() if _is_unrelated(session, resource, row, name)
            }
    return {**record, "type": resource.type, "id": known, **kept}


def _is_unrelated(session: Session, resource: ResourceType, row: Row, name: str) -> bool:
    """Return whether a relationship of a record is empty; a name that the type does not have is refused later."""
    relationship = resource.relationships.get(name)
    if relationship is None:
        return True
    if relationship.many:
        return not session.store.related(resource.type, name, [row["id"]])
    return row[f"{name}.id"] is None


def _body(record: JsonObject) -> bytes:
    return json.dumps({"data": record}).encode()


def _value(attribute: Attribute, text: str) -> Any:
    """Turn a cell into an attribute's value; what does not fit stays text and fails as such."""
    if attribute.type in {"integer", "number"}:
        read = whole_number(text.strip()) if attribute.type == "integer" else number(text.strip())
        return text if read is None else read
    if attribute.type == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if attribute.type == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
