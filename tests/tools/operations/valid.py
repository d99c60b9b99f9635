"""Valid arguments for every operation of the contract, made from the catalogue and from what the sandbox holds.

What the catalogue cannot say, because only the sandbox knows which records and words go together, stands in tables.
"""

from collections.abc import Iterator
from typing import Any

from outreach_sandbox.ids import shown_id
from outreach_sandbox.rules import CHOICES, REQUIRED_ATTRIBUTES, REQUIRED_RELATIONSHIPS
from outreach_sandbox.store import Store
from outreach_tools.catalog import Attribute, ResourceType, resource_type, resource_types
from outreach_tools.catalog.operation_names import operations_by_name
from outreach_tools.engine.operations.making import PARAMETERS
from outreach_tools.engine.operations.many import MEMBERS, takes
from outreach_tools.engine.operations.telling import tool_of
from outreach_tools.resources.task import TASK

Arguments = dict[str, Any]

OPERATIONS = tuple(operations_by_name())

_ATTRIBUTES: dict[str, Arguments] = {
    "emailAddress": {"email": "new@person.example"},
    "kaiaVoiceImport": {"callId": "8402", "recordingUrl": "https://calls.example/1"},
    "mailbox": {"email": "new.box@fieldlight.example"},
    "accountNote": {"message": "Renews in May"},
    "prospectNote": {"message": "Renews in May"},
    "mailing": {"subject": "Hello", "bodyHtml": "<p>Hello</p>", "state": "drafted"},
    "phoneNumber": {"number": "+1 555 0100"},
    "product": {"name": "Standard", "code": "S-1"},
    "user": {"email": "kim@fieldlight.example"},
    "webhook": {"url": "https://hooks.example/outreach"},
}
"""Attributes of a new record beside those that are required."""

_RELATIONSHIPS: dict[str, Arguments] = {
    "call": {"prospect": 456},
    "contentCategoryMembership": {"content": {"type": "template", "id": 340}},
    "emailAddress": {"prospect": 456},
    "favorite": {"target": {"type": "prospect", "id": 456}},
    "mailing": {"prospect": 456, "mailbox": 123},
    "phoneNumber": {"prospect": 456},
    "sequenceState": {"prospect": 456, "sequence": 123, "mailbox": 123},
    "sequenceStep": {"sequence": 123},
    "task": {"subject": {"type": "prospect", "id": 456}, "owner": 17},
}
"""Relationships of a new record, where the first record of the type does not do."""

_WHOLE: dict[str, Arguments] = {
    "create_compliance_request": {
        "requester_email": "privacy@fieldlight.example",
        "request_type": "Delete",
        "object_type": "Prospect",
        "request_object_email": "marcus.holloway@acme.example",
    },
    "bulk_upsert": {"dupeMethod": "skip", "records": [{"type": "prospect", "attributes": {"firstName": "Ada"}}]},
    "custom_object_bulk_upsert": {"dupeMethod": "skip", "records": [{"type": "thing", "attributes": {}}]},
}
_RECORDS: dict[str, tuple[str, str]] = {
    # In a state that the action asks for: the type, and what its row has to be.
    "confirm_batch": ("batch", "state = 'confirming'"),
    "cancel_batch": ("batch", "state = 'confirming'"),
    "activate_sequence": ("sequence", 'enabled = 0 AND locked = 0 AND "sequenceStepCount" > 0'),
    "deactivate_sequence": ("sequence", "enabled = 1"),
    "unlock_sequence": ("sequence", "locked = 1"),
    "finish_sequence_state": ("sequenceState", "state = 'active'"),
    "pause_sequence_state": ("sequenceState", "state = 'active'"),
    "resume_sequence_state": ("sequenceState", "state = 'paused'"),
    "activate_sequence_template": ("sequenceTemplate", "enabled = 0"),
    "deliver_task": ("task", "state = 'incomplete' AND \"mailing.id\" IS NOT NULL"),
    "advance_task": ("task", "state = 'incomplete' AND \"sequenceState.id\" IS NOT NULL"),
    "log_meet_in_person_task": ("task", "state = 'incomplete' AND action = 'in_person'"),
    "unlink_ews_master_account_mailbox": ("mailbox", "\"sendMethod\" = 'ews'"),
    "update_mailing": ("mailing", "state = 'drafted'"),
}
_PARAMETERS: Arguments = {"dueAt": "tomorrow", "note": "Later", "ownerId": 18, "opportunityAssociation": "noop"}


def first(store: Store, kind: str, condition: str = "1") -> int:
    """Return the id of the first record of a type that a condition holds for. Raises `LookupError` for none."""
    rows = store.rows(f'SELECT MIN(id) FROM "{kind}" WHERE {condition}')
    if not rows or rows[0][0] is None:
        raise LookupError(f"there is no {kind} with {condition}")
    return int(rows[0][0])


def target_of(store: Store, name: str) -> int | str:
    """Return the record that an operation is tried on."""
    kind, _ = operations_by_name()[name]
    if resource_type(kind).uuids:
        return shown_id(resource_type(kind), 1)
    return first(store, *_RECORDS.get(name, (kind, _FREE.get(name, "1"))))


_UNFINISHED = ("snooze_task", "mark_complete_task", "reschedule_task", "reassign_owner_task", "update_note_task")
_FREE: dict[str, str] = dict.fromkeys(_UNFINISHED, "state = 'incomplete'")


def value_of(kind: str, attribute: Attribute) -> Any:
    """Return a value that an attribute may hold."""
    if known := CHOICES.get((kind, attribute.name)):
        return known[0]
    if attribute.format == "date-time":
        return "2026-12-01T09:00:00Z"
    if attribute.format == "date":
        return "2026-12-01"
    plain = {"integer": 3, "number": 2.5, "boolean": True, "array": ["new"], "object": {"a": 1}, "string": "New"}
    return "new@person.example" if attribute.format == "email" else plain[attribute.type]


def _created(store: Store, resource: ResourceType) -> Arguments:
    kind = resource.type
    attributes = {
        name: value_of(kind, resource.attributes[name]) for name in REQUIRED_ATTRIBUTES.get(kind, ())
    } | _ATTRIBUTES.get(kind, {})
    if "name" in resource.attributes and not resource.attributes["name"].read_only:
        attributes.setdefault("name", "New")
    links: Arguments = {}
    for name in REQUIRED_RELATIONSHIPS.get(kind, ()):
        links[name] = first(store, resource.relationships[name].types[0])
    links |= _RELATIONSHIPS.get(kind, {})
    if not attributes and not links:
        attributes = {each.name: value_of(kind, each) for each in _writable(resource)[:1]}
    return {key: value for key, value in (("attributes", attributes), ("relationships", links)) if value}


def _writable(resource: ResourceType) -> list[Attribute]:
    texts = [each for each in resource.attributes.values() if not each.read_only and not each.write_only]
    return sorted(texts, key=lambda each: (each.name != "name", each.type != "string", each.format != ""))


def _changed(resource: ResourceType) -> Arguments:
    preferred = {"mailing": "subject", "webhook": "active", "mailbox": "optOutMessage", "user": "title"}
    name = preferred.get(resource.type)
    fields = _writable(resource)
    if name is None and not fields:
        return {}
    attribute = resource.attributes[name] if name else fields[0]
    return {"attributes": {attribute.name: value_of(resource.type, attribute)}}


def _many(store: Store, resource: ResourceType, action: str) -> Arguments:
    kind = "prospect" if action.startswith("prospects") else "account"
    values: Arguments = {
        "ids": [456] if kind == "prospect" else [55],
        "tags": ["renewal"],
        "userIds": [17],
        "ownerId": 18,
        "accountId": 55,
        "opportunityId": 903,
        "mailboxId": 123,
        "sequenceId": 123,
        "stepOverrides": [{"id": 1}],
        "objectName": "things",
        "attributes": {"things": 1} if action.startswith("custom") else {_named(kind): "New"},
        "dupeMethod": "skip",
        "fileName": "people.csv",
        "mappings": {"E-mail": "emails"} if action == "prospectsImport" else {"Name": "name"},
        "recordCount": 1,
    }
    del store
    return {name: values[name] for name in takes(resource.actions[action]) if name in values}


def _named(kind: str) -> str:
    return "title" if kind == "prospect" else "industry"


def valid_arguments(store: Store, name: str) -> Arguments:
    """Return arguments with which an operation answers in the sandbox; what is uploaded first is not among them."""
    kind, what = operations_by_name()[name]
    resource = resource_type(kind)
    if name in _WHOLE:
        return dict(_WHOLE[name])
    if what == "list":
        return {"page_size": 2}
    if what == "create":
        return _created(store, resource)
    if what.startswith("action:"):
        action = resource.actions[what.removeprefix("action:")]
        if action.collection:
            return _many(store, resource, action.name)
        parameters = {each: _parameter(store, each) for each in action.required}
        if name == "confirm_batch":
            parameters["confirmedCount"] = 1
        return {"id": target_of(store, name), **parameters}
    return {"id": target_of(store, name), **(_changed(resource) if what == "update" else {})}


def _parameter(store: Store, name: str) -> Any:
    if name in _PARAMETERS:
        return _PARAMETERS[name]
    return first(store, name.removesuffix("Id")) if name.endswith("Id") else "x"


def broken(name: str, arguments: Arguments) -> Iterator[tuple[str, Arguments]]:
    """Yield an operation's arguments with each of them broken in turn, and what is broken."""
    kind, what = operations_by_name()[name]
    resource = resource_type(kind)
    if name == "custom_object_bulk_modify":  # any field may be one of those
        yield "no fields", {key: value for key, value in arguments.items() if key != "attributes"}
        return
    yield "an unknown argument", {**arguments, "favourite_colour": "green"}
    for key, value in arguments.items():
        if key in ("attributes", "relationships"):
            yield f"{key} as a text", {**arguments, key: "x"}
            for inner in value:
                yield f"{key}.{inner}", {**arguments, key: {**value, inner: _wrong(resource, key, inner)}}
            yield f"an unknown member of {key}", {**arguments, key: {**value, "favourite_colour": "green"}}
        elif key == "id":
            yield key, {**arguments, key: -4}
            yield "no id", {other: each for other, each in arguments.items() if other != key}
        elif _takes_no_other(name, key):
            # One object stands for an array of one.
            yield key, {**arguments, key: 5 if key in ("records", "stepOverrides") else {"a": {"b": 1}}}
    if what == "list":
        yield "an unknown filter", {"filters": [{"field": "favourite_colour", "criteria": "green"}]}
        yield "a filter without criteria", {"filters": [{"field": "id"}]}
        yield "an unknown column", {"fields": ["favourite_colour"]}
        yield "an unknown order", {"sort": "favourite_colour"}
        yield "a cursor that no answer gave", {"page_after": "abc"}
    if what == "get":
        yield "an unknown column", {**arguments, "fields": ["favourite_colour"]}


def _takes_no_other(name: str, key: str) -> bool:
    """Return whether an argument cannot be an object: mappings are, and what custom objects hold is not known."""
    return key != "mappings" and not name.startswith("custom")


def _wrong(resource: ResourceType, key: str, name: str) -> Any:
    if key == "relationships":
        return {"type": "nonsense", "id": "x"}
    held = {**resource_type("account").attributes, **resource_type("prospect").attributes, **resource.attributes}
    if name not in held:  # of custom objects, whose fields nobody knows
        return None
    kind = held[name].type
    return {"integer": "many", "number": "many", "boolean": "perhaps", "object": "x", "array": [{"a": 1}]}.get(kind, 5)


def parameters_are_typed() -> bool:
    """Return whether every parameter and member of every action has a type that it is checked by."""
    declared = {each.name for tool in TASK.tools for each in getattr(tool, "parameters", ())}
    known = {*declared, *(name for _, name in PARAMETERS), *MEMBERS, "attributes"}
    actions = [action for resource in resource_types().values() for action in resource.actions.values()]
    taken = {
        name
        for action in actions
        for name in (takes(action) if action.collection else (*action.required, *action.optional))
    }
    return taken <= known


__all__ = ["OPERATIONS", "broken", "parameters_are_typed", "target_of", "tool_of", "valid_arguments"]
