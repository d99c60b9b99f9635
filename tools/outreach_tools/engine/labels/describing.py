"""The fields of a type in few words, for whoever has to know what it may ask for: those with labels come first."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from outreach_tools.catalog import Attribute, Relationship, ResourceType
from outreach_tools.engine.answers import cost
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.labels.checking import takes
from outreach_tools.engine.labels.fields import CustomField, is_key
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.literal import fold
from outreach_tools.engine.naming.spelling import plain

COLUMNS = ("field", "kind", "can")
"""Columns of the answer for each field: its name, its kind, and whether it can be written, filtered or sorted by."""

_OPTIONS = (12, 25, 50, 100, 200)
"""Options that are told of a field, from what is told of each to what is told of one alone."""

_ROOM = 400  # tokens of those
_WORD = re.compile(r"[^\W_]+")
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FORMATS = {"date-time": "date-time", "date": "date", "email": "e-mail", "uuid": "UUID"}


@dataclass(frozen=True, slots=True)
class Described:
    """One field: its name, what it holds, and what can be done with it; `other` finds it as well.

    `whole` is what it holds with as many options as there is room for where it is told of alone.
    """

    name: str
    kind: str
    can: tuple[str, ...]
    other: str = ""
    whole: str = ""

    @property
    def row(self) -> list[str]:
        """The field as a row of an answer."""
        return [self.name, self.kind, " ".join(self.can)]

    def has(self, words: tuple[str, ...]) -> bool:
        """Tell whether all of some words stand in what is told of the field, at least as beginnings."""
        return all(
            any(own.startswith(word) for own in _words(f"{self.name} {self.kind} {self.other}")) for word in words
        )


Declared: TypeAlias = Mapping[str, Resource]
"""Each type that tools work on, with what is special about it."""


def described(resource: ResourceType, labels: Labels, declared: Resource | None) -> tuple[Described, ...]:
    """Return every field of a type: custom fields with a label, what can be written, the rest, others without label."""
    writable = bool({"create", "update"} & resource.operations)
    custom = [each for key, each in labels.fields.by_key.items() if key in resource.attributes]
    own = [each for name, each in resource.attributes.items() if not is_key(name)]
    others = [each for name, each in resource.attributes.items() if is_key(name) and name not in labels.fields.by_key]
    found = [
        *(_custom(each, resource.attributes[each.key], writable=writable) for each in custom),
        *(_attribute(each, declared, writable=writable) for each in own),
        *(_relationship(each, writable=writable) for each in resource.relationships.values()),
        *(
            Described(name, "words to search for" if name == "q" else "a filter", ("filter",))
            for name in resource.filters
        ),
    ]
    # The order is kept among those that can be written, and among the rest.
    ordered = sorted(found[len(custom) :], key=lambda each: "write" not in each.can)
    return (*found[: len(custom)], *ordered, *_without_label(others, writable=writable))


def matching(fields: tuple[Described, ...], query: str) -> tuple[Described, ...]:
    """Return the fields in whose name, label, kind or options all words of a query stand; one alone with more options.

    Of fields that are called just so, the others are left out.
    """
    words = tuple(_WORD.findall(fold(query)))
    found = tuple(each for each in fields if each.has(words))
    called = tuple(each for each in found if query and plain(each.name) == plain(query))
    found = called or found
    return (replace(found[0], kind=found[0].whole or found[0].kind),) if len(found) == 1 else found


def _custom(field: CustomField, attribute: Attribute, *, writable: bool) -> Described:
    required = ", required" if field.required else ""
    key = "" if field.shown.endswith(f"({field.key})") else f"{field.key}, "
    can, other = _can(attribute, writable=writable), " ".join((field.key, *field.options))
    forms = [f"{key}{takes(field, most).removeprefix('a ')}{required}" for most in _OPTIONS]
    longer = tuple(form for form in forms[1:] if cost(form) <= _ROOM)
    return Described(field.shown, forms[0], can, other, longer[-1] if longer else forms[0])


def _attribute(attribute: Attribute, declared: Resource | None, *, writable: bool) -> Described:
    known = declared.values.get(attribute.name, ()) if declared else ()
    if known:
        kind = f"one of {', '.join(known)}"
    elif attribute.type == "array":
        kind = f"array of {attribute.items or 'objects'}"
    else:
        kind = _FORMATS.get(attribute.format, "text" if attribute.type == "string" else attribute.type)
    return Described(attribute.name, kind, _can(attribute, writable=writable))


def _relationship(relationship: Relationship, *, writable: bool) -> Described:
    types = " or ".join(relationship.types)
    paths = [f"{relationship.name}.{name}" for name in relationship.filter_by]
    can = (*(("write",) if writable and not relationship.read_only else ()), *(("filter",) if paths else ()))
    kind = f"{'ids' if relationship.many else 'id'} of {types}{f'; filters {chr(32).join(paths)}' if paths else ''}"
    return Described(relationship.name, kind, can)


def _can(attribute: Attribute, *, writable: bool) -> tuple[str, ...]:
    return (
        *(("write",) if writable and not attribute.read_only else ()),
        *(("filter",) if attribute.filterable else ()),
        *(("sort",) if attribute.sortable else ()),
    )


def _without_label(others: list[Attribute], *, writable: bool) -> Iterator[Described]:
    if others:
        many = others[0].name if len(others) == 1 else f"{others[0].name} … {others[-1].name}"
        names = " ".join(each.name for each in others)
        yield Described(many, "text, custom fields without a label", _can(others[0], writable=writable), names)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(_INNER_CAPITAL.sub(" ", text)))) + tuple(_WORD.findall(fold(text)))
