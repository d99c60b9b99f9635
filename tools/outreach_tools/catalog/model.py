"""The shapes of the catalogue: what is known of an Outreach resource type.

Facts come from the official OpenAPI and hyper-schema (see `scripts/refresh_catalog`) and from `corrections.py`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

ValueType: TypeAlias = Literal["string", "integer", "number", "boolean", "array", "object"]
Operation: TypeAlias = Literal["list", "get", "create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a resource type.

    `format` is `date-time`, `date`, `email` or empty; `items` is the type of an array's members. `filterable` and
    `sortable` say what Outreach does on the server (`filter[name]`, `sort=name`). A write-only attribute is never
    returned. A `recorded` one is sent by Outreach though the contract names it nowhere (`recorded.py`).
    """

    name: str
    type: ValueType
    format: str = ""
    items: ValueType | None = None
    max_length: int | None = None
    read_only: bool = False
    write_only: bool = False
    filterable: bool = False
    sortable: bool = False
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship of a resource type.

    `types` are the resource types it may point to, in the official order; types outside the catalogue occur.
    `embedded` says that a resource carries the related ids (`data`); otherwise it carries a link only. `filter_by`
    names the attributes of the related resource that a list may be filtered by (`filter[owner][email]`);
    `filter_name` is what the filter calls the relationship where that is not its own name.
    """

    name: str
    types: tuple[str, ...]
    many: bool = False
    read_only: bool = False
    embedded: bool = True
    filter_by: tuple[str, ...] = ()
    filter_name: str = ""

    @property
    def parameter(self) -> str:
        """The name of the relationship in a filter: `stage` in `filter[stage][id]`."""
        return self.filter_name or self.name


@dataclass(frozen=True, slots=True)
class Action:
    """One action: `POST /{plural}/{id}/actions/{name}`, or without the id when it is on the `collection`.

    `required` and `optional` name the parameters that go into the query as `actionParams[name]`; `attributes` names
    the members of the body's `data.attributes`, where the action takes a body (bulk actions, imports).
    """

    name: str
    collection: bool = False
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceType:
    """Everything known of one resource type: `type` is its JSON:API name, `path` the plural in the URL.

    Its ids are integers, or UUIDs as text where it has `uuids`. `filters` are filter parameters that are not attributes
    (`q` on prospects). `scope` is the family of its OAuth scopes (`prospects` in `prospects.read`). `s2s` are the
    operations open to server-to-server tokens.
    """

    type: str
    path: str
    operations: frozenset[Operation]
    attributes: dict[str, Attribute]
    relationships: dict[str, Relationship]
    actions: dict[str, Action]
    filters: tuple[str, ...] = ()
    s2s: frozenset[str] = frozenset()
    uuids: bool = False

    @property
    def scope(self) -> str:
        """The family of its OAuth scopes: `prospects` in `prospects.read`."""
        return self.path
