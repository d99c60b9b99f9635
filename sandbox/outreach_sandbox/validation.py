"""Checks the body of a create or an update against the catalogue and reads it into a `Change`.

Messages follow the documented one ("Name can't be blank."), with a pointer to the member. That all problems are
answered at once is assumed.
"""

from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.changes import Change
from outreach_sandbox.errors import humanized
from outreach_sandbox.ids import shown_id
from outreach_sandbox.json_text import read_json
from outreach_sandbox.records import Identifier
from outreach_sandbox.rules import FIXED, KEPT_ONCE_GIVEN, REQUIRED_ATTRIBUTES, REQUIRED_RELATIONSHIPS, UNIQUE
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row, to_one_columns
from outreach_sandbox.value_rules import is_too_long, value_problem
from outreach_sandbox.values import LARGEST_INTEGER, stored
from outreach_tools.catalog import Relationship, ResourceType, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_array, as_object

# Both spellings are accepted, one is answered (documented against recorded).
_SAME_OUTCOME = {"Answered": "completed", "Not Answered": "no_answer"}


def read_document(body: bytes) -> JsonObject:
    """Return the object that a request's body is, empty when it is another value; raises a 400 for what is not JSON."""
    try:
        document = read_json(body)
    except ValueError:
        raise errors.bad_request("invalidDocument", "The request body is not valid JSON.") from None
    return as_object(document) or {}


def read_data(body: bytes) -> JsonObject:
    """Return the `data` member of a request's body; raises a 400 when there is none (assumed)."""
    data = as_object(read_document(body).get("data"))
    if data is None:
        raise errors.bad_request("invalidDocument", "The request body has no 'data' object.")
    return data


def read_change(
    session: Session, resource: ResourceType, body: bytes, record_id: int | None = None, before: Row | None = None
) -> Change:
    """Read a body into a change; `record_id` and `before` are those of the record that is updated.

    Raises a 422 with every problem found, a 400 for a body that is not a document.
    """
    data = read_data(body)
    problems = _identity_problems(resource, data, record_id)
    change = Change(resource, before)
    attributes = _object(data, "attributes", problems)
    relationships = _object(data, "relationships", problems)
    # JSON:API's other two members may come along when a document is sent back; they say nothing here.
    unknown = set(data) - {"type", "id", "attributes", "relationships", "links", "meta"}
    problems.extend((f"{humanized(name)} is not a member of a resource.", f"/data/{name}") for name in sorted(unknown))
    too_long = False
    for name, value in attributes.items():
        problem, long = _read_attribute(session, change, name, value)
        too_long = too_long or long
        if problem:
            problems.append((problem, f"/data/attributes/{name}"))
    for name, value in relationships.items():
        problem = _read_relationship(session, change, name, value)
        if problem:
            problems.append((problem, f"/data/relationships/{name}"))
    found = {pointer for _, pointer in problems}
    found_late = [*_missing(session, change), *_taken(session, change)]
    problems.extend(problem for problem in found_late if problem[1] not in found)
    if problems:
        raise errors.validations(problems)
    if too_long:
        raise errors.too_long()
    return change


def _identity_problems(resource: ResourceType, data: JsonObject, record_id: int | None) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    if data.get("type") != resource.type:
        problems.append((f"Type must be '{resource.type}'.", "/data/type"))
    if record_id is None and "id" in data:
        problems.append(("Id must not be given for a new record.", "/data/id"))
    if record_id is not None:
        own_id = shown_id(resource, record_id)
        if data.get("id") != own_id or isinstance(data.get("id"), bool):
            problems.append((f"Id must be {own_id}, as in the path.", "/data/id"))
    return problems


def _object(data: JsonObject, member: str, problems: list[tuple[str, str]]) -> JsonObject:
    value = as_object(data.get(member, {}))
    if value is not None:
        return value
    problems.append((f"{humanized(member)} must be an object.", f"/data/{member}"))
    return {}


def _read_attribute(session: Session, change: Change, name: str, value: Any) -> tuple[str, bool]:
    """Put one attribute into the change; returns what is wrong with it, and whether it is too long."""
    resource = change.resource
    attribute = resource.attributes.get(name)
    if attribute is None:
        return f"{humanized(name)} is not an attribute of {resource.type}.", False
    if attribute.read_only:
        return f"{humanized(name)} is read-only.", False
    if value is None:
        change.values[name] = None
        return "", False
    problem = value_problem(resource.type, attribute, value, session.enforced(resource.type))
    if problem:
        return f"{humanized(name)} {problem}", False
    if name == "outcome" and isinstance(value, str):
        value = _SAME_OUTCOME.get(value, value)
    change.values[name] = stored(attribute, value)
    return "", is_too_long(attribute, value)


def _read_relationship(session: Session, change: Change, name: str, value: Any) -> str:
    """Put one relationship into the change; returns what is wrong with it."""
    relationship = change.resource.relationships.get(name)
    if relationship is None:
        return f"{humanized(name)} is not a relationship of {change.resource.type}."
    if relationship.read_only:
        return f"{humanized(name)} is read-only."
    linkage = as_object(value) or {}
    if "data" not in linkage:
        return f"{humanized(name)} must be an object with 'data'."
    data = linkage["data"]
    if not relationship.many:
        target = None if data is None else _identifier(session, relationship, data)
        if isinstance(target, str):
            return f"{humanized(name)} {target}"
        change.values.update(to_one_columns(name, len(relationship.types) > 1, target))
        return ""
    listed = as_array(data)
    if listed is None:
        return f"{humanized(name)} must be an array of identifiers."
    members: list[int] = []
    for each in listed:
        target = _identifier(session, relationship, each)
        if isinstance(target, str):
            return f"{humanized(name)} {target}"
        members.append(target.id)
    change.members[name] = list(dict.fromkeys(members))
    return ""


def _identifier(session: Session, relationship: Relationship, data: Any) -> Identifier | str:
    """Read a resource identifier, or say what is wrong with it."""
    identifier = as_object(data)
    if identifier is None:
        return "must be an object with 'type' and 'id'."
    type_name, record_id = identifier.get("type"), identifier.get("id")
    if type_name not in relationship.types:
        return f"must be of type {' or '.join(relationship.types)}."
    if not isinstance(record_id, int) or isinstance(record_id, bool) or abs(record_id) > LARGEST_INTEGER:
        return "must have an integer id."
    # Types outside the catalogue have no records here, so any id of theirs passes.
    if type_name in resource_types() and not session.store.exists(type_name, record_id):
        return "could not be found."
    return Identifier(type_name, record_id)


def _missing(session: Session, change: Change) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    demanded = [name for name, field in session.enforced(change.resource.type).items() if field.required]
    for name in (*REQUIRED_ATTRIBUTES.get(change.resource.type, ()), *demanded):
        value = change.column(name)
        touched = change.creating or name in change.values
        if touched and (value is None or (isinstance(value, str) and not value.strip())):
            problems.append((f"{humanized(name)} can't be blank.", f"/data/attributes/{name}"))
    for name in REQUIRED_RELATIONSHIPS.get(change.resource.type, ()):
        touched = change.creating or f"{name}.id" in change.values
        if touched and change.column(f"{name}.id") is None:
            problems.append((f"{humanized(name)} can't be blank.", f"/data/relationships/{name}"))
    for column in KEPT_ONCE_GIVEN.get(change.resource.type, ()):
        if not change.creating and change.column(column) is None and change.changes(column):
            name = column.removesuffix(".id")
            member = "attributes" if name == column else "relationships"
            problems.append((f"{humanized(name)} can't be blank.", f"/data/{member}/{name}"))
    return problems


def _taken(session: Session, change: Change) -> list[tuple[str, str]]:
    """Return what another record has and only one may have, and what is fixed once it is given."""
    problems: list[tuple[str, str]] = []
    for (type_name, name), detail in UNIQUE.items():
        value = change.values.get(name)
        if type_name != change.resource.type or value is None or not change.changes(name):
            continue
        own = None if change.before is None else change.before["id"]
        if (type_name, name) in FIXED and own is not None:
            problems.append((f"{humanized(name)} cannot be updated.", f"/data/attributes/{name}"))
        elif session.store.is_taken(type_name, name, value, own):
            problems.append((detail, f"/data/attributes/{name}"))
    return problems
