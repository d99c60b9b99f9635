"""Actions on many records at once, and imports: each with its own members in the body, and no others.

A bulk action names its records one by one: `filter`, and naming none, which Outreach takes to mean all of them, are not
offered, nor is `skipConfirmation`, so that a batch waits to be confirmed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from outreach_tools.catalog import Action, Attribute, ResourceType, resource_type
from outreach_tools.client import JsonObject, Query, Request
from outreach_tools.engine.arguments import lift
from outreach_tools.engine.bounding import bounded
from outreach_tools.engine.changing import write
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import CHECK
from outreach_tools.engine.finders import finds
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.given import given_items, given_members, is_given
from outreach_tools.engine.json_text import as_meant
from outreach_tools.engine.labels.fields import has_labels, is_standard
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.labels.written import with_checked, with_keys
from outreach_tools.engine.literal import split
from outreach_tools.engine.matching import closest, find, listed, nearest, shorten
from outreach_tools.engine.names import resolve_name
from outreach_tools.engine.naming.in_filters import with_ids
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.twice import Spelled
from outreach_tools.engine.writing import attributes_document, meant, passed_over
from outreach_tools.engine.written import written_value
from outreach_tools.json_values import as_object, is_array, is_object, member

_FILES = ("overwrite", "skip", "missing")
MEMBERS: Mapping[str, Attribute] = {
    each.name: each
    for each in (
        Attribute("ids", "array", items="integer"),
        Attribute("tags", "array", items="string"),
        Attribute("userIds", "array", items="string"),
        Attribute("ownerId", "integer"),
        Attribute("accountId", "string"),
        Attribute("opportunityId", "string"),
        Attribute("mailboxId", "integer"),
        Attribute("sequenceId", "integer"),
        Attribute("stepOverrides", "array", items="object"),
        Attribute("objectName", "string"),
        Attribute("dupeMethod", "string"),
        Attribute("fileName", "string", max_length=255),
        Attribute("mappings", "object"),
        Attribute("recordCount", "integer"),
        Attribute("records", "array", items="object"),
        Attribute("storageKey", "string"),
        Attribute("hash", "string"),
    )
}
"""The members of these actions, of the types that the official contract gives them; it draws some ids as text."""

_RECORDS: Mapping[str, str] = {
    "ownerId": "user",
    "userIds": "user",
    "accountId": "account",
    "opportunityId": "opportunity",
    "mailboxId": "mailbox",
    "sequenceId": "sequence",
}
"""The members that hold ids, and of which type of record."""

_CONTAINERS: Mapping[str, Callable[[object], bool]] = {"array": is_array, "object": is_object}
_OPTIONAL = frozenset({"stepOverrides", "fileName", "recordCount"})
_FIELDS = ("attribute1", "attribute2", "attributeN")
"""How the contract draws that a member is any field of the records, under its own name."""

_NEVER: Mapping[str, str] = {
    "filter": "it names its records by 'ids', one by one",
    "skipConfirmation": "the batch waits for confirm_batch with its confirmCount",
}


def takes(action: Action) -> tuple[str, ...]:
    """Return the names of an action's arguments; `attributes` stands for the fields that it sets in every record."""
    names = dict.fromkeys((*action.required, *action.attributes, *action.optional))
    fields = ("attributes",) if set(_FIELDS) & set(action.attributes) else ()
    return (*(each for each in names if each not in _FIELDS and each not in _NEVER), *fields)


def optional(name: str) -> bool:
    """Return whether an argument of these actions may be left out."""
    return name in _OPTIONAL


def many_tool(declared: Resource, name: str, action_name: str, others: Mapping[str, Resource]) -> Tool:
    """Make the tool that runs an action of a whole type: of a bulk action, or of an import.

    `others` is what is special about the types whose records it changes.
    """
    resource = resource_type(declared.type)
    action = resource.actions[action_name]
    kind = _kind(action_name)
    names_taken = takes(action)

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = _given(action, kind, arguments)
        fields = given.pop("attributes", {})
        notes, empty = tuple[str, ...](), list[str]()
        values = {each: await _value(declared, action_name, kind, each, given[each], names) for each in given}
        needed = [each for each in names_taken if each != "attributes" and not optional(each)]
        if missing := [each for each in needed if each not in values]:
            raise ArgumentError(
                f"{action_name} needs {', '.join(map(repr, missing))}; it takes {listed(names_taken)}"
                + "".join(finds((kind,), declared.listers) for each in missing if each == "ids" and kind)
            )
        if "attributes" in names_taken:
            checked, notes, empty = await _fields(others.get(kind), fields, names)
            values = {**checked, **values}
        query: Query = tuple((f"actionParams[{each}]", str(values.pop(each))) for each in action.required)
        body: JsonObject | None = {"data": {"attributes": values}} if action.attributes else None
        request = Request("POST", f"/{resource.path}/actions/{action_name}", query, body)
        answer = await _sent(context, declared, action, request, (*names.notes, *notes))
        return {**answer, "not_changed": empty} if empty else answer

    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description="",
        input_schema=object_schema({each: {"type": "string"} for each in names_taken}),
        run=by_names(run, writing=True),
        read_only=False,
        destructive=True,
        idempotent=False,
        resource=declared.type,
        operations=frozenset({(declared.type, f"action:{action_name}")}),
    )


def _given(action: Action, kind: str, arguments: JsonObject) -> JsonObject:
    """Return what is given for each argument of an action, under its own name. Raises `ArgumentError` for others."""
    names = takes(action)
    if "attributes" in names:  # fields of the records may stand beside the rest
        own = [*(each for each in names if each != "attributes"), *_NEVER]

        def is_field(each: str) -> bool:
            if find(each, own):
                return False
            if not kind or resolve_name(resource_type(kind), each) in resource_type(kind).attributes:
                return True
            return has_labels(kind) and not is_standard(resource_type(kind), each) and closest(each, own) is None

        arguments = lift(arguments, {"attributes": is_field}, ("attributes",))
    found: JsonObject = {}
    spelled = Spelled()
    for name, value in given_members(arguments).items():
        if known := find(name, _NEVER):
            raise ArgumentError(f"{known!r} is not taken: {_NEVER[known]}")
        known = find(name, names)
        if known is None:
            raise ArgumentError(f"there is no argument {name!r}{nearest(name, names)}; it takes {listed(names)}")
        spelled.note(known, name, value)
        wanted = _CONTAINERS.get(MEMBERS[known].type) if known in MEMBERS else None
        found[known] = as_meant(value, wanted) if wanted else value
    return given_members(found)


async def _value(declared: Resource, action: str, kind: str, name: str, value: Any, names: Names) -> Any:
    """Return the value of one member in the form that the contract gives it; names of records become ids."""
    attribute = MEMBERS[name]
    record = kind if name == "ids" else _RECORDS.get(name, "")
    if record or name == "ids":
        several = attribute.type == "array"
        found = finds((record,), declared.listers) if record else ""
        if several and isinstance(value, str) and record in NAMINGS:  # several ids or names, with commas between
            value = split(str(await with_ids(names, value, record, repr(name), found)))
        items = given_items(value) if several and is_array(value) else [value]
        ids = [await names.id_of(each, record, repr(name), found) for each in items]
        plain = [str(each) for each in ids] if "string" in (attribute.type, attribute.items) else ids
        return [*dict.fromkeys(plain)] if several else plain[0]
    methods = _FILES if action.endswith("Import") else (*_FILES, "overwriteNoCreate")
    known = methods if name == "dupeMethod" else ()
    calendar = Calendar(names.context.now(), names.context.zone)
    return written_value(attribute, value, {each: each for each in known}, calendar)


async def _fields(declared: Resource | None, given: Any, names: Names) -> tuple[JsonObject, tuple[str, ...], list[str]]:
    """Return the fields that a bulk modification sets in every record, checked like those of a single one.

    With them come notes, and the names of what was given with nothing in it.
    """
    given = as_meant(given, is_object)
    if not is_object(given):
        raise ArgumentError(f"'attributes' takes an object, not {shorten(given)}")
    if not is_given(given):
        raise ArgumentError("'attributes' is required: the fields to set in every record")
    if declared is None:  # the fields of custom objects are the organisation's own
        return given_members(given), (), [name for name, value in given.items() if not is_given(value)]
    resource: ResourceType = resource_type(declared.type)
    context = names.context
    labels, calendar = Labels(context, resource), Calendar(context.now(), context.zone)
    keyed = await with_keys(labels, {"attributes": given}, ("attributes",))
    fields = meant(resource, "attributes", keyed["attributes"])
    if not is_given(fields):
        raise ArgumentError("'attributes' is required: the fields to set in every record")
    checked, said = await with_checked(labels, fields, calendar)
    attributes, notes = await attributes_document(declared, checked, calendar, names)
    empty = list(map(labels.shown, passed_over(declared, checked, but=attributes)))
    return attributes, (*labels.notes, *said, *notes), empty


async def _sent(
    context: Context, declared: Resource, action: Action, request: Request, notes: tuple[str, ...]
) -> JsonObject:
    """Send the request; answer with the batch or import that it began, or with what else Outreach says."""
    if declared.type == "batch" or (action.attributes and declared.type == "import"):
        answer = await write(context, declared, request, notes)
        if answer.get("state") == "confirming":
            number, count = answer.get("id"), answer.get("confirmCount")
            waits = f"it waits for confirm_batch with batch_id {number} and confirmedCount {count}"
            notes = (answer.get("note", ""), waits)
            answer = {**answer, "note": ". ".join(each for each in notes if each)}
        return answer
    response = await context.client.send(request)
    held = as_object(member(response.body, "data", "attributes"))
    if held is None:
        asked = f"{request.method} {request.target}"
        raise ToolError(f"Outreach answered {asked} with {shorten(response.body)}, which holds no answer. {CHECK}")
    said = (*((response.note,) if response.note else ()), *notes)
    return fit(bounded(held, context.max_result_tokens), context.max_result_tokens, said)


def _kind(action: str) -> str:
    """Return the type of the records that an action is about, empty where it does not say."""
    kinds = (("prospects", "prospect"), ("accounts", "account"), ("accountAdd", "account"))
    return next((kind for beginning, kind in kinds if action.startswith(beginning)), "")
