"""The custom fields of a type as `GET /types` tells of them: what people call each, and what it may hold."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from outreach_tools.catalog import ResourceType, resource_types
from outreach_tools.catalog.belonging import LABELLED
from outreach_tools.client import JsonObject
from outreach_tools.engine.brevity import brief
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import find, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.naming.spelling import core, plain
from outreach_tools.engine.text import clean, one_line
from outreach_tools.json_values import array_at, is_array, is_object, object_at

LONGEST_LABEL = 60
"""Characters of a label that are shown: with its key it is no longer than any other name of a member."""

_MOST_WAYS = 3  # labels that are named where several fields may be meant
_KEY = re.compile(r"custom[1-9]\d{0,2}")
_ENDS_IN_KEY = re.compile(r"\((custom[1-9]\d{0,2})\)\s*$")
# What answers and arguments call their own members; as a field none of them means anything else.
_OF_ANSWERS = frozenset({
    "attributes", "clear", "columns", "count", "deleted", "fields", "filters", "has_more", "more", "not_changed",
    "not_set", "note", "notice", "page_after", "relationships", "returned", "rows", "untrusted",
})  # fmt: skip
_OF_RECORDS = frozenset({"*", "id", "links", "q", "text_from", "url"})


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field: its `key` (`custom7`), its label, and its kind as Outreach names those (`multi_inclusion`).

    `options` are what a list offers, `currency` is that of an amount; `shown` is what answers call the field: its
    label, with the key where that alone could mean something else.
    """

    key: str
    label: str
    kind: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    currency: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class CustomFields:
    """The custom fields of one type."""

    by_key: Mapping[str, CustomField] = field(default_factory=dict[str, CustomField])
    _by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def shown(self, key: str) -> str:
        """Return what answers call a field; its key where it has no label."""
        known = self.by_key.get(key)
        return known.shown if known else key

    def called(self, key: str, width: int) -> str:
        """Return a name that means a field in at most so many characters: its key where what is shown is longer."""
        shown = self.shown(key)
        return shown if len(shown) <= width else key

    def label(self, key: str) -> str:
        """Return the label of a field, empty where it has none."""
        known = self.by_key.get(key)
        return one_line(clean(known.label).strip(), LONGEST_LABEL) if known else ""

    def key(self, name: str) -> str | None:
        """Return the key of the field that a label means, None where there is no such label.

        Raises `ArgumentError` where several fields have it.
        """
        found = self._by_name.get(plain(name), ())
        if len(found) > 1:
            raise ArgumentError(brief(lambda width: self._several(name, found, width)))
        return found[0] if found else None

    def _several(self, name: str, keys: tuple[str, ...], width: int) -> str:
        """Return the refusal of a label that several fields have; their keys mean them as well."""
        shown = [repr(self.called(key, width)) for key in keys[:_MOST_WAYS]]
        more = f" or {len(keys) - _MOST_WAYS} more" if len(keys) > _MOST_WAYS else ""
        ways = " or ".join(shown)
        return f"{shorten(name, width)} is the label of {len(keys)} fields: write {ways}{more}. Nothing was sent."


NONE = CustomFields()


def is_key(name: str) -> bool:
    """Say whether a name is the key of a custom field."""
    return _KEY.fullmatch(name) is not None


@cache
def has_labels(kind: str) -> bool:
    """Say whether records of a type may have custom fields with labels."""
    return kind in LABELLED and kind in resource_types()


def is_standard(resource: ResourceType, name: str) -> bool:
    """Say whether a name stands for something else than the label of a custom field of a type."""
    return (
        resolve_name(resource, name) is not None
        or relationship_of_id(resource, name) is not None
        or name.strip().casefold() in _OF_RECORDS
        or find(name, resource.filters) is not None
    )


def fields_in(document: JsonObject) -> Mapping[str, CustomFields]:
    """Return the custom fields by type out of an answer to `GET /types`; types that it leaves out are missing."""
    found: dict[str, CustomFields] = {}
    for entry in array_at(document, "data"):
        if not is_object(entry) or not isinstance(name := entry.get("type"), str):
            continue
        kind = f"{name[:1].lower()}{name[1:]}"
        if has_labels(kind) and is_object(entry.get("meta")):
            found[kind] = custom_fields(resource_types()[kind], _fields(object_at(entry, "meta", "validations")))
    return MappingProxyType(found)


def custom_fields(resource: ResourceType, fields: Iterable[CustomField]) -> CustomFields:
    """Return custom fields of a type, each with what it is shown as: a name that nothing else has."""
    given = {each.key: each for each in sorted(fields, key=lambda each: int(each.key.removeprefix("custom")))}
    names = {key: {plain(each.label), plain(_base(each))} for key, each in given.items()}
    shared = Counter(name for own in names.values() for name in own)
    with_key = {plain(_with_key(each)) for each in given.values()}
    by_key: dict[str, CustomField] = {}
    by_name: dict[str, tuple[str, ...]] = {}
    for key, each in given.items():
        taken = _is_taken(resource, each.label) or _is_taken(resource, core(each.label))
        doubtful = taken or any(shared[name] > 1 or name in with_key for name in names[key])
        by_key[key] = replace(each, shown=_with_key(each) if doubtful else _base(each))
        for name in names[key]:
            by_name[name] = (*by_name.get(name, ()), key)
    # The form with the key means that field, whatever another one's label is.
    by_name.update({plain(_with_key(each)): (key,) for key, each in given.items()})
    return CustomFields(MappingProxyType(by_key), MappingProxyType(by_name))


def _fields(validations: Mapping[str, Any]) -> Iterator[CustomField]:
    """Yield the fields that have a label, as far as their form is the documented one."""
    for key, rule in validations.items():
        if not is_key(key) or not is_object(rule):
            continue
        label, definition = rule.get("label"), rule.get("definition")
        if not isinstance(label, str) or not clean(label).strip():
            continue
        yield CustomField(
            key=key,
            label=label,
            kind=str(rule.get("type") or ""),
            required=rule.get("required") is True,
            options=tuple(each for each in definition if isinstance(each, str)) if is_array(definition) else (),
            currency=definition if isinstance(definition, str) and rule.get("type") == "currency" else "",
        )


def _base(each: CustomField) -> str:
    return one_line(clean(each.label).strip(), LONGEST_LABEL)


def _with_key(each: CustomField) -> str:
    return f"{_base(each)} ({each.key})"


def _is_taken(resource: ResourceType, label: str) -> bool:
    """Say whether a label would be read as something else: a field, its path, or another field's key."""
    first = label.partition(".")[0]
    path = first != label and (resolve_name(resource, first) or relationship_of_id(resource, first))
    if label.strip().casefold() in _OF_ANSWERS:
        return True
    return is_standard(resource, label) or bool(path) or is_key(label.casefold()) or bool(_ENDS_IN_KEY.search(label))
