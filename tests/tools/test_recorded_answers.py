"""Answers that the real API gave, read through the real client and answered by a tool without losing an id."""

import json
from typing import Any

import httpx
import pytest

from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import array_at, is_array, member, object_at
from outreach_tools.toolsets import all_tools
from tests.api.recording import answering, client_on
from tests.support.contract_files import RECORDED_ANSWERS, place, wanted

TOOLS: dict[str, Tool] = {tool.name: tool for tool in all_tools()}
PLURALS = {"account": "accounts", "prospect": "prospects", "event": "events"}
NAMES = sorted(path.stem for path in place(RECORDED_ANSWERS).glob("*.json")) or ["none"]


def document(name: str) -> dict[str, Any]:
    """Read a recorded document, or skip what is none of a type that has tools."""
    path = wanted(RECORDED_ANSWERS) / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    records = found.get("data")
    first = records[0] if is_array(records) else records
    if member(first, "type") not in PLURALS:
        pytest.skip("not a document of a type that has tools")
    return found


async def answer_of(tool: str, found: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    client = client_on(answering(httpx.codes.OK, found))
    try:
        return await TOOLS[tool].run(Context(client, 100_000), arguments)
    finally:
        await client.aclose()


def to_one(record: dict[str, Any]) -> dict[str, int]:
    """Return the ids that a record's to-one relationships hold, by the name that an answer gives them."""
    held = {name: member(value, "data", "id") for name, value in object_at(record, "relationships").items()}
    return {f"{name}_id": number for name, number in held.items() if number is not None}


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_list_keeps_every_id(name: str) -> None:
    found = document(name)
    records = array_at(found, "data")
    if not records:
        pytest.skip("a single record")
    page: dict[str, Any] = {"data": records, "meta": found.get("meta")}  # without the link to what was not recorded
    answer = await answer_of(f"list_{PLURALS[records[0]['type']]}", page, {"page_size": 1000})
    assert [row[0] for row in answer["rows"]] == [record["id"] for record in records]


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_record_keeps_its_id_and_those_of_related_records(name: str) -> None:
    found = document(name)
    first = array_at(found, "data")[0] if array_at(found, "data") else object_at(found, "data")
    kind = first["type"]
    answer = await answer_of(f"get_{kind}", {"data": first}, {f"{kind}_id": first["id"]})
    wanted = {"id": first["id"], **to_one(first)}
    assert {key: answer.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("name", NAMES)
async def test_every_attribute_of_a_recorded_record_that_holds_something_can_be_had(name: str) -> None:
    found = document(name)
    first = array_at(found, "data")[0] if array_at(found, "data") else object_at(found, "data")
    kind = first["type"]
    answer = await answer_of(f"get_{kind}", {"data": first}, {f"{kind}_id": first["id"], "fields": ["*"]})
    filled = {key for key, value in object_at(first, "attributes").items() if value not in (None, "", [], {})}
    assert filled <= set(answer)
