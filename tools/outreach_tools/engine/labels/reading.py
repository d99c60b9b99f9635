"""The labels that one call of a tool takes and shows; they are read where a custom field is involved, and nowhere else.

`GET /types` tells of those of all types. Where that cannot be read, custom fields go by their keys.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog import Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject, Unread
from outreach_tools.engine.brevity import brief
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import is_given
from outreach_tools.engine.labels.fields import NONE, CustomField, CustomFields, has_labels, is_key, is_standard
from outreach_tools.engine.labels.source import read_fields
from outreach_tools.engine.matching import closest, find, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.naming.spelling import LONGEST
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import is_array

UNREADABLE = "the labels of custom fields cannot be read (GET /types): they go by custom1, custom2, …"
"""The words for labels that may not be read, said once."""

UNREADABLE_NOW = (
    "the labels of custom fields could not be read just now, so they go by custom1, custom2, …, and values are not "
    "checked: GET /types"
)
"""The words for labels that Outreach does not tell by a fault that passes, said each time."""

_NOTHING: Mapping[str, CustomFields] = {}


@dataclass(slots=True)
class Labels:
    """The labels of a type's custom fields, and of those of related records, for one call of a tool."""

    context: Context
    resource: ResourceType
    notes: tuple[str, ...] = ()
    _types: Mapping[str, CustomFields] | None = None
    _unread: Unread | None = None
    _read_before: bool = False

    @property
    def fields(self) -> CustomFields:
        """The custom fields of the type, as far as they were read."""
        return (self._types or _NOTHING).get(self.resource.type, NONE)

    @property
    def are_readable(self) -> bool:
        """Whether those of the type were read and could be."""
        return self.resource.type in (self._types or _NOTHING)

    async def load(self, *, anew: bool = False) -> None:
        """Read the labels, unless that was done within minutes; `anew` whenever that was before this call."""
        if self._types is None or (anew and self._read_before):
            held = await read_fields(self.context.kept, self.context.attempt, self.resource.type, anew=anew)
            self._types, self._unread, self._read_before = held.value.types, held.value.unread, held.before
            if not held.before and has_labels(self.resource.type) and not self.are_readable:
                self.notes = (*self.notes, self._why_unread())

    async def refresh(self) -> bool:
        """Read the labels anew if they were read before this call, once; tell whether that was done, and could be."""
        if not self._read_before:
            return False
        types, unread = self._types, self._unread
        await self.load(anew=True)
        if self._unread is not None and self._unread.passing:  # then what is known is the best there is
            self._types, self._unread = types, unread
            return False
        return True

    async def keys(self, names: Iterable[str], own: Iterable[str] = (), *, writing: bool = False) -> dict[str, str]:
        """Return the name that Outreach knows for each of some: the key for a label, any other name as it is.

        `own` are names of the tool's own arguments, one of which may have been meant. Labels for `writing` are read in
        this very call, since a label may have gone over to another field. Raises `ArgumentError` for a label of several
        fields, and for a name that is like a label.
        """
        given = list(dict.fromkeys(names))
        involved = list(filter(self._is_involved, given))
        if not involved:
            return {name: name for name in given}
        await self.load(anew=writing and not all(is_key(self._spelled(name)) for name in involved))
        found = {name: self._key(name) for name in given}
        if any(key is None for key in found.values()) and await self.refresh():
            found = {name: self._key(name) for name in given}
        for name in (name for name, key in found.items() if key is None):
            self._refuse_like(name, own)
        return {name: key or name for name, key in found.items()}

    async def load_for(self, names: Iterable[str]) -> None:
        """Read the labels where one of some names in an answer is the key of a custom field that may have one."""
        if any(self._holder(name) is not None for name in names):
            await self.load()

    def shown(self, name: str) -> str:
        """Return what an answer calls a field: its label for the key of a custom field, any other as it is."""
        if not self._types:
            return name
        holder = self._holder(name)
        path, dot, key = name.rpartition(".")
        return f"{path}{dot}{self._types.get(holder, NONE).shown(key)}" if holder else name

    def knows(self, name: str) -> bool:
        """Return whether a name is a label, or the path to one (`account.Region`), of those that were read.

        Raises `ArgumentError` for a label of several fields.
        """
        if len(name) > LONGEST:
            return False
        relationship, inner = self._path(name)
        kinds = relationship.types if relationship and inner else ()
        types = self._types or _NOTHING
        return bool(self.fields.key(name)) or any(types.get(kind, NONE).key(inner) for kind in kinds)

    def field(self, name: str) -> CustomField | None:
        """Return the custom field that a name of Outreach's is the key of, as far as the labels were read."""
        types = self._types or _NOTHING
        return types.get(self._holder(name) or "", NONE).by_key.get(name.rpartition(".")[2])

    def renamed(self, answer: JsonObject) -> JsonObject:
        """Return a record's answer with labels for the keys of its custom fields."""
        return {self.shown(name): value for name, value in answer.items()} if self._types else answer

    def names(self) -> tuple[str, ...]:
        """Return what answers call the custom fields of the type."""
        return tuple(each.shown for each in self.fields.by_key.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what to say where labels that there may be were not told, in an answer that is about them."""
        return (self._why_unread(),) if has_labels(self.resource.type) and not self.are_readable else ()

    def _why_unread(self) -> str:
        fault = self._unread
        return f"{UNREADABLE_NOW} ({fault.reason})" if fault is not None and fault.passing else UNREADABLE

    def _is_involved(self, name: str) -> bool:
        """Say whether a name that was given is, or may be, that of a custom field with a label."""
        relationship, inner = self._path(name)
        is_open = relationship is not None and _is_open(relationship, inner)
        if is_open and relationship is not None and any(map(has_labels, relationship.types)):
            return True
        known = is_standard(self.resource, name) or (relationship is not None and not is_open)
        return has_labels(self.resource.type) and (not known or is_key(self._spelled(name)))

    def _spelled(self, name: str) -> str:
        """Return the key of a custom field in Outreach's spelling, any other name as it is."""
        known = resolve_name(self.resource, name) or name
        return known if is_key(known) else name

    def _key(self, name: str) -> str | None:
        """Return the name of a field as Outreach knows it, None where there is none."""
        spelled = self._spelled(name)
        if is_key(spelled) and name.strip().casefold() != spelled:  # "Custom 5" may be what another field is called
            self._refuse_label_like_key(name, spelled)
        if is_standard(self.resource, name):
            return spelled
        if len(name) <= LONGEST and (key := self.fields.key(name)):
            return key
        relationship, inner = self._path(name)
        if relationship is None or not inner:
            return None
        if _is_open(relationship, inner) and not is_key(inner):
            for kind in relationship.types:
                if key := (self._types or _NOTHING).get(kind, NONE).key(inner):
                    return f"{relationship.name}.{key}"
        return name

    def _refuse_label_like_key(self, name: str, key: str) -> None:
        """Raise for the key of a field in such a spelling that it is the label of another."""
        other = self.fields.key(name) if len(name) <= LONGEST else None
        if other is not None and other != key:
            raise ArgumentError(
                brief(
                    lambda width: (
                        f"{shorten(name, width)} is the label of a field, and like the key of another: write "
                        f"{self.fields.called(other, width)!r} or {key!r}. Nothing was sent."
                    )
                )
            )

    def _path(self, name: str) -> tuple[Relationship | None, str]:
        """Return the relationship and the rest of a path like `account.Region`."""
        first, _, inner = name.partition(".")
        known = resolve_name(self.resource, first) if inner else None
        return self.resource.relationships.get(known or "") or (
            relationship_of_id(self.resource, first) if inner else None
        ), inner

    def _holder(self, name: str) -> str | None:
        """Return the type whose custom field a name of Outreach's is the key of, None for any other name."""
        first, dot, key = name.rpartition(".")
        if not is_key(key):
            return None
        if not dot:
            return self.resource.type if has_labels(self.resource.type) else None
        relationship = self.resource.relationships.get(first)
        return next(filter(has_labels, relationship.types), None) if relationship else None

    def _refuse_like(self, name: str, own: Iterable[str]) -> None:
        """Raise for a name that is like no other more than like a label, or may be one that cannot be read."""
        if len(name) > LONGEST:
            return
        known = [*self.resource.attributes, *self.resource.relationships, *self.resource.filters, *own]
        labels = {each.shown: each.key for each in self.fields.by_key.values()}
        kind = self.resource.type
        if (like := closest(name, [*known, *labels])) in labels:
            key = labels[str(like)]
            raise ArgumentError(
                brief(
                    lambda width: (
                        f"{kind} has no field {shorten(name, width)}, did you mean {self.fields.called(key, width)!r}? "
                        "Nothing was sent."
                    )
                )
            )
        may_be_label = self._unread is not None and self._unread.passing
        if not self.are_readable and (may_be_label or not nearest(name, known)):
            why = self._why_unread()
            raise ArgumentError(
                brief(lambda width: f"{kind} has no field {shorten(name, width)}; {why}. Nothing was sent.")
            )


def _is_open(relationship: Relationship, inner: str) -> bool:
    """Say whether what follows a relationship in a path may be a custom field of the related records."""
    return (
        bool(inner)
        and inner != "id"
        and (
            is_key(inner)
            or all(
                find(inner, resource_type(kind).attributes) is None
                for kind in relationship.types
                if kind in resource_types()
            )
        )
    )


def keyed(given: JsonObject, keys: Mapping[str, str]) -> JsonObject:
    """Return an object's members under Outreach's names; of two names of one field the one with a value counts."""
    found: JsonObject = {}
    for name, value in given.items():
        key = keys.get(name, name)
        if key not in found or is_given(value):
            found[key] = value
    return found


def keyed_names(given: Any, keys: Mapping[str, str]) -> Any:
    """Return a list of names with Outreach's for those of custom fields; anything else as it is."""
    return [keys.get(each, each) if isinstance(each, str) else each for each in given] if is_array(given) else given
