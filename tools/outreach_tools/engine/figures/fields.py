"""The fields that records are grouped and measured by: attributes, custom fields by label, related records, paths."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.included import Included, linkage_of, related_value
from outreach_tools.engine.labels.fields import CustomField, is_key
from outreach_tools.engine.matching import find, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.values import WHOLE_DAYS

Reader: TypeAlias = Callable[[JsonObject, Included], Any]

Form: TypeAlias = Literal["text", "number", "boolean", "time", "day", "list", "link"]

_NUMBERS = ("numerical", "currency", "percentage")  # kinds of custom fields, as Outreach names them
# Texts that are decimal numbers (documented: "the precise amount"), and where an amount's currency stands.
_DECIMALS = frozenset({("opportunity", "amountPrecise")})
_PRECISE = {("opportunity", "amount"): "amountPrecise"}
_CURRENCIES: Mapping[tuple[str, str], str] = {
    ("opportunity", "amount"): "currencyType",
    ("opportunity", "amountPrecise"): "currencyType",
    ("purchase", "potentialValue"): "currency",
    ("purchase", "totalValue"): "currency",
}


class Linked(NamedTuple):
    """The record that a link leads to."""

    type: str
    id: int | str


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its `name` in answers, its `key` to Outreach, what it needs to be asked for, and how it is read.

    `kinds` are the types that a link may lead to. `currency` reads that of an amount, and `in_currency` names what it
    reads: the attribute, or the one currency of a custom field.
    """

    name: str
    key: str
    needs: tuple[str, ...]
    read: Reader
    form: Form
    kinds: tuple[str, ...] = ()
    attribute: Attribute | None = None
    currency: Reader | None = None
    in_currency: str = ""

    @property
    def is_custom(self) -> bool:
        """Whether it is a custom field, which is text whatever it holds."""
        return is_key(self.key.rpartition(".")[2])


async def fields_of(selecting: Selecting, names: Iterable[str]) -> dict[str, Field]:
    """Return the field that each of some names means.

    Raises `ArgumentError` for one that the type does not have, or that has no values to reckon with.
    """
    given = list(dict.fromkeys(names))
    keys = await selecting.labels.keys(given)
    await selecting.labels.load_for(keys.values())
    return {name: field_of(selecting, keys[name]) for name in given}


def resolves(selecting: Selecting, name: str, *, labels: bool = False) -> bool:
    """Return whether a name is that of a field as a whole; with `labels`, as far as they were read, those count too."""
    resource = selecting.labels.resource
    path, _, inner = name.partition(".")
    if not inner and (name == "id" or resolve_name(resource, name) or relationship_of_id(resource, name)):
        return True
    if labels and selecting.labels.knows(name):
        return True
    relationship = resource.relationships.get(resolve_name(resource, path) or "") if inner else None
    return relationship is not None and (
        inner == "id" or any(_attribute_of(kind, inner) for kind in relationship.types)
    )


def field_of(selecting: Selecting, key: str) -> Field:
    """Return the field of a name as Outreach knows it."""
    resource = resource_type(selecting.declared.type)
    if key == "id":
        return Field("id", "id", (), lambda record, _: record.get("id"), "text")
    path, _, inner = key.partition(".")
    known = resolve_name(resource, path)
    if known in resource.attributes and not inner:
        return _attribute(selecting, resource, known)
    relationship = resource.relationships.get(known or "") or relationship_of_id(resource, path)
    if relationship is None:
        names = [*resource.attributes, *resource.relationships]
        like_it = nearest(path, names) or "; describe_fields lists them"
        raise ArgumentError(f"{resource.type} has no field {shorten(key)}{like_it}")
    if relationship.many or not relationship.embedded:
        lists = [each for each in relationship.types if each in resource_types()]
        instead = f": summarize {resource_type(lists[0]).path} instead" if lists else ""
        raise ArgumentError(f"{resource.type} has many {relationship.name}, or a link alone{instead}")
    if inner in ("", "id"):
        return _link(relationship)
    return _of_related(selecting, relationship, inner)


def _attribute(selecting: Selecting, resource: ResourceType, name: str) -> Field:
    attribute = resource.attributes[name]
    _refuse(selecting, resource.type, attribute)
    custom = selecting.labels.field(name)
    found = Field(
        name=selecting.labels.shown(name),
        key=name,
        needs=(name,),
        read=_own(name),
        form=_form(resource.type, attribute, custom),
        attribute=attribute,
    )
    if precise := _PRECISE.get((resource.type, name)):
        # Both name one amount (documented), the other one to the cent.
        found = replace(found, needs=(name, precise), read=_own(precise, name))
    if currency := _CURRENCIES.get((resource.type, name)):
        return replace(
            found,
            needs=(*found.needs, currency),
            currency=_own(currency),
            in_currency=currency,
        )
    return _with_fixed_currency(found, custom)


def _link(relationship: Relationship) -> Field:
    name = relationship.name

    def read(record: JsonObject, _: Included) -> Any:
        linkage = linkage_of(record, name)
        try:
            return Linked(str(linkage["type"]), linkage["id"])
        except (KeyError, TypeError):  # it leads nowhere, or is not an identifier
            return None

    return Field(name, name, (name,), read, "link", relationship.types)


def _of_related(selecting: Selecting, relationship: Relationship, inner: str) -> Field:
    """Return an attribute of the related records, which come along for it."""
    name = relationship.name
    wanted = {kind: each for kind in relationship.types if (each := _attribute_of(kind, inner))}
    if not wanted:
        kinds = [kind for kind in relationship.types if kind in resource_types()]
        like_it = nearest(inner, [each for kind in kinds for each in resource_type(kind).attributes])
        raise ArgumentError(f"{name} has no field {shorten(inner)}{like_it}")
    for kind, attribute in wanted.items():
        _refuse(selecting, kind, attribute)
    kind, attribute = next(iter(wanted.items()))
    key = f"{name}.{attribute.name}"
    custom = selecting.labels.field(key)
    names = {kind: each.name for kind, each in wanted.items()}
    found = Field(
        name=selecting.labels.shown(key),
        key=key,
        needs=(key,),
        read=_through(name, lambda related: value_of(related, names.get(related["type"], ""))),
        form=_form(kind, attribute, custom),
        attribute=attribute,
    )
    if precise := _PRECISE.get((kind, attribute.name)):
        found = replace(
            found,
            needs=(key, f"{name}.{precise}"),
            read=_through(name, lambda related: _first(related, precise, attribute.name)),
        )
    if currency := _CURRENCIES.get((kind, attribute.name)):
        return replace(
            found,
            needs=(*found.needs, f"{name}.{currency}"),
            currency=_through(name, lambda related: value_of(related, currency)),
            in_currency=f"{name}.{currency}",
        )
    return _with_fixed_currency(found, custom)


def _own(*names: str) -> Reader:
    """Return what reads the first of some attributes that holds anything."""
    if len(names) == 1:  # nearly every field, of tens of thousands of records
        (name,) = names
        return lambda record, _: value_of(record, name)
    return lambda record, _: _first(record, *names)


def _always(value: str) -> Reader:
    def read(_: JsonObject, __: Included) -> Any:
        return value

    return read


def _through(name: str, read: Callable[[JsonObject], Any]) -> Reader:
    return lambda record, included: related_value(record, included, name, read)


def _with_fixed_currency(found: Field, custom: CustomField | None) -> Field:
    if custom is None or not custom.currency:
        return found
    unit = custom.currency
    return replace(found, currency=_always(unit), in_currency=unit)


def _first(record: JsonObject, *names: str) -> Any:
    """Return the first of some attributes that holds anything."""
    return next((value for name in names if (value := value_of(record, name)) is not None), None)


def _attribute_of(kind: str, name: str) -> Attribute | None:
    known = resource_types().get(kind)
    found = find(name, known.attributes) if known else None
    return known.attributes[found] if known and found else None


def _form(kind: str, attribute: Attribute, custom: CustomField | None) -> Form:
    if attribute.type == "array":
        return "list"
    if attribute.type == "boolean":
        return "boolean"
    if attribute.type in ("integer", "number") or (kind, attribute.name) in _DECIMALS:
        return "number"
    if attribute.format == "date-time":
        return "day" if attribute.name in WHOLE_DAYS else "time"
    if attribute.format == "date":
        return "day"
    if custom and custom.kind in _NUMBERS:
        return "number"
    if custom and custom.kind in ("date", "date_time"):
        return "day" if custom.kind == "date" else "time"
    return "text"


def _refuse(selecting: Selecting, kind: str, attribute: Attribute) -> None:
    if attribute.write_only or attribute.type == "object":
        raise ArgumentError(f"{attribute.name!r} has no values to summarize by")
    if attribute.name in selecting.context.withheld.get(kind, frozenset()):
        raise ToolError(
            f"A summary by {attribute.name!r} is refused: this server's settings exclude what it shows. Nothing was "
            "sent. Leave it out."
        )
