"""What a person is asked before a request is sent: what will happen, to whom, and what hangs on it, in plain words."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.confirmation import sends_mail
from outreach_mcp.disclosure import Member, is_in_contract, members_of, rank_of, told, told_whole
from outreach_mcp.operation import Operation, bulk_ids, operation_of
from outreach_mcp.shown_values import UnshowableError, members_text, quoted, quoted_whole
from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, JsonObject, MissingScope, Query, Request
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.html_text import html_to_text
from outreach_tools.json_values import is_array, member, object_at

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

# Relationships whose records a person wants to know by name.
_BY_NAME = ("prospect", "sequence", "mailbox", "account", "user")
_MOST_NAMED = 3
"""Small reads for one question."""

_MOST_IDS = 20
_MOST_RECORDS = 3
_TEXT = 200
"""Characters of a mail's text that are shown."""

_HTML = 4000
"""Characters of HTML that are looked at for those."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked; `mark` stands for the question and the request that it is about, to the last byte."""

    text: str
    mark: str


async def question_for(outgoing: Outgoing, client: Client) -> Question:
    """Return the question for a request; a few small reads give names and numbers.

    Raises `UnshowableError` for a request that holds what cannot be shown, and what those reads raise when the record
    does not exist: then there is nothing to ask about.
    """
    text = await _text(outgoing, operation_of(outgoing), client)
    request = [text, outgoing.method, outgoing.path, outgoing.query, outgoing.body]
    # Escaped, so that half a surrogate pair is no fault.
    return Question(text, hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest())


async def _text(outgoing: Outgoing, operation: Operation, client: Client) -> str:
    if not is_in_contract(outgoing, operation) or "customObject" in operation.kind:
        where = f"{outgoing.method} {quoted_whole(outgoing.path, 'the path')}"
        return f"Send {where}, which this server knows nothing of{told_whole(outgoing)}?"
    members = members_of(outgoing, operation)
    if outgoing.method == "DELETE" and operation.record_id is not None:
        return await _about_delete(operation.type, operation.record_id, client)
    if operation.type == "complianceRequest" and operation.kind == "create":
        return _about_erasure(members)
    if operation.type == "batch" and operation.record_id is None:
        return _about_bulk(outgoing, operation, members)
    if operation.type == "import" and operation.record_id is None:
        return _about_import(operation, members)
    if sends_mail(outgoing, operation):
        return await _about_mail(operation, members, client)
    return await _about_write(operation, members, client)


async def _about_delete(kind: str, number: int, client: Client) -> str:
    what = await _named(kind, number, client)
    return f"Delete {what} for good?{await _hanging(kind, number, client)} This cannot be undone."


def _about_erasure(members: tuple[Member, ...]) -> str:
    given = {member.name: member.value for member in members}
    if not given.get("request_object_email"):
        return f"Create a new data-erasure request{told(members)}? This cannot be undone."
    address = quoted_whole(given.pop("request_object_email"), "'request_object_email'")
    usual = {"request_type": ("Delete",), "object_type": ("Prospect", "Recipient"), "requester_email": None}
    unusual = [each for each in members if each.name in given and not _is_usual(usual, each)]
    return f"Erase all data of {address} in Outreach for good{told(unusual)}? This cannot be undone."


def _is_usual(usual: Mapping[str, tuple[str, ...] | None], member: Member) -> bool:
    known = usual.get(member.name, ())
    return known is None or member.value in known


def _about_bulk(outgoing: Outgoing, operation: Operation, members: tuple[Member, ...]) -> str:
    action = operation.kind.removeprefix("action:")
    ids = bulk_ids(outgoing)
    records = f"{len(ids)} {'record' if len(ids) == 1 else 'records'}"
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    which = f'(ids "[{", ".join(ids[:_MOST_IDS])}]"{more})'
    costs = f" E-mails may go to {len(ids)} people." if action == "prospectsAddToSequence" else ""
    return f"Run the bulk action {action} on {records} {which}{told(members)}?{costs} It cannot be undone as a whole."


def _about_import(operation: Operation, members: tuple[Member, ...]) -> str:
    records = next((member.value for member in members if member.name == "records"), None)
    others = [member for member in members if member.name != "records"]
    action = operation.kind.removeprefix("action:")
    if records is None:
        return f"Run {action}{told(others)}? It cannot be undone as a whole."
    if not is_array(records):
        raise UnshowableError(f"Refused: {action} needs 'records' as a list. Nothing was sent.")
    shown = "; ".join(_record(each) for each in records[:_MOST_RECORDS])
    more = f"; and {len(records) - _MOST_RECORDS} more" if len(records) > _MOST_RECORDS else ""
    count = f"{len(records)} {'record' if len(records) == 1 else 'records'}"
    return f"Run {action} with {count}{told(others)}: {shown}{more}? It cannot be undone as a whole."


def _record(record: object) -> str:
    found = sorted(members_text(record), key=lambda each: rank_of(each[0].rpartition(".")[2]))
    return ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in found[:_MOST_RECORDS]) + (
        f" and {len(found) - _MOST_RECORDS} more" if len(found) > _MOST_RECORDS else ""
    )


async def _about_mail(operation: Operation, members: tuple[Member, ...], client: Client) -> str:
    own = operation.record_id
    given = {member.name: member.value for member in members}
    mail = {**(await _mail_of(operation.type, own, client) if own else {}), **given}
    receiver, mailbox = _linked(mail, "prospect"), _linked(mail, "mailbox")
    to = f" to {await _named('prospect', receiver, client)}" if receiver else ""
    sender = f" from {await _named('mailbox', mailbox, client)}" if mailbox else ""
    subject, html, when = mail.get("subject"), mail.get("bodyHtml"), given.get("scheduledAt")
    known_subject = quoted_whole(subject, "'subject'") if "subject" in given else quoted(subject, _TEXT)
    about = f" with the subject {known_subject}" if subject else ""
    text = f" {'and' if about else 'with'} the text {_mail_text(html)}" if html else ""
    if operation.type == "task":
        return (
            f"Send the e-mail of the task {own}{to}{sender}{about}{text} now{told(members)}? It cannot be called back."
        )
    time = f", scheduled for {quoted(when)}" if when else ""
    spoken_of = ("prospect", "mailbox", "subject", "bodyHtml", "scheduledAt", "state")
    others = told(member for member in members if member.name not in spoken_of)
    which = f" {own}" if own else ""
    return f"Send an e-mail{which}{to}{sender}{about}{text}{time}{others}? Once it is out it cannot be called back."


def _mail_text(html: object) -> str:
    if not isinstance(html, str):
        return quoted(html)
    text = html_to_text(html[:_HTML])
    more = "" if len(html) <= _HTML else f" ({len(html):,} characters of HTML)"
    return f"{quoted(text, _TEXT)}{more}"


async def _mail_of(kind: str, number: int, client: Client) -> JsonObject:
    """Return what Outreach holds of a mail that is to be sent: what it says, and to whom and from where it goes."""
    body = await _read(client, f"/{resource_type(kind).path}/{number}", ())
    found = {name: member(value, "data") for name, value in object_at(body, "data", "relationships").items()}
    if kind == "mailing":
        return {**object_at(body, "data", "attributes"), **found}
    if (mailing := _linked(found, "mailing")) is not None:
        return await _mail_of("mailing", mailing, client)
    # A task tells its prospect by what it is about.
    about = found.get("prospect") or found.get("subject")
    return {"prospect": about} if member(about, "type") == "prospect" else {}


async def _about_write(operation: Operation, members: tuple[Member, ...], client: Client) -> str:
    named = await _with_names(members, client)
    if operation.record_id is None:
        if operation.kind.startswith("action:"):
            return f"Run {operation.kind.removeprefix('action:')} on the {_kind(operation.type)}s{told(named)}?"
        costs = " The sequence may send them e-mails." if operation.type == "sequenceState" else ""
        return f"Create a new {_kind(operation.type)}{told(named)}?{costs}"
    what = await _named(operation.type, operation.record_id, client)
    if operation.kind.startswith("action:"):
        return f"Run {operation.kind.removeprefix('action:')} on {what}{told(named)}?"
    return f"Change {what}{told(named)}?"


async def _with_names(members: tuple[Member, ...], client: Client) -> list[Member]:
    """Return members in which the first links to people and the like are told by their names."""
    left = _MOST_NAMED
    told_by_name: list[Member] = []
    for each in members:
        number = _linked({each.name: each.value}, each.name)
        kind = member(each.value, "type")
        if number and kind in _BY_NAME and left:
            left -= 1
            found = await _named(kind, number, client)
            told_by_name.append(replace(each, named=found.removeprefix(f"the {each.name} ")))
        else:
            told_by_name.append(each)
    return told_by_name


def _linked(given: Mapping[str, Any], name: str) -> int | None:
    """Return the id of the one record that a relationship links, None where there is none."""
    number = member(given.get(name), "id")
    return int(number) if isinstance(number, int) or (isinstance(number, str) and number.isdecimal()) else None


async def _named(kind: str, number: int, client: Client) -> str:
    """Return a record as a person knows it: `the prospect "Ann Lee" (id 7)`."""
    label = label_of(kind)
    resource = resource_type(kind)
    name: object = None
    if "get" in resource.operations and label:
        body = await _read(client, f"/{resource.path}/{number}", ((f"fields[{kind}]", label),))
        name = member(body, "data", "attributes", label)
    elif "get" in resource.operations:
        await _read(client, f"/{resource.path}/{number}", ((f"fields[{kind}]", ""),))
    return f"the {_kind(kind)} {quoted(name)} (id {number})" if name else f"the {_kind(kind)} {number}"


async def _read(client: Client, target: str, query: Query) -> Any:
    """Return what a read of the question's own brings, None where it is not allowed."""
    try:
        return (await client.send(Request("GET", target, query))).body
    except (MissingScope, ToolError):
        return None


async def _hanging(kind: str, number: int, client: Client) -> str:
    if kind not in _HANGING:
        return ""
    target, query, one, several = _HANGING[kind]
    counted = (*query, (f"filter[{kind}][id]", str(number)), ("count", "true"), ("page[size]", "1"))
    count = member(await _read(client, target, counted), "meta", "count")
    if not isinstance(count, int) or not count:
        return ""
    return f" It has {count} {one if count == 1 else several}."


def _kind(kind: str) -> str:
    return _NAMES.get(kind, kind)
