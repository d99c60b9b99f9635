"""The records that a name may mean, as they are read from an answer of Outreach's."""

from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.included import Included, linkage_of
from outreach_tools.engine.naming.kinds import Naming
from outreach_tools.engine.naming.spelling import plain, written
from outreach_tools.json_values import is_array, member, object_at

_AT = " @ "


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record: its id, what people call it, what tells it from others of its name, and what is the matter with it.

    `names` and `within` (of the account that it belongs to) are in the form in which names are compared, and `written`
    are the names with the punctuation at their ends.
    """

    id: int
    label: str
    names: frozenset[str]
    within: frozenset[str] = frozenset()
    details: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    written: frozenset[str] = frozenset()

    def is_called(self, name: str) -> bool:
        """Return whether a name, or a name @ what it belongs to, is that of the record."""
        if plain(name) in self.names:
            return True
        return bool(self.within) and any(
            plain(own) in self.names and plain(within) in self.within for own, within in _parted(name)
        )

    def is_written(self, name: str) -> bool:
        """Return whether a name is that of the record to the punctuation at its ends."""
        return any(written(each) in self.written for each in (name, *own_names(name)))


def own_names(name: str) -> tuple[str, ...]:
    """Return what a name may be without what follows an @ among blanks, the shortest first; none without an @."""
    return tuple(own for own, _ in _parted(name))


def _parted(name: str) -> list[tuple[str, str]]:
    """Return each way to take a name for one @ another: either may have an @ of its own."""
    words = name.split(_AT)
    parts = ((_AT.join(words[:place]).strip(), _AT.join(words[place:]).strip()) for place in range(1, len(words)))
    return [(own, within) for own, within in parts if own and within]


def candidate(record: JsonObject, included: Included, naming: Naming) -> Candidate | None:
    """Return a record as a candidate, None for what has no id that Outreach gives."""
    number = record.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    names = [text for key in naming.keys for text in _texts(value_of(record, key))]
    related = {name: _related(record, included, name) for name in naming.relationships}
    within = [text for each in related.get(naming.within, ()) for text in each]
    held = object_at(record, "attributes")
    label = next(iter(names), "")
    details = [_detail(name, held.get(name)) for name in naming.details]
    details += [f"{name} {texts[0][0]}" for name, texts in related.items() if texts and texts[0]]
    return Candidate(
        id=number,
        label=label,
        names=frozenset(map(plain, names)),
        within=frozenset(map(plain, within)),
        details=tuple(each for each in details if each and each != label),
        marks=tuple(word for name, word in naming.marks if held.get(name)),
        written=frozenset(map(written, names)),
    )


def _texts(value: Any) -> list[str]:
    values = value if is_array(value) else [value]
    return [each for each in values if isinstance(each, str) and each.strip()]


def _related(record: JsonObject, included: Included, name: str) -> list[list[str]]:
    """Return what the record that a relationship leads to is called; nothing where it did not come along."""
    linkage = linkage_of(record, name)
    kind, number = member(linkage, "type"), member(linkage, "id")
    related = included.get((kind, number)) if isinstance(kind, str) and isinstance(number, int) else None
    if related is None:
        return []
    keys = dict.fromkeys((label_of(kind) or "name", *(("domain",) if kind == "account" else ())))
    return [[text for key in keys for text in _texts(value_of(related, key))]]


def _detail(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name in _DAYS:
        return f"{_DAYS[name]} {str(value)[:10]}"
    return str(value) if isinstance(value, str) else f"{name} {value}"


_DAYS = {"closeDate": "closes", "lastUsedAt": "used"}


def related_fields(kind: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the fieldset of each type of record that comes along with candidates of a type by some relationships."""
    relationships = resource_type(kind).relationships
    found: dict[str, str] = {}
    for name in names:
        for target in relationships[name].types:
            found[target] = "name,domain" if target == "account" else str(label_of(target))
    return found
