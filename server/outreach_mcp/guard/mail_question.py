"""The question to a person before a mail goes out: who receives it, where its links lead, and what it says."""

from collections.abc import Iterable, Mapping
from typing import Any

from outreach_mcp.api.operation import Operation
from outreach_mcp.guard.disclosure import Member, told
from outreach_mcp.guard.named_records import linked_id, named, number_of, read
from outreach_mcp.guard.shown_values import LONG, UnshowableError, quoted, quoted_whole, unseen_in
from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, JsonObject
from outreach_tools.engine.html_links import targets_of
from outreach_tools.engine.html_text import MOST_HTML, html_to_text, unescaped
from outreach_tools.json_values import array_at, is_array, member, object_at

_TEXT = 200
"""Characters of a mail's text that are shown."""

_HTML = 4000
"""Characters of HTML that are looked at for those."""

_MOST_RECEIVERS = 20
_MOST_HOSTS = 8
_COPIES: Mapping[str, str] = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc"}


async def about_mail(operation: Operation, members: tuple[Member, ...], client: Client) -> str:
    """Return the question about a request that sends a mail now."""
    own = operation.record_id
    given = {member.name: member.value for member in members}
    mail = {**(await _mail_of(operation.type, own, client) if own else {}), **given}
    if not linked_id(mail, "prospect") and (task := linked_id(mail, "task")):
        mail = {**await _mail_of("task", task, client), **mail}
    subject, when = mail.get("subject"), given.get("scheduledAt")
    known_subject = quoted_whole(subject, "'subject'") if "subject" in given else quoted(subject, _TEXT)
    html = mail.get("bodyHtml")
    links = _links(html)
    says = [links] if links else []
    says += [f"the subject {known_subject}"] if subject else []
    says += [f"the text {mail_text(html)}"] if html else []
    about = f" with {_and(says)}" if says else ""
    where = f"{await _receivers(mail, client)}{await _sender(mail, client)}{about}{await _template(mail, client)}"
    if operation.type == "task":
        return f"Send the e-mail of the task {own}{where} now{told(members)}? It cannot be called back."
    time = f", scheduled for {quoted(when)}" if when else ""
    spoken_of = ("prospect", "recipients", "mailbox", "template", "subject", "bodyHtml", "scheduledAt", "state")
    others = told(member for member in members if member.name not in spoken_of)
    which = f" {own}" if own else ""
    return f"Send an e-mail{which}{where}{time}{others}? Once it is out it cannot be called back."


def html_told(html: object) -> str:
    """Return HTML in words: where its links lead, and how it begins."""
    links = _links(html)
    return f"{mail_text(html)}{f' with {links}' if links else ''}"


def mail_text(html: object) -> str:
    """Return the beginning of a mail's text."""
    if not isinstance(html, str):
        return quoted(html)
    text = html_to_text(html[:_HTML])
    more = "" if len(html) <= _HTML else f" ({len(html):,} characters of HTML)"
    return f"{quoted(text, _TEXT)}{unseen_in(unescaped(html[:MOST_HTML]))}{more}"


def _links(html: object) -> str:
    """Return the hosts that the links, pictures and forms of a mail lead to, the first of them by name."""
    if not isinstance(html, str) or not (targets := targets_of(html)):
        return ""
    shown = ", ".join(_address(each) for each in targets[:_MOST_HOSTS])
    more = f" and {len(targets) - _MOST_HOSTS} more" if len(targets) > _MOST_HOSTS else ""
    unread = "" if len(html) <= MOST_HTML else ", and more that was not read"
    return f"links to {shown}{more}{unread}"


def _address(text: str) -> str:
    return f"{quoted(text, LONG)}{'' if text.isascii() else ' (with letters other than a to z)'}"


async def _mail_of(kind: str, number: int | str, client: Client) -> JsonObject:
    """Return what Outreach holds of a mail that is to be sent: what it says, and to whom and from where it goes."""
    body = await read(client, f"/{resource_type(kind).path}/{number}")
    found = {name: member(value, "data") for name, value in object_at(body, "data", "relationships").items()}
    if kind == "mailing":
        return {**object_at(body, "data", "attributes"), **found}
    if (mailing := linked_id(found, "mailing")) is not None:
        return await _mail_of("mailing", mailing, client)
    # A task tells its prospect by what it is about.
    about = found.get("prospect") or found.get("subject")
    return {"prospect": about} if member(about, "type") == "prospect" else {}


async def _receivers(mail: Mapping[str, Any], client: Client) -> str:
    """Return the receivers of a mail: the addresses that it names, and whose mail it is."""
    linkage = mail.get("recipients")
    links = linkage if is_array(linkage) else [linkage] if linkage else []
    numbers = [number for each in links if (number := number_of(member(each, "id"))) is not None]
    prospect = linked_id(mail, "prospect")
    whose = await named("prospect", prospect, client) if prospect else ""
    if not numbers:
        return f" to {whose}" if whose else " to nobody whom it names"
    if len(numbers) > _MOST_RECEIVERS:
        raise UnshowableError(
            f"Refused: the mail has {len(numbers)} recipients, and a person has to see each before it is sent "
            f"({_MOST_RECEIVERS} at most). Nothing was sent. Send fewer at once."
        )
    shown = await _addresses(numbers, client)
    return f" to {shown}{f' for {whose}' if whose else ''}"


async def _addresses(numbers: list[int], client: Client) -> str:
    """Return recipients by their addresses, by one read; by their ids where those cannot be read."""
    asked = (("filter[id]", ",".join(map(str, numbers))), ("page[size]", str(_MOST_RECEIVERS)))
    rows = array_at(await read(client, "/recipients", asked), "data")
    known = {number_of(member(row, "id")): object_at(row, "attributes") for row in rows}
    return ", ".join(_recipient(number, known.get(number, {})) for number in numbers)


def _recipient(number: int, attributes: JsonObject) -> str:
    if not (value := attributes.get("value")):
        return f"the recipient {number}"
    kind = attributes.get("recipientType")
    way = f"{quoted(kind)}, " if kind and kind != "to" else ""
    return f"{_address(str(value))} ({way}recipient {number})"


async def _sender(mail: Mapping[str, Any], client: Client) -> str:
    mailbox = linked_id(mail, "mailbox")
    return f" from {await named('mailbox', mailbox, client)}" if mailbox else ""


async def _template(mail: Mapping[str, Any], client: Client) -> str:
    """Return the template that a mail is made from: what it says where the mail does not, and who gets copies by it."""
    number = linked_id(mail, "template")
    if number is None:
        return ""
    found = object_at(await read(client, f"/templates/{number}"), "data", "attributes")
    name = found.get("name")
    which = f"the template {quoted(name)} (id {number})" if name else f"the template {number}"
    says: list[str] = []
    for part, way in _COPIES.items():
        if given := found.get(part):
            says.append(f"copies ({way}) to {quoted(given, LONG)}")
    if not mail.get("bodyHtml") and (html := found.get("bodyHtml")):
        links = _links(html)
        says += [links] if links else []
        says += [f"the subject {quoted(found['subject'], _TEXT)}"] if found.get("subject") else []
        says.append(f"the text {mail_text(html)}")
    return f", by {which}{f' with {_and(says)}' if says else ''}"


def _and(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
