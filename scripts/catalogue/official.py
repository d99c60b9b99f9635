"""Reads Outreach's two official schema files and turns them into the catalogue's own data.

The OpenAPI gives routes, attributes, relationships and, as badge images in the prose, the flags. The hyper-schema
gives which relationships are embedded and which parameters an action takes. Where the two disagree, a correction
must say which one is right; a disagreement that none mentions stops the build.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from catalogue.corrections import CORRECTIONS, Correction
from outreach_tools.catalog.recorded import RECORDED, Recorded
from outreach_tools.json_values import is_array, is_object

Json = dict[str, Any]

_BADGE = re.compile(r"badges/(\w+)\.svg")
_FILTER_PROSE = re.compile(r"You can use (?:only the attribute|attributes) ([\w, ]{1,300}?) to filter ")
_FILTER_EXAMPLE = re.compile(r"\(e\.g\. filter\[(\w+)\]")
_FILTER_ANY = re.compile(r"You can use any filterable attribute of")
_NO_FILTER = re.compile(r"cannot be used as a filter")
_SCHEMA_OF_TAG = re.compile(r'schemaRef="#/components/schemas/(\w+)"')
_CUSTOM_FILTER_ROW = re.compile(r"^\| (\w+) \| \w+ ?\|", re.MULTILINE)
_MEMBER_ACTION = re.compile(r"^/(\w+)/\{id\}/actions/(\w+)$")
_COLLECTION_ACTION = re.compile(r"^/(\w+)/actions/(\w+)$")
_OPERATIONS = {
    ("collection", "get"): "list",
    ("collection", "post"): "create",
    ("member", "get"): "get",
    ("member", "patch"): "update",
    ("member", "delete"): "delete",
}


class OfficialSchemaError(Exception):
    """The official files say something that the catalogue's builder does not understand, or contradict each other."""


def build(openapi: Json, hyper_schema: Json) -> Json:
    """Return the catalogue's data for the two official files, corrected, with what was recorded beside them.

    The result maps a resource type to its `path`, `operations`, `attributes`, `relationships`, `actions`, `filters`,
    `s2s` and `uuids`, members at their defaults left out. Raises `OfficialSchemaError`.
    """
    schemas: Json = openapi["components"]["schemas"]
    hyper: Json = hyper_schema["definitions"]
    types = sorted(name for name in schemas if f"{name}Response" in schemas)
    custom_filters = dict(_custom_filters(openapi["tags"]))
    plurals = {_path(name, openapi["paths"]): name for name in types}
    catalog: Json = {}
    for path, name in plurals.items():
        catalog[name] = {
            "path": path,
            "operations": [],
            "attributes": dict(_attributes(name, schemas[name], hyper.get(name, {}))),
            "relationships": dict(_relationships(name, schemas, hyper, plurals)),
            "actions": {},
            "filters": custom_filters.get(name, []),
            "s2s": [],
            "uuids": _has_uuids(name, schemas[f"{name}Response"]),
        }
    _add_routes(catalog, openapi["paths"])
    _add_hyper_routes(catalog, hyper)
    for correction in CORRECTIONS:
        _apply(correction, catalog)
    for recorded in RECORDED:
        _add_recorded(recorded, catalog)
    for name in types:
        _finish(name, catalog)
    return catalog


def _path(name: str, paths: Json) -> str:
    """Find the plural that the type's routes use, by the answer they give."""
    wanted = (f"#/components/schemas/{name}Response", f"#/components/schemas/{name}")
    for route in sorted(paths, key=lambda path: (path.count("/"), len(path))):
        if "/actions/" not in route and any(_mentions(paths[route], ref) for ref in wanted):
            return str(route.split("/")[1])
    raise OfficialSchemaError(f"no route answers with {name!r}")


def _mentions(node: Any, ref: str) -> bool:
    if is_object(node):
        return node.get("$ref") == ref or any(_mentions(value, ref) for value in node.values())
    return is_array(node) and any(_mentions(value, ref) for value in node)


def _has_uuids(name: str, response: Json) -> bool:
    """Return whether a type's ids are UUIDs; all others are integers."""
    declared: Json = response.get("properties", {}).get("id", {})
    if declared.get("type", "integer") == "integer":
        return False
    if declared["type"] != "string" or "UUID" not in declared.get("description", ""):
        raise OfficialSchemaError(f"{name}: its id is neither an integer nor a UUID: {declared}")
    return True


def _attributes(owner: str, schema: Json, hyper: Json) -> Iterator[tuple[str, Json]]:
    for name, official in schema.get("properties", {}).items():
        badges = set(_BADGE.findall(official.get("description", "")))
        attribute: Json = {"type": official["type"]}
        if official.get("format"):
            attribute["format"] = official["format"]
        if official["type"] == "array":
            items = official.get("items", {})
            if items.get("type"):
                attribute["items"] = items["type"]
            if items.get("format") == "email":
                attribute["format"] = "email"
        if official.get("maxLength"):
            attribute["max_length"] = official["maxLength"]
        flags = {
            "read_only": "readonly" in badges,
            "write_only": "writeonly" in badges,
            "filterable": "filterable" in badges,
            "sortable": "sortable" in badges,
        }
        if hyper:
            _compare(owner, name, flags, hyper["definitions"].get(name))
        attribute.update({flag: True for flag, value in flags.items() if value})
        yield name, attribute


def _compare(owner: str, name: str, flags: Json, hyper: Json | None) -> None:
    """Raise unless the hyper-schema flags an attribute as the OpenAPI does, or a correction settles it."""
    if hyper is None:
        return
    inner: Json = hyper.get("items", {}) if hyper.get("type") == "array" else {}
    said = {
        "read_only": bool(hyper.get("readOnly", False)),
        "write_only": bool(hyper.get("writeOnly", False)),
        "filterable": bool(hyper.get("filterable", inner.get("filterable", False))),
        "sortable": bool(hyper.get("sortable", inner.get("sortable", False))),
    }
    for flag, value in flags.items():
        settled = any(c.type == owner and c.member == name and flag in c.change for c in CORRECTIONS)
        if said[flag] != value and not settled:
            raise OfficialSchemaError(
                f"{owner}.{name}: {flag} is {value} in the OpenAPI and {said[flag]} in the hyper-schema"
            )


def _relationships(owner: str, schemas: Json, hyper: Json, plurals: dict[str, str]) -> Iterator[tuple[str, Json]]:
    definitions: Json = hyper.get(owner, {}).get("definitions", {})
    for name, official in schemas[f"{owner}Relationships"].get("properties", {}).items():
        if "properties" not in official:  # four read-only members of mailing that declare neither data nor links
            continue
        prose = official.get("description", "")
        declared = definitions.get(name, {})
        many, types = _targets(official)
        if not official["properties"].get("data"):  # a link only: the hyper-schema, or its own name, tells the target
            many = declared.get("type") == "array" or name in plurals
            types = _hyper_targets(declared) or [plurals[name]]
        read_only = "readonly" in _BADGE.findall(prose)
        if declared and (read_only, types) != (declared.get("readOnly", False), _hyper_targets(declared)):
            raise OfficialSchemaError(f"{owner}.{name}: the two files disagree on its targets or on writing it")
        relationship: Json = {"types": types}
        if many:
            relationship["many"] = True
        if read_only:
            relationship["read_only"] = True
        if not (declared.get("data", True) and official["properties"].get("data")):
            relationship["embedded"] = False
        if filter_by := _filter_by(owner, name, prose):
            relationship["filter_by"] = filter_by
            spelled = _FILTER_EXAMPLE.search(prose)
            if spelled and spelled.group(1) != name:  # opportunity.opportunityStage: filter[stage][id]
                relationship["filter_name"] = spelled.group(1)
        yield name, relationship


def _targets(official: Json) -> tuple[bool, list[str]]:
    data = official["properties"].get("data", {})
    many = data.get("type") == "array"
    linkage = data.get("items", {}) if many else data
    kind = linkage.get("properties", {}).get("type", {})
    return many, list(kind.get("enum", []))


def _hyper_targets(declared: Json) -> list[str]:
    node = declared.get("items", declared)
    refs = [node] if "$ref" in node else node.get("anyOf", [])
    return [ref["$ref"].rsplit("/", 1)[1] for ref in refs]


def _filter_by(owner: str, name: str, prose: str) -> list[str]:
    if match := _FILTER_PROSE.search(prose):
        return [word for word in re.split(r", | and ", match.group(1)) if word]
    if _FILTER_ANY.search(prose):
        return ["*"]
    if "filter" in prose and not _NO_FILTER.search(prose):
        raise OfficialSchemaError(f"{owner}.{name}: cannot read the filters in {prose!r}")
    return []


def _custom_filters(tags: Iterable[Json]) -> Iterator[tuple[str, list[str]]]:
    for tag in tags:
        _, found, table = tag.get("description", "").partition("Custom Filters")
        owner = _SCHEMA_OF_TAG.search(tag.get("description", ""))
        if found and owner:
            rows = table.partition("##")[0]
            yield owner.group(1), [row for row in _CUSTOM_FILTER_ROW.findall(rows) if row != "NAME"]


def _add_routes(catalog: Json, paths: Json) -> None:
    by_path = {entry["path"]: entry for entry in catalog.values()}
    for route, methods in paths.items():
        member, collection = _MEMBER_ACTION.match(route), _COLLECTION_ACTION.match(route)
        action = member or collection
        if action:
            entry = by_path[action.group(1)]
            entry["actions"][action.group(2)] = _action(methods["post"], collection=bool(collection))
            continue
        entry = by_path[route.split("/")[1]]
        kind = "member" if route.endswith("/{id}") else "collection"
        for method, details in methods.items():
            operation = _OPERATIONS[kind, method]
            entry["operations"].append(operation)
            if any("s2sAuthToken" in way for way in details.get("security", [])):
                entry["s2s"].append(operation)


def _action(details: Json, *, collection: bool) -> Json:
    action: Json = {"collection": True} if collection else {}
    names = [
        name
        for parameter in details.get("parameters", [])
        if parameter["name"] == "actionParams"
        for name in parameter["schema"].get("properties", {})
    ]
    if names:
        action["optional"] = names
    if body := details.get("requestBody"):
        schema = next(iter(body["content"].values()))["schema"]
        data = schema.get("properties", {}).get("data", {}).get("properties", {})
        attributes = data.get("attributes", {})
        members = attributes.get("properties") or {
            name: None for way in attributes.get("oneOf", attributes.get("anyOf", [])) for name in way["properties"]
        }
        if members:
            action["attributes"] = list(members)
    return action


def _add_hyper_routes(catalog: Json, hyper: Json) -> None:
    """Add what only the hyper-schema tells: required parameters, and four routes that the OpenAPI leaves out."""
    for name, definition in hyper.items():
        entry = catalog[name]
        for link in definition["links"]:
            route = link["href"].removeprefix("/api/v2").replace("{:id}", "{id}")
            action = _MEMBER_ACTION.match(route) or _COLLECTION_ACTION.match(route)
            if action:
                known = entry["actions"].setdefault(action.group(2), {})
                required = link.get("requiredParams", [])
                optional = [p for p in link.get("optionalParams", []) if p not in required]
                optional += [p for p in known.get("optional", []) if p not in required and p not in optional]
                known.pop("optional", None)
                known.update({key: names for key, names in (("required", required), ("optional", optional)) if names})
                continue
            kind = "member" if route.endswith("/{id}") else "collection"
            operation = _OPERATIONS[kind, link["method"].lower()]
            if operation not in entry["operations"]:
                entry["operations"].append(operation)


def _apply(correction: Correction, catalog: Json) -> None:
    entry: Json = catalog.get(correction.type, {})
    if not entry:
        raise OfficialSchemaError(f"a correction names the type {correction.type!r}, which is gone")
    if correction.member:
        owner = next(
            (entry[kind] for kind in ("attributes", "relationships") if correction.member in entry[kind]), None
        )
        if owner is None:
            raise OfficialSchemaError(f"a correction names {correction.type}.{correction.member}, which is gone")
        entry = owner[correction.member]
    if all(entry.get(key) == value for key, value in correction.change.items()):  # None: the fact is gone already
        raise OfficialSchemaError(
            f"the correction of {correction.type}.{correction.member} is no longer needed: the files say so themselves"
        )
    entry.update(correction.change)
    for key in [key for key, value in correction.change.items() if value is None]:
        del entry[key]


def _add_recorded(recorded: Recorded, catalog: Json) -> None:
    if recorded.type not in catalog:
        raise OfficialSchemaError(f"attributes were recorded of the type {recorded.type!r}, which is gone")
    attributes: Json = catalog[recorded.type]["attributes"]
    for name, entry in recorded.entries():
        if name in attributes:
            raise OfficialSchemaError(f"the files name {recorded.type}.{name}: take it out of what was only recorded")
        attributes[name] = entry


def _finish(name: str, catalog: Json) -> None:
    """Resolve `*` in the filters, sort what has no order of its own, fold custom fields, drop empty members."""
    entry = catalog[name]
    for relationship in entry["relationships"].values():
        if relationship.get("filter_by") == ["*"]:
            relationship["filter_by"] = ["id", *_filterable(relationship["types"], catalog)]
    entry["operations"] = sorted(set(entry["operations"]), key=list(_OPERATIONS.values()).index)
    entry["s2s"] = sorted(set(entry["s2s"]), key=list(_OPERATIONS.values()).index)
    entry["attributes"] = _fold_custom_fields(name, entry["attributes"])
    for key in ("filters", "s2s", "uuids", "actions", "relationships"):
        if not entry[key]:
            del entry[key]


def _filterable(types: list[str], catalog: Json) -> list[str]:
    return sorted(
        {
            name
            for target in types
            for name, attribute in catalog[target]["attributes"].items()
            if attribute.get("filterable")
        }
    )


def _fold_custom_fields(owner: str, attributes: Json) -> Json:
    """Fold `custom1`, `custom2`, … into one entry `custom1..150`: they are alike."""
    custom = sorted((name for name in attributes if re.fullmatch(r"custom\d+", name)), key=lambda name: int(name[6:]))
    if not custom:
        return attributes
    first = attributes[custom[0]]
    if custom != [f"custom{n}" for n in range(1, len(custom) + 1)] or any(attributes[n] != first for n in custom):
        raise OfficialSchemaError(f"the custom fields of {owner} are not alike")
    plain = {name: attribute for name, attribute in attributes.items() if name not in set(custom)}
    return {**plain, f"custom1..{len(custom)}": first}
