"""The question to a person before a mail goes out: who receives it, where its links lead, and what it says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach_mcp.api.operation import Operation
from outreach_mcp.guard.disclosure import Member, told
from outreach_mcp.guard.named_records import linked_id, named, number_of, read
from outreach_mcp.guard.shown_values import LONG, UnshowableError, quoted, quoted_whole, unseen_in
from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, JsonObject
from outreach_tools.engine.html_links import targets_of
from outreach_tools.engine.html_text import MOST_HTML, html_to_text, unescaped
from outreach_tools.engine.mail_variables import variables_of
from outreach_tools.json_values import array_at, is_array, member, object_at

_TEXT = 200
"""Characters that are shown of a text that goes out some day, and of a subject."""

_MAIL = 1_500
"""Characters that are shown of a mail that goes out now; one of a sales desk has half of them."""

_HTML_EACH = 20
"""Characters of HTML that are looked at for each character that is shown."""

_MOST_RECEIVERS = 20
_MOST_HOSTS = 8
_MOST_VARIABLES = 8
_WRITTEN = ("subject", "bodyHtml")
_LINKS = ("prospect", "recipients", "mailbox", "template")
_COPIES: Mapping[str, str] = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc"}


@dataclass(frozen=True, slots=True)
class MailQuestion:
    """The question about a mail: its text, and all that Outreach holds of what would go out.

    Of a long mail a person is shown the beginning, and it is the whole of it that they agree to.
    """

    text: str
    held: JsonObject


async def about_mail(operation: Operation, members: tuple[Member, ...], client: Client) -> MailQuestion:
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
    says += [f"the text {mail_text(html, _MAIL)}"] if html else []
    about = f" with {_and(says)}" if says else ""
    template = await _template_of(mail, client)
    by = _by_template(mail, template)
    where = f"{await _receivers(mail, client)}{await _sender(mail, client)}{about}{by}"
    parts = [mail.get(name) or (template or {}).get(name) for name in _WRITTEN]
    variables = _left(variables_of(*parts))
    held: JsonObject = {name: mail.get(name) for name in (*_WRITTEN, *_LINKS)} | {"template's": template}
    if operation.type == "task":
        text = f"Send the e-mail of the task {own}{where} now{told(members)}?{variables} It cannot be called back."
        return MailQuestion(text, held)
    time = f", scheduled for {quoted(when)}" if when else ""
    spoken_of = ("prospect", "recipients", "mailbox", "template", "subject", "bodyHtml", "scheduledAt", "state")
    others = told(member for member in members if member.name not in spoken_of)
    which = f" {own}" if own else ""
    text = f"Send an e-mail{which}{where}{time}{others}?{variables} Once it is out it cannot be called back."
    return MailQuestion(text, held)


def _left(variables: Sequence[str]) -> str:
    """Return what Outreach fills in when the mail goes out, which nobody can be shown."""
    if not variables:
        return ""
    shown = ", ".join(quoted(f"{{{{{name}}}}}") for name in variables[:_MOST_VARIABLES])
    more = f" and {len(variables) - _MOST_VARIABLES} more" if len(variables) > _MOST_VARIABLES else ""
    return f" Outreach fills in {shown}{more} when it goes out."


def html_told(html: object) -> str:
    """Return HTML in words: where its links lead, and how it begins."""
    links = _links(html)
    return f"{mail_text(html)}{f' with {links}' if links else ''}"


def mail_text(html: object, most: int = _TEXT) -> str:
    """Return the beginning of a mail's text, of so many characters."""
    if not isinstance(html, str):
        return quoted(html)
    looked_at = most * _HTML_EACH
    text = html_to_text(html[:looked_at])
    more = "" if len(html) <= looked_at else f" ({len(html):,} characters of HTML)"
    return f"{quoted(text, most)}{unseen_in(unescaped(html[:MOST_HTML]))}{more}"


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


async def _template_of(mail: Mapping[str, Any], client: Client) -> JsonObject | None:
    """Return what goes out of the template that a mail is made from, None where there is none."""
    number = linked_id(mail, "template")
    if number is None:
        return None
    found = object_at(await read(client, f"/templates/{number}"), "data", "attributes")
    return {name: found.get(name) for name in ("name", *_WRITTEN, *_COPIES)}


def _by_template(mail: Mapping[str, Any], found: JsonObject | None) -> str:
    """Return the template of a mail: what it says where the mail does not, and who gets copies by it."""
    if found is None:
        return ""
    number, name = linked_id(mail, "template"), found.get("name")
    which = f"the template {quoted(name)} (id {number})" if name else f"the template {number}"
    says: list[str] = []
    for part, way in _COPIES.items():
        if given := found.get(part):
            says.append(f"copies ({way}) to {quoted(given, LONG)}")
    if not mail.get("bodyHtml") and (html := found.get("bodyHtml")):
        links = _links(html)
        says += [links] if links else []
        says += [f"the subject {quoted(found['subject'], _TEXT)}"] if found.get("subject") else []
        says.append(f"the text {mail_text(html, _MAIL)}")
    return f", by {which}{f' with {_and(says)}' if says else ''}"


def _and(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
