"""Shows what a request holds, in the order in which a person has to know it; refuses what cannot be shown whole.

Names come from the catalogue. First come receivers and what leaves the organisation, all of it, then what makes
something happen, then the rest as far as there is room.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from outreach_mcp.api.batches import names_ids
from outreach_mcp.api.operation import Operation
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.grammar import takes_type_beside_data
from outreach_mcp.guard.shown_values import UnshowableError, hidden, members_text, quoted, quoted_whole
from outreach_tools.catalog import Action, Relationship, ResourceType, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.json_values import is_array, is_object

RECEIVES = 0
"""The rank of receivers, and of what leaves the organisation: never left out."""
ACTS = 1
"""The rank of what makes something happen."""
REST = 2

_ROOM = 200  # tokens for the rest: what is asked comes back to the model in a refusal
_ROOM_FOR_WHOLE = 4000  # characters of what is never left out
_MOST = 40  # members of a request that nothing is known of
_ROOM_FOR_UNKNOWN = 1500  # characters

# Words that the names of members are made of.
_RECEIVING = re.compile(
    "emails?|recipients?|to|from|cc|bcc|phones?|ur[li]|host|endpoint|webhooks?|domain|website|server|prospects?|pii|object"
)
_ACTING = re.compile(
    "state|status|active|enabled|locked|scheduled|send|shar(?:e|ing)|role|profile|resource|action|owner|mailbox"
    "|sequence|users?|account|archived|trashed|deleted|method|skip"
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_PARAMETER = re.compile(r"actionParams\[(\w+)\]")
_SHAPING = re.compile(r"include|fields\[\w+\]|newFilterSyntax")
_UUID = re.compile(r"[0-9A-Fa-f-]{36}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")

# The contract has these for reading alone; what creates one is spelled otherwise (common-patterns, "Create compliance
# requests").
_OF_A_CREATE: Mapping[str, tuple[str, ...]] = {
    "complianceRequest": ("request_object_email", "request_type", "object_type", "requester_email"),
}
_ANY_FIELD = frozenset({"attribute1", "attribute2", "attributeN"})
"""The contract's sign that a bulk action takes any attribute of its records."""


@dataclass(frozen=True, slots=True)
class Member:
    """One thing that a request sets: `name` in the contract's spelling, and how much it matters.

    `named` is how a person knows the record that it links, where that was found out, and `label` what the organisation
    calls it.
    """

    name: str
    value: Any
    rank: int
    named: str = ""
    label: str = ""

    def told(self) -> str:
        """Return it in words. Raises `UnshowableError` for what has to be shown whole and cannot."""
        name = f"{quoted(self.label)} ({self.name})" if self.label else self.name
        if hidden(self.name):
            return f"{name} = (not shown)"
        if self.named:
            return f"{name} = {self.named}"
        if self.rank != RECEIVES:
            return f"{name} = {quoted(self.value, exact=True)}"
        shown = quoted_whole(self.value, repr(self.name), exact=True)
        return f"{name} = {shown}{'' if shown.isascii() else ' (with letters other than a to z)'}"


def members_of(outgoing: Outgoing, operation: Operation) -> tuple[Member, ...]:
    """Return what a request of the contract sets, what matters most first; ids of a bulk action aside.

    Raises `UnshowableError` for what is not in the contract: nobody could say what it does.
    """
    resource = resource_types()[operation.type]
    action = resource.actions.get(operation.kind.removeprefix("action:"))
    asked = f"{outgoing.method} {outgoing.path}"
    data = _data_of(outgoing, operation, action, asked)
    found = [
        *_parameters(outgoing, action, asked),
        *_attributes(data.get("attributes"), resource, operation, action, asked),
        *_relationships(data.get("relationships"), resource, action, asked),
    ]
    return tuple(sorted(found, key=lambda member: member.rank))


def told(members: Iterable[Member]) -> str:
    """Return members in words, after a colon: all that matter, of the rest those there is room for, then a count.

    Raises `UnshowableError` when what matters does not fit.
    """
    shown: list[str] = []
    left_out = 0
    for member in members:
        text = member.told()
        if shown and member.rank == REST and (left_out or cost([*shown, text]) > _ROOM):
            left_out += 1
        else:
            shown.append(text)
    if sum(map(len, shown)) > _ROOM_FOR_WHOLE:
        raise UnshowableError(
            "Refused: this holds more than a person can be shown at once, and all of it matters. Nothing was sent. "
            "Send less at once."
        )
    more = f" and {left_out} more" if left_out else ""
    return f": {', '.join(shown)}{more}" if shown else ""


def told_whole(outgoing: Outgoing) -> str:
    """Return everything that a request outside the contract holds. Raises `UnshowableError` where that is too much."""
    found = [*outgoing.query, *(members_text(outgoing.body) if outgoing.body else ())]
    shown = [f"{quoted_whole(name, 'a name')} = {_shown_whole(name, value)}" for name, value in found]
    if len(shown) > _MOST or sum(map(len, shown)) > _ROOM_FOR_UNKNOWN:
        raise UnshowableError(
            f"Refused: {outgoing.method} {outgoing.path} is not known, and holds more than a person can be shown "
            f"({len(shown)} members). Nothing was sent. Send less at once, or use a tool."
        )
    return f": {', '.join(shown)}" if shown else ""


def _shown_whole(name: str, value: Any) -> str:
    return "(not shown)" if hidden(name) else quoted_whole(value, shorten(name), exact=True)


def rank_of(name: str) -> int:
    """Return the rank of a member, by the words that its name is made of."""
    return RECEIVES if _has(name, _RECEIVING) else ACTS if _has(name, _ACTING) else REST


def _has(name: str, words: re.Pattern[str]) -> bool:
    return any(words.fullmatch(word.casefold()) for word in _WORDS.findall(name))


def _data_of(outgoing: Outgoing, operation: Operation, action: Action | None, asked: str) -> JsonObject:
    """Return the body's `data`, an empty object for none, if it has the contract's form and agrees with the path."""
    body = outgoing.body
    if not body:
        return {}
    if outgoing.method == "DELETE":
        raise _refusal(asked, "a DELETE has no body")
    _only(body, ("data", "type") if takes_type_beside_data(action) else ("data",), "the body", asked)
    data = body.get("data", {})
    if not is_object(data):
        raise _refusal(asked, "'data' is not an object")
    _only(data, ("type", "id", "attributes", "relationships"), "'data'", asked)
    for kind in (data.get("type"), body.get("type")):
        if kind is not None and kind != operation.type:
            raise _refusal(asked, f"the body says type {shorten(kind)}, and the path leads to {operation.type!r}")
    own = operation.record_id
    given = data.get("id")
    is_own = given == str(own) or (isinstance(given, int) and not isinstance(given, bool) and given == own)
    if given is not None and not is_own:
        raise _refusal(asked, f"the body says id {shorten(given)}, and the path {'names none' if own is None else own}")
    return data


def _parameters(outgoing: Outgoing, action: Action | None, asked: str) -> list[Member]:
    known = () if action is None else (*action.required, *action.optional)
    found: list[Member] = []
    for name, value in outgoing.query:
        parameter = _PARAMETER.fullmatch(name)
        if parameter and parameter[1] in known:
            if any(member.name == parameter[1] for member in found):
                raise _refusal(asked, f"{name} is given twice")
            found.append(Member(parameter[1], value, min(ACTS, rank_of(parameter[1]))))
        elif not (_SHAPING.fullmatch(name) or (action and "filter" in action.optional and names_ids(name))):
            raise _refusal(asked, f"the contract has no parameter {shorten(name)} here{_known(known)}")
    return found


def _attributes(
    given: Any, resource: ResourceType, operation: Operation, action: Action | None, asked: str
) -> list[Member]:
    if given is None:
        return []
    if not is_object(given):
        raise _refusal(asked, "'data.attributes' is not an object")
    known = {*resource.attributes, *_OF_A_CREATE.get(resource.type, ())} if action is None else {*action.attributes}
    if known & _ANY_FIELD:
        records = "prospect" if operation.kind.startswith("action:prospects") else "account"
        known = known - _ANY_FIELD | {"fieldName", "fieldValue"} | {*resource_types()[records].attributes}
    _only(given, known, "'data.attributes'", asked)
    bulk = action is not None and resource.type == "batch"
    # Of what is done to many records nothing is left out.
    least = ACTS if bulk else REST
    return [Member(name, each, min(least, rank_of(name))) for name, each in given.items() if not bulk or name != "ids"]


def _relationships(given: Any, resource: ResourceType, action: Action | None, asked: str) -> list[Member]:
    if given is None:
        return []
    if not is_object(given):
        raise _refusal(asked, "'data.relationships' is not an object")
    _only(given, {*resource.relationships} if action is None else (), "'data.relationships'", asked)
    found: list[Member] = []
    for name, value in given.items():
        if not is_object(value) or [*value] != ["data"]:
            raise _refusal(asked, f"the relationship {name!r} is not an object with 'data' alone")
        linkage = value["data"]
        for each in linkage if is_array(linkage) else [] if linkage is None else [linkage]:
            _check_linkage(resource.relationships[name], each, asked)
        found.append(Member(name, linkage, rank_of(name)))
    return found


def _check_linkage(relationship: Relationship, linkage: Any, asked: str) -> None:
    where = f"the relationship {relationship.name!r}"
    if not is_object(linkage) or set(linkage) != {"type", "id"}:
        raise _refusal(asked, f"{where} links {shorten(linkage)}, and a link is an object with 'type' and 'id'")
    kind, number = linkage["type"], linkage["id"]
    if kind not in relationship.types:
        raise _refusal(asked, f"{where} links type {shorten(kind)}{_known(relationship.types)}")
    is_number = isinstance(number, int) and not isinstance(number, bool) and number > 0
    is_text = isinstance(number, str) and (_NUMBER.fullmatch(number) or _UUID.fullmatch(number))
    if not is_number and not is_text:
        raise _refusal(asked, f"{where} links the id {shorten(number)}, which is not an id")


def _only(given: JsonObject, known: Iterable[str], where: str, asked: str) -> None:
    names = frozenset(known)
    if unknown := [name for name in given if name not in names]:
        raise _refusal(asked, f"{where} holds {shorten(unknown[0])}, which the contract does not have there")


def _known(names: Iterable[str]) -> str:
    return f" (it has {listed(sorted(names))})" if names else ""


def _refusal(asked: str, reason: str) -> UnshowableError:
    return UnshowableError(
        f"Refused: {asked} needs a person's agreement, and a question could not say what it does: {reason}. Nothing "
        "was sent. Correct it, or leave that out."
    )
