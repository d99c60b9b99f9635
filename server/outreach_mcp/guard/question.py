"""Words the question to a person before a request is sent: what will happen, to whom, and what hangs on it."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from outreach_mcp.api.batches import ids_of
from outreach_mcp.api.operation import Operation
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.confirmation import sends_mail
from outreach_mcp.guard.disclosure import ACTS, Member, members_of, rank_of, told, told_whole
from outreach_mcp.guard.mail_question import about_mail, html_told
from outreach_mcp.guard.named_records import hanging, linked_id, named, number_of, some_names, words_for
from outreach_mcp.guard.shown_values import UnshowableError, members_text, quoted, quoted_whole
from outreach_tools.client import Client, JsonObject
from outreach_tools.engine.labels.fields import NONE, CustomFields, has_labels, is_key
from outreach_tools.json_values import is_array, member

# Whether mail goes out by an action, in words.
_SENDING: Mapping[tuple[str, str], str] = {
    ("sequence", "action:activate"): " E-mails go out to those who are in it.",
    ("sequenceTemplate", "action:activate"): " E-mails may go out by it.",
    ("sequenceState", "action:resume"): " The sequence may send them e-mails.",
    ("sequenceState", "create"): " The sequence may send them e-mails.",
    ("task", "action:advance"): " The sequence may send them e-mails.",
    ("mailbox", "action:testSend"): " An e-mail goes out.",
}
_CHANGING_MAIL = frozenset({"sequence", "sequenceStep", "sequenceTemplate", "template"})
"""The types that make up the mail which goes out by itself."""

_BULK: Mapping[str, str] = {
    "AddAssignments": "Assign users to {}",
    "AddTags": "Add tags to {}",
    "AddToSequence": "Enrol {} in a sequence",
    "AssignAccount": "Move {} to another account",
    "AssignOpportunity": "Put {} on a deal",
    "AssignOwner": "Give {} another owner",
    "BulkModify": "Change {}",
    "DestroyAll": "Delete {} for good",
    "FinishAll": "Finish all sequences of {}",
    "PauseAll": "Pause all sequences of {}",
    "RemoveAllAssignments": "Take all assigned users from {}",
    "RemoveAssignments": "Take assigned users from {}",
    "RemoveTags": "Take tags from {}",
}
_FIELD = "fieldName"
"""The member of a bulk change that holds the name of the field that is changed."""
_BULK_NAME = re.compile(r"(prospect|account)s?([A-Z]\w*)")

# Relationships whose records a person wants to know by name.
_BY_NAME = frozenset(
    {"prospect", "sequence", "mailbox", "account", "user", "template", "stage", "persona", "opportunity"}
)
_BY_ID: Mapping[str, str] = {f"{name}Id": name for name in _BY_NAME} | {"ownerId": "user"}
"""Members that hold an id, and the type of whose records it is."""

_MOST_NAMED = 3
"""Small reads for one question."""

_MOST_IDS = 20
_MOST_RECORDS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a person; `mark` stands for its text and the request that it is about, to the last byte."""

    text: str
    mark: str


Labelling: TypeAlias = Callable[[str], Awaitable[CustomFields]]
"""Brings what the custom fields of a type are called, as far as that may be told; it never raises."""


async def _unlabelled(_: str) -> CustomFields:
    return NONE


async def question_for(outgoing: Outgoing, client: Client, labelling: Labelling = _unlabelled) -> Question:
    """Return the question for a request; a few small reads give names and numbers, and custom fields their labels.

    Raises `UnshowableError` for a request that holds what cannot be shown, and what those reads raise when the record
    does not exist: then there is nothing to ask about.
    """
    known: dict[str, CustomFields] = {}

    async def once(kind: str) -> CustomFields:
        if kind not in known:
            known[kind] = await labelling(kind)
        return known[kind]

    held: JsonObject = {}
    if outgoing.operation.known and sends_mail(outgoing, outgoing.operation):
        # What goes out is agreed to as a whole, also what is too long to be shown.
        mail = await about_mail(outgoing.operation, members_of(outgoing, outgoing.operation), client)
        text, held = mail.text, mail.held
    else:
        text = await _text(outgoing, outgoing.operation, client, once)
    request = [text, outgoing.method, outgoing.path, outgoing.query, outgoing.body, held]
    # Escaped, so that half a surrogate pair is not an error.
    return Question(text, hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest())


async def _text(outgoing: Outgoing, operation: Operation, client: Client, labelling: Labelling) -> str:
    if not operation.known or "customObject" in operation.kind:
        where = f"{outgoing.method} {quoted_whole(outgoing.path, 'the path')}"
        return f"Send {where}, which this server does not know{told_whole(outgoing)}?"
    members = await _labelled(members_of(outgoing, operation), _kind_of(operation), labelling)
    if outgoing.method == "DELETE" and operation.record_id is not None:
        return await _about_delete(operation.type, operation.record_id, client)
    if operation.type == "complianceRequest" and operation.kind == "create":
        return _about_privacy(members)
    if operation.type == "batch" and operation.record_id is None:
        return await _about_bulk(outgoing, operation, members, client)
    if operation.type == "import" and operation.record_id is None:
        return await _about_import(operation, members, labelling)
    return await _about_write(operation, members, client)


async def _about_delete(kind: str, number: int | str, client: Client) -> str:
    what = await named(kind, number, client)
    return f"Delete {what} for good?{await hanging(kind, number, client)} This cannot be undone."


def _about_privacy(members: tuple[Member, ...]) -> str:
    given = {member.name: member.value for member in members}
    if not given.get("request_object_email"):
        return f"Create a new data-erasure request{told(members)}? This cannot be undone."
    address = quoted_whole(given["request_object_email"], "'request_object_email'")
    erases = given.get("request_type") == "Delete"
    spoken_of = ("request_object_email", *(("request_type",) if erases else ()))
    others = told(member for member in members if member.name not in spoken_of)
    if erases:
        return f"Erase all data of {address} in Outreach for good{others}? This cannot be undone."
    return f"File a privacy request about {address} with Outreach{others}? This cannot be undone."


async def _about_bulk(outgoing: Outgoing, operation: Operation, members: tuple[Member, ...], client: Client) -> str:
    action = operation.kind.removeprefix("action:")
    ids = ids_of(outgoing.query, outgoing.body)
    found = _BULK_NAME.fullmatch(action)
    kind = found[1] if found else "record"
    records = f"{len(ids)} {kind}{'' if len(ids) == 1 else 's'}"
    words = _BULK.get(found[2], "") if found else ""
    what = f"{words.format(records)} ({action})" if words else f"Run the bulk action {action} on {records}"
    names = await some_names(kind, ids, client) if words else ""
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    which = f': ids "[{", ".join(ids[:_MOST_IDS])}]"{more}{f", among them {names}" if names else ""}'
    people = "1 person" if len(ids) == 1 else f"{len(ids)} people"
    costs = f" E-mails may go to {people}." if action == "prospectsAddToSequence" else ""
    others = told(await with_names(members, client)).replace(": ", ", ", 1)
    return f"{what}{which}{others}?{costs} It cannot be undone as a whole."


async def _about_import(operation: Operation, members: tuple[Member, ...], labelling: Labelling) -> str:
    records = next((member.value for member in members if member.name == "records"), None)
    others = [member for member in members if member.name != "records"]
    action = operation.kind.removeprefix("action:")
    if records is None:
        count = next((member.value for member in members if member.name == "recordCount"), None)
        says = f" The caller says that it has {quoted(count)} records." if count is not None else ""
        others = [member for member in members if member.name != "recordCount"]
        file = " This server cannot see what the file holds." if any(m.name == "storageKey" for m in members) else ""
        return f"Run {action}{told(others)}?{file}{says} It cannot be undone as a whole."
    if not is_array(records):
        raise UnshowableError(f"Refused: {action} needs 'records' as a list. Nothing was sent.")
    shown = "; ".join([await _record(each, labelling) for each in records[:_MOST_RECORDS]])
    more = f"; and {len(records) - _MOST_RECORDS} more" if len(records) > _MOST_RECORDS else ""
    count = f"{len(records)} {'record' if len(records) == 1 else 'records'}"
    return f"Run {action} with {count}{told(others)}: {shown}{more}? It cannot be undone as a whole."


async def _record(record: object, labelling: Labelling) -> str:
    found = sorted(members_text(record), key=lambda each: rank_of(each[0].rpartition(".")[2]))
    more = f" and {len(found) - _MOST_RECORDS} more" if len(found) > _MOST_RECORDS else ""
    first = found[:_MOST_RECORDS]
    fields = await _fields_of(member(record, "type"), [name.rpartition(".")[2] for name, _ in first], labelling)
    labels = [fields.label(name.rpartition(".")[2]) for name, _ in first]
    names = [
        f"{quoted(label)} ({name})" if label else quoted(name) for (name, _), label in zip(first, labels, strict=True)
    ]
    return (
        ", ".join(f"{name} = {quoted(value, exact=True)}" for name, (_, value) in zip(names, first, strict=True)) + more
    )


def _kind_of(operation: Operation) -> str:
    """Return the type of the records that a request changes."""
    found = _BULK_NAME.fullmatch(operation.kind.removeprefix("action:")) if operation.type == "batch" else None
    return found[1] if found else operation.type


async def _fields_of(kind: object, names: Sequence[str], labelling: Labelling) -> CustomFields:
    """Return the custom fields of a type, none where none of some names is that of one."""
    labelled = isinstance(kind, str) and has_labels(kind) and any(map(is_key, names))
    return await labelling(str(kind)) if labelled else NONE


async def _labelled(members: tuple[Member, ...], kind: str, labelling: Labelling) -> tuple[Member, ...]:
    """Return members with the labels of those that are custom fields of a type, or hold the name of one."""
    held = {each.name: each.value for each in members if each.name == _FIELD and isinstance(each.value, str)}
    fields = await _fields_of(kind, [*(each.name for each in members), *held.values()], labelling)
    return tuple(
        replace(each, named=f"{quoted(label)} ({each.value})")
        if (label := fields.label(held.get(each.name, "")))
        else replace(each, label=fields.label(each.name))
        for each in members
    )


def sending(operation: Operation) -> str:
    """Return whether mail goes out by an action, in words; nothing where none does."""
    return _SENDING.get((operation.type, operation.kind), "")


async def _about_write(operation: Operation, members: tuple[Member, ...], client: Client) -> str:
    shown = told(await with_names(members, client))
    costs = sending(operation)
    action = operation.kind.removeprefix("action:") if operation.kind.startswith("action:") else ""
    if operation.record_id is None:
        if action:
            return f"Run {action} on the {words_for(operation.type)}s{shown}?{costs}"
        return f"Create a new {words_for(operation.type)}{shown}?{costs}"
    what = await named(operation.type, operation.record_id, client)
    if action == "activate":
        return f"Activate {what}{shown}?{costs}{await hanging(operation.type, operation.record_id, client)}"
    if action:
        return f"Run {action} on {what}{shown}?{costs}"
    if operation.type in _CHANGING_MAIL:
        costs = " It changes the mail that goes out by it from now on."
        costs += await hanging(operation.type, operation.record_id, client)
    return f"Change {what}{shown}?{costs}"


async def with_names(members: tuple[Member, ...], client: Client) -> list[Member]:
    """Return members in which the first links to people and the like are told by their names, and HTML by its text."""
    left = _MOST_NAMED
    told_by_name: list[Member] = []
    for each in members:
        link = {each.name: each.value}
        kind = _BY_ID.get(each.name) or member(each.value, "type")
        number = number_of(each.value) if each.name in _BY_ID else linked_id(link, each.name)
        if number and kind in _BY_NAME and left:
            left -= 1
            found = await named(kind, number, client)
            told_by_name.append(replace(each, named=found.removeprefix(f"the {each.name.removesuffix('Id')} ")))
        elif each.name == "bodyHtml" and isinstance(each.value, str):
            told_by_name.append(replace(each, named=html_told(each.value), rank=min(each.rank, ACTS)))
        else:
            told_by_name.append(each)
    return sorted(told_by_name, key=lambda member: member.rank)
