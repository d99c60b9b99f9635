"""The columns of an answer: how to ask Outreach for the wanted parts of a record, and how to read them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import cache
from typing import Any, TypeAlias

from outreach_tools.catalog import Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.brevity import brief
from outreach_tools.engine.display import Display, Form, as_it_is, display_of, on_one_line
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.included import Included, Read, linkage_of, related_id, related_value
from outreach_tools.engine.matching import few, find, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.rates import Rate, rate_named, shown
from outreach_tools.engine.related import ids_or_count
from outreach_tools.engine.text import CELL_LIMIT
from outreach_tools.json_values import is_array, member, object_at

_LABELS = ("name", "displayName", "email", "subject", "number", "value")

# Left out of a record that is asked for whole since 2026-10-01 (documented: deprecated-features).
_ONLY_BY_NAME = frozenset({("prospect", "contactHistogram")})


ReadCell: TypeAlias = Callable[[JsonObject, Included], Any]
"""Reads the value of a cell from a record and those that came along with it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and how to read its value from a record.

    `light` does the same for a value that is slight (see `bounding.is_slight`), at less cost; for any other it returns
    something that is not slight either. Without it a value has to be read with care.
    """

    name: str
    read: ReadCell
    light: ReadCell | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Columns, and what to ask for so that they can be filled.

    `fields` are the sparse fieldsets by type (none: everything); `include` the relationships whose records come along.
    `everything` says that every attribute with a value becomes a column. Times are shown in `zone`. `needed` says that
    rows cannot be told apart without the included records.
    """

    type: str
    columns: tuple[Column, ...]
    fields: Mapping[str, tuple[str, ...]]
    include: tuple[str, ...] = ()
    everything: bool = False
    zone: tzinfo = UTC
    needed: bool = False

    def query(self) -> Query:
        """Return the query parameters."""
        fields = tuple((f"fields[{name}]", ",".join(names)) for name, names in self.fields.items())
        return (*fields, ("include", ",".join(self.include))) if self.include else fields

    @property
    def leads_to_own_type(self) -> bool:
        """Whether a related record that comes along may be one of those that were asked for."""
        relationships = resource_type(self.type).relationships if self.include else {}
        return any(self.type in relationships[name].types for name in self.include)

    def without(self, types: frozenset[str]) -> "Selection":
        """Return the selection without the related records of some types, without any where none are named."""
        relationships = resource_type(self.type).relationships
        kept = {name: relationships[name].types for name in self.include if types.isdisjoint(relationships[name].types)}
        if not types or len(kept) == len(self.include):
            kept = {}
        wanted = {self.type, *(kind for kinds in kept.values() for kind in kinds)}
        fields = {name: names for name, names in self.fields.items() if name in wanted}
        return replace(self, fields=fields, include=tuple(kept))


@cache
def label_of(name: str) -> str | None:
    """Return the attribute that names a record of a type to a person, or None where there is none."""
    known = resource_types().get(name)
    return next((label for label in _LABELS if known and label in known.attributes), None)


def select(
    resource: ResourceType, names: Iterable[str], *, summary: bool, also: Iterable[str] = (), zone: tzinfo = UTC
) -> Selection:
    """Resolve the names of attributes and relationships into columns; the id always comes first.

    A `summary` shortens dates and long text; otherwise values come as they are. `also` names attributes, relationships
    and attributes of related records (`account.name`) to fetch without showing them. Of a type of which something
    outside the contract is wanted, records are asked for whole: what `fields` makes of such a name is not known. Raises
    `ArgumentError` for a name that the resource does not have.
    """
    form = Form.CELL if summary else Form.NAMED
    chosen = list(dict.fromkeys(names))
    everything = "*" in chosen
    columns = [_plain("id", _id)]
    own: dict[str, None] = {}
    fields: dict[str, dict[str, None]] = {resource.type: own}
    include: dict[str, None] = {}
    for name in chosen:
        if name in ("id", "*"):
            continue
        if name == "links":
            columns.append(Column("links", _links))
            own.update(dict.fromkeys(resource.relationships))
            continue
        columns.extend(_columns(resource, name, own, fields, include, form, zone))
    hidden = list(also)
    for name in hidden:
        if "." in name:
            deque(_columns(resource, name, own, fields, include, form, zone), maxlen=0)
        else:
            own[name] = None
    whole = {kind for kind, wanted in fields.items() if any(_is_recorded(kind, name) for name in wanted)}
    if everything:
        whole.add(resource.type)
    elif resource.type in whole and (alone := _ONLY_BY_NAME.intersection((resource.type, name) for name in own)):
        raise ArgumentError(
            f"{next(iter(alone))[1]!r} comes only when it is asked for by name, and with it "
            f"{few([name for name in own if _is_recorded(resource.type, name)])} does not: ask for them apart"
        )
    return Selection(
        type=resource.type,
        columns=tuple({column.name: column for column in columns}.values()),
        fields={key: tuple(value) for key, value in fields.items() if key not in whole},
        include=tuple(include),
        everything=everything,
        zone=zone,
        needed=any("." in name for name in hidden),
    )


def attribute_column(resource: ResourceType, name: str, form: Form, zone: tzinfo = UTC) -> Column:
    """Return the column of an attribute, known to the catalogue or not, in a form; times are shown in `zone`."""
    value, display = _reader_of(name), display_of(resource.attributes, name, form, zone)
    if display is as_it_is:
        return _plain(name, value)
    light: ReadCell | None = None
    if display is on_one_line:
        light = value  # what is slight is on one line
    elif not name.endswith("Html"):
        light = _shown_if_short(value, display)
    return Column(name, lambda record, included: display(value(record, included)), light)


def value_of(record: JsonObject, name: str) -> Any:
    """Return the value of a record's attribute, None where it has none; a list reads thousands of them."""
    try:
        return record["attributes"][name]
    except (KeyError, TypeError):
        return None


def _plain(name: str, read: ReadCell) -> Column:
    """Return the column of values that are shown as they are."""
    return Column(name, read, read)


def _id(record: JsonObject, _: Included) -> Any:
    return record.get("id")


def _reader_of(name: str) -> ReadCell:
    """Return what reads an attribute: `value_of`, without a call for each value."""

    def read(record: JsonObject, _: Included) -> Any:
        try:
            return record["attributes"][name]
        except (KeyError, TypeError):
            return None

    return read


def _shown_if_short(read: ReadCell, display: Display) -> ReadCell:
    def light(record: JsonObject, included: Included) -> Any:
        value = read(record, included)
        return display(value) if isinstance(value, str) and len(value) <= CELL_LIMIT else value

    return light


def relation_columns(relationship: Relationship, label: str | None) -> Iterator[Column]:
    """Yield the columns of a relationship: its name and its id, its type too where it may have several."""
    name = relationship.name
    if relationship.many:
        yield _plain(name, lambda record, _: ids_or_count(record, name))
        return
    if len(relationship.types) > 1:
        yield _plain(f"{name}_type", lambda record, _: member(linkage_of(record, name), "type"))
    if label:
        yield Column(name, lambda record, included: related_value(record, included, name, _label), _light_label(name))
    yield _plain(f"{name}_id", lambda record, _: related_id(record, name))


def _columns(
    resource: ResourceType,
    name: str,
    own: dict[str, None],
    fields: dict[str, dict[str, None]],
    include: dict[str, None],
    form: Form,
    zone: tzinfo,
) -> Iterator[Column]:
    """Yield the columns that one name stands for, adding what they need to the request."""
    path, _, inner = name.partition(".")
    known = resolve_name(resource, path)
    if known is None and (named := rate_named(resource.type, name)):
        own.update(dict.fromkeys((named[1].part, named[1].whole)))
        yield _rate_column(*named)
        return
    by_id = relationship_of_id(resource, path)
    if known in resource.attributes and not inner:
        if resource.attributes[known].write_only:
            raise ArgumentError(f"{known!r} is write-only: Outreach never returns it")
        own[known] = None
        yield attribute_column(resource, known, form, zone)
        return
    relationship = by_id or resource.relationships.get(known or "")
    if relationship is None:
        names = [*resource.attributes, *resource.relationships]
        hint = nearest(name, names) or "."
        raise ArgumentError(
            brief(lambda width: f"{resource.type} has no field {shorten(name, width)}{hint} describe_fields lists them")
        )
    if not relationship.embedded:
        raise ArgumentError(
            f"{resource.type} has only a link for {relationship.name!r}, no values: list the records there, or ask for "
            "'links' and follow it with execute_link"
        )
    own[relationship.name] = None
    if by_id or inner == "id":
        yield from relation_columns(relationship, None)
        return
    wanted = {target: _inner(target, inner) for target in relationship.types}
    if inner and not any(wanted.values()):
        raise ArgumentError(
            brief(lambda width: f"{relationship.name} has no field {shorten(inner, width)} that could be shown")
        )
    for target, attribute in wanted.items():
        if attribute and not (relationship.many and not inner):
            fields.setdefault(target, {})[attribute] = None
            include[relationship.name] = None
    if inner:
        readers = {target: _reader(target, attribute, form, zone) for target, attribute in wanted.items() if attribute}
        yield Column(f"{relationship.name}.{inner}", _path_reader(relationship.name, readers))
        return
    yield from relation_columns(relationship, "label" if any(wanted.values()) else None)


def _rate_column(name: str, rate: Rate) -> Column:
    return _plain(name, lambda record, _: shown(value_of(record, rate.part), value_of(record, rate.whole)))


def _is_recorded(kind: str, name: str) -> bool:
    known = resource_types()[kind].attributes.get(name)
    return known is not None and known.recorded


def _inner(target: str, attribute: str) -> str | None:
    """Return the attribute of a related type to fetch: the one asked for, or its label."""
    if target not in resource_types():
        return None
    return find(attribute, resource_type(target).attributes) if attribute else label_of(target)


def _reader(target: str, attribute: str, form: Form, zone: tzinfo) -> Read:
    """Return what reads an attribute from a related record, onto one line."""
    display = display_of(resource_type(target).attributes, attribute, form, zone)
    return lambda related: on_one_line(display(value_of(related, attribute)))


def _label(related: JsonObject) -> Any:
    name = label_of(related["type"])
    return on_one_line(value_of(related, name)) if name else None


def _light_label(name: str) -> ReadCell:
    """Return what reads the name of the one record that a relationship names; of many it says that they take care."""

    def light(record: JsonObject, included: Included) -> Any:
        linkage = linkage_of(record, name)
        try:
            related = included[linkage["type"], linkage["id"]]
        except (KeyError, TypeError):  # it names none, or many, or one that did not come along
            if not is_array(linkage):
                return None
            return [linkage] if linkage else []  # an array in another takes care
        label = label_of(related["type"])
        return value_of(related, label) if label else None

    return light


def _path_reader(name: str, readers: Mapping[str, Read]) -> Callable[[JsonObject, Included], Any]:
    def read_related(related: JsonObject) -> Any:
        reader = readers.get(related["type"])
        return reader(related) if reader else None

    return lambda record, included: related_value(record, included, name, read_related)


def _links(record: JsonObject, _: Included) -> JsonObject:
    found = {name: member(value, "links", "related") for name, value in object_at(record, "relationships").items()}
    return {name: link for name, link in found.items() if link}
