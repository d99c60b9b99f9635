"""Finds what serves a request: by its method, its path below the API's base and the catalogue's operations."""

from dataclasses import dataclass
from typing import Any

from outreach_sandbox import errors, identity, writing
from outreach_sandbox.behaviour.compliance import create_compliance_request
from outreach_sandbox.behaviour.webhooks import creation_extras
from outreach_sandbox.bulk.imports import act_on_imports
from outreach_sandbox.bulk.starting import start_batch
from outreach_sandbox.collection import list_records
from outreach_sandbox.ids import number_of
from outreach_sandbox.inclusion import document_of
from outreach_sandbox.session import Session
from outreach_tools.catalog import Operation, ResourceType, resource_type_of_path
from outreach_tools.client import JsonObject

# Actions whose answer is an empty object (official contract).
_EMPTY_ANSWERS = ("linkEwsMasterAccount", "unlinkEwsMasterAccount")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body, None when there is no body."""

    status: int
    body: JsonObject | None = None


def serve(session: Session, method: str, path: str, body: bytes) -> Answer:
    """Serve one request; `path` is below the API's base (`/prospects/7`). Raises `ApiError` for every refusal."""
    segments = path.strip("/").split("/") if path.strip("/") else []
    if not segments and method == "GET":
        return Answer(200, identity.root(session))
    if segments == ["types"] and method == "GET":
        return Answer(200, identity.types(session))
    resource = resource_type_of_path(segments[0]) if segments else None
    if resource is None:
        raise errors.route_not_found()
    match method, segments[1:]:
        case "GET", []:
            return _list(session, resource)
        case "POST", []:
            return _create(session, resource, body)
        case "GET", [record_id]:
            return _get(session, resource, record_id)
        case "PATCH", [record_id]:
            return _update(session, resource, record_id, body)
        case "DELETE", [record_id]:
            return _delete(session, resource, record_id)
        case "POST", ["actions", name]:
            return _act_on_all(session, resource, name, body)
        case "POST", [record_id, "actions", name]:
            return _act(session, resource, record_id, name)
        case _:
            raise errors.route_not_found()


def _list(session: Session, resource: ResourceType) -> Answer:
    _demand_operation(resource, "list")
    session.access.demand(resource, "read")
    return Answer(200, list_records(session, resource))


def _get(session: Session, resource: ResourceType, record_id: str) -> Answer:
    _demand_operation(resource, "get")
    session.access.demand(resource, "read")
    number = _number(resource, record_id)
    writing.existing_row(session, resource, number)
    return Answer(200, _single(session, resource, number, with_included=True))


def _create(session: Session, resource: ResourceType, body: bytes) -> Answer:
    _demand_operation(resource, "create")
    session.access.demand(resource, "write")
    with session.store.transaction():
        if resource.type == "complianceRequest":
            return Answer(201, create_compliance_request(session, body))
        created = writing.create(session, resource, body)
        answer = _single(session, resource, created)
        if resource.type == "webhook":
            answer["data"].setdefault("attributes", {}).update(creation_extras(session.base_url, created))
        return Answer(201, answer)


def _update(session: Session, resource: ResourceType, record_id: str, body: bytes) -> Answer:
    _demand_operation(resource, "update")
    session.access.demand(resource, "write")
    number = _number(resource, record_id)
    with session.store.transaction():
        writing.update(session, resource, number, body)
        return Answer(200, _single(session, resource, number))


def _delete(session: Session, resource: ResourceType, record_id: str) -> Answer:
    _demand_operation(resource, "delete")
    session.access.demand(resource, "delete")
    with session.store.transaction():
        writing.delete(session, resource, _number(resource, record_id))
    return Answer(204)


def _act(session: Session, resource: ResourceType, record_id: str, name: str) -> Answer:
    session.access.demand(resource, "write")
    number = _number(resource, record_id)
    with session.store.transaction():
        writing.act(session, resource, number, name)
        if name in _EMPTY_ANSWERS:
            return Answer(200, {})
        return Answer(200, _single(session, resource, number))


def _act_on_all(session: Session, resource: ResourceType, name: str, body: bytes) -> Answer:
    action = resource.actions.get(name)
    if action is None or not action.collection:
        raise errors.route_not_found()
    session.access.demand(resource, "write")
    with session.store.transaction():
        if resource.type == "import":
            return Answer(200, {"data": act_on_imports(session, name, body)})
        return Answer(200, _single(session, resource, start_batch(session, name, body)))


def _single(session: Session, resource: ResourceType, record_id: int, *, with_included: bool = False) -> JsonObject:
    # Include is not served on writes (documented since 2023-10-31); here it is passed over (assumed).
    data, included = document_of(session, resource, (record_id,), with_included=with_included)
    document: dict[str, Any] = {"data": data[0]}
    if included is not None:
        document["included"] = included
    return document


def _demand_operation(resource: ResourceType, operation: Operation) -> None:
    if operation not in resource.operations:
        raise errors.route_not_found()


def _number(resource: ResourceType, text: str) -> int:
    number = number_of(resource, text)
    if number is None:
        raise errors.resource_not_found(resource.type, text)
    return number
