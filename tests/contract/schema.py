"""Outreach's two official schema files, read without the product's own catalogue.

The OpenAPI gives routes and bodies, its prose the flags (as badge images) and the relationships' filters; the
hyper-schema gives flags of its own, link-only targets, action parameters and metadata parameters. Where both speak,
the stricter one counts, so that a request passes only where neither file objects.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]

_BADGE = re.compile(r"badges/(\w+)\.svg")
_FILTER = re.compile(
    r"You can use (?:only the attribute|attributes) (.+?) to filter .+? \(e\.g\. filter\[(\w+)\]\[\w+\]=X\)"
)
_CHOICES = re.compile(r"Must be one of ([^.]+)\.")
_FILTER_ANY = re.compile(r"You can use any filterable attribute of (\w+)")
_ACTION_PARAMETER = re.compile(r"actionParams\[(\w+)\]")
_CUSTOM_FILTER = re.compile(r"^\| (\w+) \| \w+ ?\|", re.MULTILINE)
_RESPONSE = re.compile(r"schemas/(\w+)Response")

ANY_FILTERABLE = "*"
"""Stands in `ResourceType.filters` for every filterable attribute of the related type."""


class UnreadableSchemaError(Exception):
    """The official files hold something that this reader does not understand."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `items` is the schema of an array's members."""

    type: str
    format: str
    items: Json
    max_length: int | None
    read_only: bool
    write_only: bool
    filterable: bool
    sortable: bool


INTEGER_ID = Attribute("integer", "", {}, None, read_only=True, write_only=False, filterable=True, sortable=True)
"""An id as an attribute: it is filtered and sorted by, which clients do with every type."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship. `types` is empty where the files name none.

    `linkage` says that a record carries the related ids; what carries a link alone is read-only as well.
    """

    types: tuple[str, ...]
    many: bool
    read_only: bool
    linkage: bool


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type. `filters` maps a relationship's filter parameter to the attributes it takes.

    `id` is what its ids are like. `own_filters` are filters that are not attributes, `switches` the metadata parameters
    that a read takes, and `list_parameters` the `actionParams` that the prose offers for the list.
    """

    name: str
    id: Attribute
    attributes: dict[str, Attribute]
    relationships: dict[str, Relationship]
    filters: dict[str, tuple[str, ...]]
    own_filters: frozenset[str]
    switches: frozenset[str]
    list_parameters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `kind` is list, create, get, update, delete or action; `data` the schema of the body's `data`."""

    method: str
    template: str
    pattern: re.Pattern[str]
    kind: str
    type: str
    required: frozenset[str]
    parameters: frozenset[str]
    data: Json | None


def read_types(openapi: Json, hyper_schema: Json) -> dict[str, ResourceType]:
    """Return every resource type by its name."""
    schemas: Json = openapi["components"]["schemas"]
    own_filters = dict(_own_filters(openapi))
    types: dict[str, ResourceType] = {}
    for name in (each for each in schemas if f"{each}Response" in schemas):
        hyper: Json = hyper_schema["definitions"].get(name, {})
        declared: Json = hyper.get("definitions", {})
        related: Json = schemas[f"{name}Relationships"].get("properties", {})
        prose = {key: value.get("description", "") for key, value in related.items()}
        types[name] = ResourceType(
            name=name,
            id=_id(schemas[f"{name}Response"]["properties"]["id"]),
            attributes={
                key: _attribute(value, declared.get(key, {})) for key, value in schemas[name]["properties"].items()
            },
            relationships={key: _relationship(value, declared.get(key, {})) for key, value in related.items()},
            filters=dict(_filters(name, prose)),
            own_filters=own_filters.get(name, frozenset()),
            switches=frozenset(meta["param"] for meta in hyper.get("meta", {}).values()),
            list_parameters=frozenset(_ACTION_PARAMETER.findall(" ".join(prose.values()))),
        )
    return types


def read_routes(openapi: Json, hyper_schema: Json) -> tuple[Route, ...]:
    """Return every operation of the OpenAPI, what the hyper-schema demands of actions added."""
    links = {
        (link["method"], link["href"].removeprefix("/api/v2").replace("{:id}", "{id}")): link
        for definition in hyper_schema["definitions"].values()
        for link in definition["links"]
    }
    type_of = _types_by_segment(openapi["paths"])
    return tuple(
        _route(method.upper(), template, details, links.get((method.upper(), template), {}), type_of)
        for template, methods in openapi["paths"].items()
        for method, details in methods.items()
    )


def _id(official: Json) -> Attribute:
    text_format = "uuid" if "UUID" in official.get("description", "") else ""
    return replace(INTEGER_ID, type=official["type"], format=text_format)


def _attribute(official: Json, hyper: Json) -> Attribute:
    badges = _BADGE.findall(official.get("description", ""))
    flags: Json = {**hyper.get("items", {}), **hyper}  # an array's flags may stand at its items
    return Attribute(
        type=official["type"],
        format=official.get("format", ""),
        items=official.get("items", {}),
        max_length=_max_length(official),
        read_only="readonly" in badges or bool(flags.get("readOnly")),
        write_only="writeonly" in badges or bool(flags.get("writeOnly")),
        filterable="filterable" in badges and bool(flags.get("filterable", True)),
        sortable="sortable" in badges and bool(flags.get("sortable", True)),
    )


def _max_length(official: Json) -> int | None:
    """Return the greatest length, unless the prose demands words that are longer (`finish` in 4 characters)."""
    limit: int | None = official.get("maxLength")
    choices = _CHOICES.search(official.get("description", ""))
    words = re.findall(r"\w+", choices.group(1)) if choices else []
    return None if limit is not None and any(len(word) > limit for word in words) else limit


def _relationship(official: Json, hyper: Json) -> Relationship:
    data: Json = official.get("properties", {}).get("data", {})
    many = data.get("type") == "array" or hyper.get("type") == "array"
    identifier: Json = data.get("items", data)
    named = identifier.get("properties", {}).get("type", {}).get("enum", [])
    node: Json = hyper.get("items", hyper)
    referenced = [each["$ref"].rsplit("/", 1)[1] for each in node.get("anyOf", [node]) if "$ref" in each]
    badges = _BADGE.findall(official.get("description", ""))
    linkage = bool(data and hyper.get("data", True))
    return Relationship(
        types=tuple(named or referenced),
        many=many,
        read_only="readonly" in badges or bool(hyper.get("readOnly")) or not linkage,
        linkage=linkage,
    )


def _filters(owner: str, prose: dict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, text in prose.items():
        if found := _FILTER.search(text):
            # The parameter is the one that the prose spells out: `filter[stage][id]` on opportunityStage, for one.
            yield found.group(2), tuple(found.group(1).replace(" and ", ", ").split(", "))
        elif _FILTER_ANY.search(text):
            yield name, ("id", ANY_FILTERABLE)
        elif "filter" in text and "cannot be used as a filter" not in text:
            raise UnreadableSchemaError(f"{owner}.{name}: {text!r}")


def _own_filters(openapi: Json) -> Iterator[tuple[str, frozenset[str]]]:
    for tag in openapi["tags"]:
        text: str = tag.get("description", "")
        _, found, table = text.partition("Custom Filters")
        owner = re.search(r"schemas/(\w+)", text)
        if found and owner:
            yield owner.group(1), frozenset(_CUSTOM_FILTER.findall(table.partition("##")[0]))
    for searchable in ("account", "prospect"):
        # https://developers.outreach.io/api/making-requests: the prefix search, which no schema file mentions
        yield searchable, frozenset({"q"})


def _types_by_segment(paths: Json) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for template, methods in paths.items():
        if "/actions/" not in template:
            answers = [details["responses"] for details in methods.values()]
            found.setdefault(template.split("/")[1], set()).update(_RESPONSE.findall(str(answers)))
    unclear = {segment: names for segment, names in found.items() if len(names) != 1}
    if unclear:
        raise UnreadableSchemaError(f"the type of these routes is not clear: {unclear}")
    return {segment: names.pop() for segment, names in found.items()}


def _route(method: str, template: str, details: Json, link: Json, type_of: dict[str, str]) -> Route:
    parameters: list[Json] = details.get("parameters", [])
    schemas: list[Json] = [each["schema"] for each in parameters if each["name"] == "actionParams"]
    declared: Json = schemas[0] if schemas else {}
    required = frozenset(declared.get("required", [])) | frozenset(link.get("requiredParams", []))
    content: Json = details.get("requestBody", {}).get("content", {})
    schema: Json = content.get("application/vnd.api+json", {}).get("schema", {})
    return Route(
        method=method,
        template=template,
        pattern=re.compile(template.replace("{id}", r"(?P<id>\d+)")),
        kind=_kind(method, template),
        type=type_of[template.split("/")[1]],
        required=required,
        parameters=required | frozenset(declared.get("properties", {})) | frozenset(link.get("optionalParams", [])),
        data=schema["properties"]["data"] if schema else None,
    )


def _kind(method: str, template: str) -> str:
    if "/actions/" in template:
        return "action"
    if template.endswith("/{id}"):
        return {"GET": "get", "PATCH": "update", "DELETE": "delete"}[method]
    return {"GET": "list", "POST": "create"}[method]
