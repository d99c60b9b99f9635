"""What a person is asked before a request is sent: what will happen, to whom, and what hangs on it, in plain words."""

from collections.abc import Mapping
from typing import Any

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.confirmation import sends_mail
from outreach_mcp.operation import Operation, bulk_ids, operation_of
from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, MissingScope, Query, Request
from outreach_tools.engine.answers import cost
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.text import clean, one_line
from outreach_tools.json_values import is_array, is_object, member, object_at

_NAMES: Mapping[str, str] = {
    "opportunityProspectRole": "role on a deal",
    "opportunityStage": "deal stage",
    "sequenceState": "enrolment",
    "callDisposition": "call disposition",
    "callPurpose": "call purpose",
    "complianceRequest": "data-erasure request",
}

# What hangs on a record: the list to count, its filter, and what one and several are called.
_HANGING: Mapping[str, tuple[str, Query, str, str]] = {
    "prospect": ("/sequenceStates", (("filter[state]", "active"),), "active enrolment", "active enrolments"),
    "account": ("/prospects", (), "prospect", "prospects"),
    "sequence": ("/sequenceStates", (("filter[state]", "active"),), "active prospect", "active prospects"),
}

_LONGEST = 80
_ROOM = 200  # tokens of changes that a question spells out: what is asked comes back to the model in a refusal


async def question_for(outgoing: Outgoing, client: Client) -> str:
    """Return the question for a request; one or two small reads give names and numbers.

    Raises what those reads raise when the record does not exist: then there is nothing to ask about.
    """
    operation = operation_of(outgoing)
    if outgoing.method == "DELETE" and operation.record_id is not None:
        return await _about_delete(operation, operation.record_id, client)
    if operation.type == "complianceRequest":
        address = member(outgoing.body, "data", "attributes", "request_object_email")
        return f"Erase all data of {_quoted(address)} in Outreach for good? This cannot be undone."
    if operation.type in ("batch", "import"):
        return _about_bulk(outgoing, operation)
    if sends_mail(outgoing, operation):
        return await _about_mail(outgoing, operation, client)
    return await _about_write(outgoing, operation, client)


async def _about_delete(operation: Operation, number: int, client: Client) -> str:
    what = await _named(operation.type, number, client)
    hanging = await _hanging(operation.type, number, client)
    return f"Delete {what} for good?{hanging} This cannot be undone."


def _about_bulk(outgoing: Outgoing, operation: Operation) -> str:
    action = operation.kind.removeprefix("action:")
    ids = bulk_ids(outgoing)
    attributes = object_at(outgoing.body, "data", "attributes")
    changes = {name: value for name, value in attributes.items() if name not in ("ids", "records")}
    count = f" on {len(ids)} records (ids {_quoted(ids)})" if ids else f" ({outgoing.path})"
    return f"Run the bulk action {action}{count}{_listed(changes)}? It cannot be undone as a whole."


async def _about_mail(outgoing: Outgoing, operation: Operation, client: Client) -> str:
    if operation.type == "task" and operation.record_id is not None:
        return f"Send the e-mail of {await _named('task', operation.record_id, client)} now? It cannot be called back."
    subject = member(outgoing.body, "data", "attributes", "subject")
    receiver = member(outgoing.body, "data", "relationships", "prospect", "data", "id")
    to = f" to {await _named('prospect', receiver, client)}" if isinstance(receiver, int) else ""
    about = f" with the subject {_quoted(subject)}" if subject else ""
    when = member(outgoing.body, "data", "attributes", "scheduledAt")
    time = f", scheduled for {_quoted(when)}" if when else ""
    which = f" {operation.record_id}" if operation.record_id else ""
    return f"Send an e-mail{which}{to}{about}{time}? Once it is out it cannot be called back."


async def _about_write(outgoing: Outgoing, operation: Operation, client: Client) -> str:
    changes = {
        **object_at(outgoing.body, "data", "attributes"),
        **{name: member(value, "data") for name, value in object_at(outgoing.body, "data", "relationships").items()},
        **{name.removeprefix("actionParams[").rstrip("]"): value for name, value in outgoing.query},
    }
    if not operation.type:
        return f"Send {outgoing.method} {outgoing.path}{_listed(changes)}?"
    if operation.record_id is None:
        return f"Create a new {_kind(operation.type)}{_listed(changes)}?"
    what = await _named(operation.type, operation.record_id, client)
    if operation.kind.startswith("action:"):
        return f"Run {operation.kind.removeprefix('action:')} on {what}{_listed(changes)}?"
    return f"Change {what}{_listed(changes)}?"


async def _named(kind: str, number: int, client: Client) -> str:
    """Return a record as a person knows it: `the prospect "Ann Lee" (id 7)`."""
    plain = f"the {_kind(kind)} {number}"
    label = label_of(kind)
    resource = resource_type(kind)
    if "get" not in resource.operations:
        return plain
    query = ((f"fields[{kind}]", label or ""),)
    try:
        body = (await client.send(Request("GET", f"/{resource.path}/{number}", query))).body
    except MissingScope:
        return plain
    name = member(body, "data", "attributes", label) if label else None
    return f"the {_kind(kind)} {_quoted(name)} (id {number})" if name else plain


async def _hanging(kind: str, number: int, client: Client) -> str:
    if kind not in _HANGING:
        return ""
    target, query, one, several = _HANGING[kind]
    counted = (*query, (f"filter[{kind}][id]", str(number)), ("count", "true"), ("page[size]", "1"))
    try:
        body = (await client.send(Request("GET", target, counted))).body
    except MissingScope:
        return ""
    count = member(body, "meta", "count")
    if not isinstance(count, int) or not count:
        return ""
    return f" It has {count} {one if count == 1 else several}."


def _kind(kind: str) -> str:
    return _NAMES.get(kind, kind)


def _listed(changes: Mapping[str, Any]) -> str:
    if not changes:
        return ""
    shown: list[str] = []
    for name, value in changes.items():
        shown.append(f"{one_line(clean(name), _LONGEST)} = {_quoted(_plain(value))}")
        if len(shown) > 1 and cost(shown) > _ROOM:
            shown.pop()
            break
    left_out = len(changes) - len(shown)
    return f": {', '.join(shown)}{f' and {left_out} more' if left_out else ''}"


def _plain(value: Any) -> Any:
    """Show linkage as `prospect 7`."""
    if is_object(value) and set(value) == {"type", "id"}:
        return f"{value['type']} {value['id']}"
    return [_plain(each) for each in value] if is_array(value) else value


def _quoted(value: object) -> str:
    """Show text of a stranger so that it cannot pass for ours: one line, cleaned, cut, its quotes made single."""
    text = one_line(clean(str(value)), _LONGEST).replace('"', "'")
    return f'"{text}"'
