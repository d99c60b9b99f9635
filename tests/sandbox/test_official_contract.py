"""Every route of the official contract answers, and every list and get answers a document that is valid by it."""

import json
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from outreach_sandbox.ids import shown_id
from outreach_sandbox.organisation import demo_organisation
from outreach_tools.catalog import resource_type_of_path
from outreach_tools.json_values import is_array, is_object
from tests.sandbox.service import Api, sandbox
from tests.support.contract_files import OPENAPI, place

# They hold the word "finish", which the contract names and for which it allows four characters.
TOO_SHORT = ("primaryReplyAction", "secondaryReplyAction")
META = {"provideAuthorizationMeta": "true", "provideDataConnections": "true"}

pytestmark = pytest.mark.usefixtures("openapi_file")


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place(OPENAPI).read_text(encoding="utf-8"))
    return found


def routes(*methods: str) -> list[tuple[str, str]]:
    """The contract's routes; where its file is missing, one that stands for them and is skipped."""
    if not place(OPENAPI).is_file():
        return [("GET", "/of-the-contract")]
    return [
        (method.upper(), path)
        for path, operations in document()["paths"].items()
        for method in operations
        if method in methods
    ]


def nullable(schema: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into JSON Schema's way of saying it."""
    if is_array(schema):
        return [nullable(each) for each in schema]
    if not is_object(schema):
        return schema
    turned = {name: nullable(value) for name, value in schema.items()}
    if turned.pop("nullable", None) is True and isinstance(turned.get("type"), str):
        turned["type"] = [turned["type"], "null"]
        if "enum" in turned:
            turned["enum"] = [*turned["enum"], None]
    return turned


@pytest.fixture(scope="module")
def openapi(openapi_file: Path) -> dict[str, Any]:
    found: dict[str, Any] = nullable(json.loads(openapi_file.read_text(encoding="utf-8")))
    for name in TOO_SHORT:
        del found["components"]["schemas"]["sequence"]["properties"][name]["maxLength"]
    return found


@pytest.fixture(scope="module")
async def organisation() -> AsyncGenerator[Api]:
    """The demo organisation; the tests that use it only read."""
    async with sandbox(demo_organisation(today=date(2026, 3, 2))) as api:
        yield api


def formats() -> FormatChecker:
    """The formats that the contract names, told without further libraries."""
    checker = FormatChecker(formats=())

    def in_whole(pattern: str) -> Callable[[object], bool]:
        return lambda value: not isinstance(value, str) or re.fullmatch(pattern, value) is not None

    checker.checks("date-time")(in_whole(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"))
    checker.checks("date")(in_whole(r"\d{4}-\d\d-\d\d"))
    checker.checks("uri")(in_whole(r"https://[!-~]+"))
    checker.checks("email")(in_whole(r"[^@\s]+@[^@\s]+"))
    return checker


def violations(openapi: dict[str, Any], path: str, answer: dict[str, Any]) -> Iterator[str]:
    (media,) = openapi["paths"][path]["get"]["responses"]["200"]["content"].values()
    schema = {**media["schema"], "components": openapi["components"]}
    validator: Any = Draft202012Validator(schema, format_checker=formats())  # its stubs are not fully typed
    for error in validator.iter_errors(answer):
        yield f"{error.json_path}: {error.message[:200]}"


def an_id(api: Api, path: str) -> int | str:
    resource = resource_type_of_path(path)
    assert resource is not None
    ((found,),) = api.store.rows(f'SELECT MIN(id) FROM "{resource.type}"')
    return shown_id(resource, int(found))


@pytest.mark.parametrize("path", [path for _, path in routes("get") if "{" not in path])
async def test_every_list_of_the_contract_answers_records_that_are_valid_by_it(
    openapi: dict[str, Any], organisation: Api, path: str
) -> None:
    answer = await organisation.get(path, **{"page[size]": "100"}, **META)
    assert (bool(answer["data"]), list(violations(openapi, path, answer))) == (True, [])


@pytest.mark.parametrize("path", [path for _, path in routes("get") if "{" in path])
async def test_every_get_of_the_contract_answers_a_record_that_is_valid_by_it(
    openapi: dict[str, Any], organisation: Api, path: str
) -> None:
    answer = await organisation.get(path.replace("{id}", str(an_id(organisation, path))), **META)
    assert (bool(answer["data"]["attributes"]), list(violations(openapi, path, answer))) == (True, [])


@pytest.mark.parametrize("path", [path for _, path in routes("get") if "{" in path])
async def test_every_link_of_a_record_leads_to_a_document_or_to_what_the_contract_does_not_have(
    openapi: dict[str, Any], organisation: Api, path: str
) -> None:
    record = (await organisation.get(path.replace("{id}", str(an_id(organisation, path)))))["data"]
    related = [each["links"]["related"] for each in record.get("relationships", {}).values() if "links" in each]
    statuses = {link: (await organisation.http.get(link)).status_code for link in [record["links"]["self"], *related]}
    lists = openapi["paths"]
    foreign = {link for link in related if "get" not in lists.get(httpx.URL(link).path.removeprefix("/api/v2"), {})}
    assert statuses == {link: 404 if link in foreign else 200 for link in statuses}


async def test_every_route_of_the_contract_exists(api: Api) -> None:
    missing: list[str] = []
    for method, path in routes("get", "post", "patch", "delete"):
        response = await api.send(method, path.replace("{id}", "1"), {} if method in {"POST", "PATCH"} else None)
        refusal = response.json().get("errors", [{}])[0].get("id") if response.content else None
        if response.status_code >= 500 or refusal == "routeNotFound":
            missing.append(f"{method} {path}: {response.status_code} {refusal}")
    assert missing == []
