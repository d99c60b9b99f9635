"""Every kind of wrong value, for every attribute that may be written, on every route that writes it."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest

from outreach_sandbox.errors import humanized
from outreach_sandbox.ids import shown_id
from outreach_sandbox.schema import tables
from outreach_sandbox.store import Store
from outreach_tools.catalog import Attribute, ResourceType, resource_types
from tests.sandbox.attribute_values import wrong
from tests.sandbox.service import JSON_API, ORGANISATION, Api, sandbox

WRITTEN = sorted(
    resource.type
    for resource in resource_types().values()
    # Compliance requests are written in words of their own, see their tests.
    if {"create", "update"} & resource.operations and resource.type != "complianceRequest"
)
UPSERTED = [name for name in WRITTEN if {"create", "update"} <= resource_types()[name].operations]


def cases(resource: ResourceType) -> list[tuple[Attribute, Any]]:
    """Every attribute with every wrong value; of the 150 custom fields the first ones and the last."""
    return [
        (attribute, value)
        for attribute in resource.attributes.values()
        if not attribute.read_only and (not attribute.name.startswith("custom") or attribute.name[6:] in "1 2 3 150")
        for value in wrong(resource.type, attribute)
    ]


def contents(store: Store, type_name: str) -> list[Any]:
    links = store.rows("SELECT * FROM links ORDER BY 1, 2, 3")
    return [store.rows(f'SELECT * FROM "{tables()[type_name].write}" ORDER BY id'), links]


async def pointers(api: Api, method: str, path: str, data: object) -> list[str]:
    response = await api.send(method, path, data)
    assert response.status_code == 422, (method, path, data, response.text)
    return [error["source"]["pointer"] for error in response.json()["errors"]]


@pytest.mark.parametrize("type_name", WRITTEN)
async def test_a_wrong_value_is_refused_when_a_record_is_created_or_changed(type_name: str) -> None:
    resource = resource_types()[type_name]
    async with sandbox(ORGANISATION) as api:
        api.store.insert(type_name, {}, 500)
        before = contents(api.store, type_name)
        for attribute, value in cases(resource):
            place = f"/data/attributes/{attribute.name}"
            data = {"type": type_name, "attributes": {attribute.name: value}}
            if "create" in resource.operations:
                assert place in await pointers(api, "POST", f"/{resource.path}", data), (attribute.name, value)
            if "update" in resource.operations:
                identified = {**data, "id": shown_id(resource, 500)}
                found = await pointers(api, "PATCH", f"/{resource.path}/{identified['id']}", identified)
                assert found == [place], (attribute.name, value)
        assert contents(api.store, type_name) == before


@pytest.mark.parametrize("type_name", ["account", "prospect"])
async def test_a_wrong_value_is_refused_when_many_are_changed(type_name: str) -> None:
    async with sandbox(ORGANISATION) as api:
        before = contents(api.store, type_name)
        path = f"/batches/actions/{type_name}sBulkModify?actionParams[skipConfirmation]=true"
        for attribute, value in cases(resource_types()[type_name]):
            for fields in ({attribute.name: value}, {"fieldName": attribute.name, "fieldValue": value}):
                data = {"type": "batch", "attributes": {"ids": [1], **fields}}
                assert await pointers(api, "POST", path, data) == [f"/data/attributes/{attribute.name}"]
        assert await api.ids("/batches") == []
        assert contents(api.store, type_name) == before


@pytest.mark.parametrize("type_name", UPSERTED)
async def test_a_wrong_value_is_refused_when_records_are_upserted(type_name: str) -> None:
    async with sandbox(ORGANISATION) as api:
        api.store.insert(type_name, {}, 500)
        before = contents(api.store, type_name)
        for attribute, value in cases(resource_types()[type_name]):
            given = {"type": type_name, "attributes": {attribute.name: value}}
            attributes = {"dupeMethod": "overwrite", "records": [given, {**given, "id": 500}]}
            answer = await api.send("POST", "/imports/actions/bulkUpsert", {"type": "import", "attributes": attributes})
            done = await api.get(f"/imports/{answer.json()['data']['id']}")
            assert done["data"]["attributes"]["failures"] == 2, (attribute.name, value)
            assert done["data"]["attributes"]["errorReason"].startswith(humanized(attribute.name))
        assert contents(api.store, type_name) == before


# What Python reads as a number, and JSON does not.
SPELLINGS = ("1_000", "1_5.5", "\u0661\u0662", "\uff11", "+5", "nan", "inf", "-Infinity", "0x10", "1e999", "five")
IN_FILES = [
    (name, attribute.name, SPELLINGS)
    for name in ("account", "prospect")
    for attribute in resource_types()[name].attributes.values()
    if attribute.type in {"integer", "number"} and not attribute.read_only and attribute.name[-1] not in "4567890"
]


@pytest.mark.parametrize(
    ("type_name", "attribute", "cells"),
    [("prospect", "custom2", ["-no such-"]), ("prospect", "dateOfBirth", ["-no such-", "soon"]), *IN_FILES],
)
async def test_a_wrong_value_in_a_file_is_refused(type_name: str, attribute: str, cells: Sequence[str]) -> None:
    async with sandbox(ORGANISATION) as api:
        before = contents(api.store, type_name)
        name = "firstName" if type_name == "prospect" else "name"
        link = (await api.send("POST", "/imports/actions/generateUploadLink")).json()["data"]["attributes"]
        await api.http.put(
            link["uploadURL"], content=("Name,Value\n" + "".join(f"New,{cell}\n" for cell in cells)).encode()
        )
        attributes = {
            "dupeMethod": "overwrite",
            "mappings": {"Name": name, "Value": attribute},
            "storageKey": link["storageKey"],
        }
        path = f"/imports/actions/{type_name}sImport"
        answer = await api.send("POST", path, {"type": "import", "attributes": attributes})
        done = await api.get(f"/imports/{answer.json()['data']['id']}")
        assert (done["data"]["attributes"]["failures"], contents(api.store, type_name)) == (
            len(cells),
            before,
        ), json.dumps(done)


@pytest.mark.parametrize(("cell", "stored"), [("7", 7), (" 7 ", 7), ("007", 7)])
async def test_a_number_in_a_file_is_read_as_json_writes_it(cell: str, stored: int) -> None:
    async with sandbox(ORGANISATION) as api:
        link = (await api.send("POST", "/imports/actions/generateUploadLink")).json()["data"]["attributes"]
        await api.http.put(link["uploadURL"], content=f"Name,Value\nNew,{cell}\n".encode())
        mappings = {"Name": "name", "Value": "numberOfEmployees"}
        given = {"dupeMethod": "overwrite", "mappings": mappings, "storageKey": link["storageKey"]}
        await api.send("POST", "/imports/actions/accountsImport", {"type": "import", "attributes": given})
        assert (await api.get("/accounts/3"))["data"]["attributes"]["numberOfEmployees"] == stored


@pytest.mark.parametrize("text", SPELLINGS)
async def test_a_number_in_a_query_is_read_as_json_writes_it(text: str) -> None:
    async with sandbox(ORGANISATION) as api:
        for path in ("/prospects?filter[id]={}", "/accounts?filter[numberOfEmployees]={}", "/prospects?page[size]={}"):
            response = await api.http.get(path.format(quote(text)))
            assert response.status_code == 400, (path, response.text)
        assert (await api.http.get(f"/prospects/{quote(text)}")).status_code == 404


NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999")
BODIES = (
    '{"data": {"type": "TYPE", "id": 1, "attributes": {"a": NUMBER}}}',
    '{"data": {"type": "TYPE", "id": 1, "attributes": {"duties": {"a": [NUMBER]}}}}',
    '{"data": {"type": "TYPE", "id": 1}, "meta": NUMBER}',
)
REQUESTS = [
    *(("POST", f"/{each.path}") for each in resource_types().values() if "create" in each.operations),
    *(("PATCH", f"/{each.path}/1") for each in resource_types().values() if "update" in each.operations),
    *(("DELETE", f"/{each.path}/1") for each in resource_types().values() if "delete" in each.operations),
    *(
        ("POST", f"/{each.path}/{'' if action.collection else '1/'}actions/{name}")
        for each in resource_types().values()
        for name, action in each.actions.items()
    ),
    ("POST", "/webhooks/cleanup"),
]


@pytest.mark.parametrize("number", NO_NUMBERS)
async def test_a_body_with_a_number_that_json_does_not_have_is_refused_everywhere(number: str) -> None:
    async with sandbox(ORGANISATION) as api:
        before = list(api.store.rows("SELECT * FROM user")), list(api.store.rows("SELECT * FROM prospect"))
        for method, path in REQUESTS:
            for body in BODIES:
                content = body.replace("NUMBER", number)
                response = await api.http.request(method, path, content=content, headers={"Content-Type": JSON_API})
                assert response.status_code == 400, (method, path, content, response.text)
                assert response.json()["errors"][0]["detail"] == "The request body is not valid JSON.", (method, path)
        assert before == (list(api.store.rows("SELECT * FROM user")), list(api.store.rows("SELECT * FROM prospect")))


@pytest.mark.parametrize("number", NO_NUMBERS)
async def test_what_lies_beside_the_api_takes_no_such_number_either(number: str) -> None:
    async with sandbox(ORGANISATION, control=True) as api:
        host, headers = "https://api.outreach.io", {"Content-Type": "application/json"}
        fault = f'{{"effect": "hang", "seconds": {number}}}'
        assert (await api.http.post(f"{host}/sandbox/faults", content=fault, headers=headers)).status_code == 422
        given = f'{{"client_id": "sandbox", "client_secret": "sandbox", "more": {number}}}'
        answer = await api.http.post(f"{host}/oauth/token", content=given, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert (await api.http.post(f"{host}/oauth/authorize", content=given, headers=headers)).status_code == 400
