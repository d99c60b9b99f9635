"""Writes a mail out before it is made: its template's text, with the variables of prospect and sender filled in.

So what a person is asked about is what goes out, to the last byte, whatever becomes of the template meanwhile: of a
mail the text that it is made with goes before that of its template (documented).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Request, Unread
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.mail_text import odd_in
from outreach_tools.engine.mail_variables import Filled, filled, variables_of
from outreach_tools.engine.matching import listed
from outreach_tools.engine.names import resolve_name
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import as_object, is_array, member, object_at

READ = ("template", "prospect", "account", "mailbox", "user")
"""The types of which a record is read for the text."""

_STAYING = (None, "drafted", "placeholder")
_SUBJECT, _BODY = "subject", "bodyHtml"


@dataclass(slots=True)
class _Records:
    """The records that variables are about, each read when the first one needs it; None for one that cannot be."""

    context: Context
    known: dict[str, JsonObject | None] = field(default_factory=dict[str, JsonObject | None])

    async def read(self, kind: str, number: object) -> JsonObject | None:
        """Return a record by its id."""
        if number is None:
            return None
        name = f"{kind} {number}"
        if name not in self.known:
            answer = await self.context.attempt(Request("GET", f"/{resource_type(kind).path}/{number}"))
            self.known[name] = None if isinstance(answer, Unread) else as_object(member(answer.body, "data"))
        return self.known[name]

    async def linked(self, record: JsonObject | None, name: str) -> JsonObject | None:
        """Return the record that one links."""
        link = None if record is None else member(record.get("relationships"), name, "data")
        return None if link is None else await self.read(str(member(link, "type")), member(link, "id"))


async def written_out(context: Context, given: JsonObject, links: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    """Return the attributes of a new mailing with its text written out, and notes on what could not be.

    Raises `ToolError` for one that is to go out and has variables without a value.
    """
    records = _Records(context)
    attributes, notes = dict(given), list[str]()
    template_id = member(links.get("template"), "data", "id")
    if template_id is not None and not (given.get(_SUBJECT) and given.get(_BODY)):
        template = await records.read("template", template_id)
        for name in (_SUBJECT, _BODY):
            if template is not None and not given.get(name) and (text := value_of(template, name)):
                attributes[name] = text
        if template is None:
            notes.append("the text is the template's as it is when it goes out: the template may not be read here")
    variables = variables_of(attributes.get(_SUBJECT), attributes.get(_BODY))
    if not variables:
        return attributes, tuple(notes)
    values = await _values(records, variables, links)
    came: list[Filled] = []
    for name in (_SUBJECT, _BODY):
        if isinstance(text := attributes.get(name), str):
            came.append(filled(text, values.get, html=name == _BODY))
            attributes[name] = came[-1].text
    empty = _named(each for one in came for each in one.empty)
    left = _named(each for one in came for each in one.left)
    if empty and given.get("state") not in _STAYING:
        raise ToolError(
            f"Not sent: {listed(empty)} of the text {'has' if len(empty) == 1 else 'have'} no value for this prospect. "
            "Nothing was made. Fill it in in Outreach, or give 'subject' and 'bodyHtml' without it."
        )
    if empty:
        notes.append(f"without a value: {', '.join(empty)}")
    if left:
        odd = {each.written: each.told for each in odd_in(*left)}
        notes.append(f"left for Outreach to fill in: {', '.join(odd.get(each, each) for each in left)}")
    return attributes, tuple(notes)


def _named(names: Iterable[str]) -> list[str]:
    return [f"{{{{{name}}}}}" for name in dict.fromkeys(names)]


async def _values(records: _Records, variables: list[str], links: JsonObject) -> Mapping[str, str]:
    """Return the values of variables that are known, empty for those that have none."""
    prospect = await records.read("prospect", member(links.get("prospect"), "data", "id"))
    values: dict[str, str] = {}
    for variable in variables:
        whose, _, name = variable.rpartition(".")
        record, kind = prospect, "prospect"
        if whose == "account":
            record, kind = await records.linked(prospect, "account"), "account"
        elif whose == "sender":
            mailbox = await records.read("mailbox", member(links.get("mailbox"), "data", "id"))
            record, kind = await records.linked(mailbox, "user"), "user"
        elif whose not in ("", "prospect"):
            continue
        if record is None:
            continue
        value = _value(record, kind, name)
        if value == "" and (kind, name) == ("prospect", "company"):
            value = _value(await records.linked(prospect, "account") or {}, "account", "name") or value
        if value is not None:
            values[variable] = value
    return values


def _value(record: JsonObject, kind: str, name: str) -> str | None:
    """Return an attribute as a text, the first of several; None for what is none or would not be written so."""
    resource = resource_type(kind)
    known = "emails" if (kind, name) == ("prospect", "email") else resolve_name(resource, name)
    attribute = resource.attributes.get(known or "")
    # What is not in the record at all is not told here, and Outreach may know it.
    if known is None or attribute is None or known not in object_at(record, "attributes"):
        return None
    if attribute.format in ("date", "date-time"):
        return None
    value = value_of(record, known)
    if is_array(value):
        value = value[0] if value else None
    if value is None:
        return ""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
