"""Decides which requests need a person's confirmation before they are sent.

`destructive` means what cannot be taken back, and that is everything which is not known to be harmless: the catalogue
lists what is (`outreach_tools.catalog.reversible`). Enrolling, pausing and completing can be taken back and belong to
`writes`. What changes mail that goes out by itself, its contents and its receivers, cannot.
"""

from collections.abc import Collection
from typing import Literal, TypeAlias

from outreach_mcp.api.operation import Operation
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.grammar import steps_of
from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.catalog.reversible import OPT_OUTS, reversible_operations
from outreach_tools.json_values import is_object, member, object_at

ConfirmationLevel: TypeAlias = Literal["never", "destructive", "writes"]

# A mailing in one of these states is not on its way; without a state it may be (nobody has published the default).
_UNSENT_STATES = frozenset({"drafted", "placeholder"})

_MEMBERS = frozenset({"type", "id", "attributes", "relationships"})


def must_confirm(outgoing: Outgoing, level: ConfirmationLevel) -> bool:
    """Return whether a person is to be asked before a request is sent."""
    if level == "never" or outgoing.method == "GET":
        return False
    return level == "writes" or is_final(outgoing, outgoing.operation)


def is_final(outgoing: Outgoing, operation: Operation) -> bool:
    """Return whether a change is not known to be one that can be taken back.

    It is known of an operation on the list of those that is asked for in the contract's own form: of a member, an
    attribute or a parameter outside the contract nobody knows what it does.
    """
    harmless = reversible_operations().get((operation.type, operation.kind))
    if harmless is None or not operation.known:
        return True
    if harmless and not _members_set(outgoing) <= harmless:
        return True
    if operation.type == "prospect" and operation.kind == "update" and _lets_mail_out(outgoing):
        return True
    if operation.type == "mailing" and not _stays(member(outgoing.body, "data", "attributes", "state")):
        return True
    resource = resource_type(operation.type)
    if operation.kind.startswith("action:"):
        return not _is_known_action(outgoing, resource, operation.kind.removeprefix("action:"))
    return not _is_known_document(outgoing, resource, operation)


def sends_mail(outgoing: Outgoing, operation: Operation) -> bool:
    """Return whether a request sends an e-mail to somebody now."""
    if operation.type == "task":
        return operation.kind == "action:deliver"
    if operation.type != "mailing":
        return False
    state = member(outgoing.body, "data", "attributes", "state")
    if operation.kind == "create":
        return not _stays(state)
    return state is not None and not _stays(state)


def _members_set(outgoing: Outgoing) -> set[str]:
    """Return the names of the attributes and relationships that a request sets."""
    return {*object_at(outgoing.body, "data", "attributes"), *object_at(outgoing.body, "data", "relationships")}


def _lets_mail_out(outgoing: Outgoing) -> bool:
    """Return whether a request takes back that a person wants to hear nothing more."""
    given = object_at(outgoing.body, "data", "attributes")
    return any(name in given and not _is_one_of(given[name], values) for name, values in OPT_OUTS.items())


def _is_one_of(value: object, known: Collection[object]) -> bool:
    # 1 equals True, and is not it.
    return any(value == each and type(value) is type(each) for each in known)


def _stays(state: object) -> bool:
    return isinstance(state, str) and state in _UNSENT_STATES


def _is_known_document(outgoing: Outgoing, resource: ResourceType, operation: Operation) -> bool:
    """Return whether a body is a document of the contract about the very record that the path names."""
    body = outgoing.body or {}
    data = body.get("data")
    if not is_object(data) or body.keys() != {"data"} or data.keys() - _MEMBERS or data.get("type") != resource.type:
        return False
    attributes, relationships = data.get("attributes", {}), data.get("relationships", {})
    if not is_object(attributes) or not is_object(relationships):
        return False
    if attributes.keys() - resource.attributes.keys() or relationships.keys() - resource.relationships.keys():
        return False
    number = data.get("id")
    return number is None if operation.record_id is None else str(number) == str(operation.record_id)


def _is_known_action(outgoing: Outgoing, resource: ResourceType, name: str) -> bool:
    """Return whether an action is asked for with its own parameters alone."""
    action = resource.actions[name]
    given = {steps_of(each)[:1] for each, _ in outgoing.query}
    if given - {(each,) for each in (*action.required, *action.optional)}:
        return False
    if not outgoing.body:
        return True
    data = outgoing.body.get("data")
    if outgoing.body.keys() != {"data"} or not is_object(data) or data.keys() - {"type", "attributes"}:
        return False
    attributes = data.get("attributes", {})
    return is_object(attributes) and not attributes.keys() - set(action.attributes)
