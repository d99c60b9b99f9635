"""Every kind of wrong value, for every attribute that may be written, on every route that writes it."""

import json
from typing import Any

import pytest

from outreach_mcp.sandbox.errors import humanized
from outreach_mcp.sandbox.ids import shown_id
from outreach_mcp.sandbox.schema import tables
from outreach_mcp.sandbox.store import Store
from outreach_tools.catalog import Attribute, ResourceType, resource_types
from tests.sandbox.attribute_values import wrong
from tests.sandbox.service import ORGANISATION, Api, sandbox

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


@pytest.mark.parametrize(
    ("type_name", "attribute"),
    [("prospect", "custom2"), ("prospect", "score"), ("prospect", "dateOfBirth"), ("account", "numberOfEmployees")],
)
async def test_a_wrong_value_in_a_file_is_refused(type_name: str, attribute: str) -> None:
    async with sandbox(ORGANISATION) as api:
        before = contents(api.store, type_name)
        name = "firstName" if type_name == "prospect" else "name"
        link = (await api.send("POST", "/imports/actions/generateUploadLink")).json()["data"]["attributes"]
        await api.http.put(link["uploadURL"], content=b"Name,Value\nNew,-no such-\n")
        attributes = {
            "dupeMethod": "overwrite",
            "mappings": {"Name": name, "Value": attribute},
            "storageKey": link["storageKey"],
        }
        path = f"/imports/actions/{type_name}sImport"
        answer = await api.send("POST", path, {"type": "import", "attributes": attributes})
        done = await api.get(f"/imports/{answer.json()['data']['id']}")
        assert (done["data"]["attributes"]["failures"], contents(api.store, type_name)) == (1, before), json.dumps(done)
