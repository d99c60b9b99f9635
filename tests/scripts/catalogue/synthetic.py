"""Small OpenAPI and hyper-schema files in the form of the official ones, made for one test at a time."""

from typing import Any

from catalogue.corrections import CORRECTIONS
from outreach_tools.catalog.recorded import RECORDED

Json = dict[str, Any]

_BADGE = "<img src=https://developers.outreach.io/badges/{}.svg>"
_MEDIA_TYPE = "application/vnd.api+json"


def attribute(kind: str, *badges: str, **members: Any) -> Json:
    """An attribute of the OpenAPI, its flags as badge images in the prose."""
    images = " ".join(_BADGE.format(badge) for badge in badges)
    return {"type": kind, "nullable": True, "description": f"{images}\n\nSome words.", **members}


def to_one(*types: str, prose: str = "") -> Json:
    """A relationship of the OpenAPI that carries one identifier."""
    return {"description": prose, "properties": {"data": _identifier(types), "links": {}}}


def to_many(*types: str, prose: str = "") -> Json:
    """A relationship of the OpenAPI that carries several identifiers."""
    data = {"type": "array", "items": _identifier(types)}
    return {"description": prose, "properties": {"data": data, "links": {}}}


def link_only(prose: str = "") -> Json:
    """A relationship of the OpenAPI that carries a link alone."""
    return {"description": prose, "properties": {"links": {}}}


class Files:
    """The two files under construction: `openapi` and `hyper_schema`.

    They start with what the corrections find fault with, `build` refuses one that has nothing to mend, and with the
    types of which more was recorded.
    """

    def __init__(self) -> None:
        self.openapi: Json = {"tags": [], "paths": {}, "components": {"schemas": {}}}
        self.hyper_schema: Json = {"definitions": {}}
        for name in dict.fromkeys([*(each.type for each in CORRECTIONS), *(each.type for each in RECORDED)]):
            mended = [each for each in CORRECTIONS if each.type == name and each.member]
            filtered = {each.member: _filtered(each.member) for each in mended if "filter_by" in each.change}
            others = {each.member: attribute("string", maxLength=1) for each in mended if each.member not in filtered}
            self.add(name, f"{name}s", attributes=others, relationships=filtered)

    def add(
        self, name: str, path: str, *, attributes: Json | None = None, relationships: Json | None = None
    ) -> "Files":
        """Add a resource type with its list route, known to the OpenAPI alone."""
        schemas: Json = self.openapi["components"]["schemas"]
        schemas[name] = {"type": "object", "properties": attributes or {}}
        schemas[f"{name}Relationships"] = {"type": "object", "properties": relationships or {}}
        schemas[f"{name}Response"] = {"type": "object", "properties": {}}
        return self.route("get", f"/{path}", name)

    def route(self, method: str, template: str, name: str, **details: Any) -> "Files":
        """Add an operation that answers with the resource type."""
        answer = {"schema": {"properties": {"data": {"$ref": f"#/components/schemas/{name}Response"}}}}
        responses = {"200": {"content": {_MEDIA_TYPE: answer}}}
        self.openapi["paths"].setdefault(template, {})[method] = {"responses": responses, **details}
        return self

    def define(self, name: str, /, *links: Json, **members: Json) -> "Files":
        """Add the resource type's definition to the hyper-schema."""
        self.hyper_schema["definitions"][name] = {"definitions": members, "links": list(links)}
        return self


def _filtered(name: str) -> Json:
    return to_one(
        "user", prose=f"You can use only the attribute id to filter widgets by it (e.g. filter[{name}][id]=X)."
    )


def _identifier(types: tuple[str, ...]) -> Json:
    return {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "type": {"type": "string", "enum": list(types)}},
    }
