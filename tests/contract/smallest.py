"""The smallest request that the official OpenAPI allows for each of its operations, and with all that it draws."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outreach_mcp.api.outgoing import Outgoing
from outreach_tools.catalog import resource_type_of_path
from tests.contract.schema import Json

UUID = "5c7f1f3e-0000-4000-8000-000000000000"
_MEDIA_TYPE = "application/vnd.api+json"


def smallest_requests(openapi_file: Path) -> Iterator[tuple[Outgoing, Outgoing]]:
    """Yield for each operation of the official OpenAPI what it needs at least, and that with all that is drawn beside.

    Bulk actions name two records: without, they would be about all, which is never sent.
    """
    openapi: Json = json.loads(openapi_file.read_text(encoding="utf-8"))
    for template, methods in openapi["paths"].items():
        for method, details in methods.items():
            yield (
                _request(openapi, method, template, details, whole=False),
                _request(openapi, method, template, details, whole=True),
            )


def _request(openapi: Json, method: str, template: str, details: Json, *, whole: bool) -> Outgoing:
    record_id = _id_at(template, openapi)
    schema: Json = details.get("requestBody", {}).get("content", {}).get(_MEDIA_TYPE, {}).get("schema", {})
    parameters = [each["schema"] for each in details.get("parameters", []) if each["name"] == "actionParams"]
    declared: Json = parameters[0] if parameters else {}
    names = declared.get("properties", {}) if whole else declared.get("required", [])
    query = tuple((f"actionParams[{name}]", "true") for name in names if name != "filter")
    body = _body(schema, template, record_id, whole=whole) if schema else None
    return Outgoing(method.upper(), template.replace("{id}", str(record_id)), query, body)


def _body(schema: Json, template: str, record_id: int | str, *, whole: bool) -> Json:
    data: Json = schema["properties"]["data"]
    own_type = _type_at(template)
    drawn: Json = data["properties"]
    attributes: Json = {"ids": [7, 8]} if "ids" in drawn["attributes"].get("properties", {}) else {}
    given: dict[str, Any] = {"attributes": attributes} if attributes else {}
    members = drawn if whole else data.get("required", [])
    known: dict[str, Any] = {"type": own_type, "id": record_id, "attributes": attributes, "relationships": {}}
    given |= {name: known[name] for name in members}
    beside = {"type": own_type} if whole and "type" in schema["properties"] else {}
    return {"data": given, **beside}


def _type_at(template: str) -> str:
    """Return the type of the records that a path leads to."""
    resource = resource_type_of_path(template.split("/")[1])
    assert resource is not None, template
    return resource.type


def _id_at(template: str, openapi: Json) -> int | str:
    shown = openapi["components"]["schemas"][f"{_type_at(template)}Response"]["properties"]["id"]
    return UUID if shown["type"] == "string" else 7
