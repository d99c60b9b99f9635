"""Structured content for clients that write code: on request, true to its schema, and the same as the text."""

import json
from typing import Any

import jsonschema
import pytest
from mcp_types import TextContent

from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import API, Era, workbench

ERAS: tuple[Era, ...] = ("legacy", "auto")
RECORDS = [
    Record("user", 1, {"firstName": "Sally", "lastName": "Smith"}),
    Record("account", 5, {"name": "Acme"}),
    Record("prospect", 7, {"firstName": "Ann", "lastName": "Lee"}, {"account": Identifier("account", 5)}),
    Record("task", 11, {"action": "call", "state": "incomplete"}, {"subject": Identifier("prospect", 7)}),
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_prospects", {}),
    ("list_prospects", {"filters": [{"field": "firstName", "criteria": "Nobody"}]}),
    ("list_account_options", {}),
    ("get_prospect", {"prospect_id": 7}),
    ("create_account", {"attributes": {"name": "Initech"}}),
    ("update_prospect", {"prospect_id": 7, "attributes": {"title": "CEO"}}),
    ("set_task_action", {"task_id": 11, "action": "markComplete"}),
    ("execute_link", {"link": f"{API}/prospects"}),
    ("execute_link", {"link": f"{API}/prospects/7"}),
    ("raw_http_request", {"method": "GET", "path": "/accounts/5"}),
    ("delete_prospect", {"prospect_id": 7}),
]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_structured_content_is_the_text_and_fits_its_schema(
    tool: str, arguments: dict[str, Any], era: Era
) -> None:
    async with workbench(RECORDS, era=era, structured=True) as bench:
        schemas = {each.name: each.output_schema for each in (await bench.client.list_tools()).tools}
        result = await bench.client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    assert result.structured_content == json.loads(content.text)
    jsonschema.validate(result.structured_content, schemas[tool] or False)


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_has_a_small_schema_of_an_object(era: Era) -> None:
    async with workbench([], era=era, structured=True) as bench:
        schemas = [tool.output_schema or {} for tool in (await bench.client.list_tools()).tools]
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)
    assert {schema.get("type") for schema in schemas} == {"object"}
    assert max(len(json.dumps(schema)) for schema in schemas) <= 600


@pytest.mark.parametrize("era", ERAS)
async def test_a_failed_call_has_no_structured_content(era: Era) -> None:
    async with workbench(RECORDS, era=era, structured=True) as bench:
        result = await bench.client.call_tool("get_prospect", {"prospect_id": 99})
    assert (result.is_error, result.structured_content) == (True, None)


@pytest.mark.parametrize("era", ERAS)
async def test_by_default_there_is_neither_schema_nor_structured_content(era: Era) -> None:
    async with workbench(RECORDS, era=era) as bench:
        schemas = [tool.output_schema for tool in (await bench.client.list_tools()).tools]
        result = await bench.client.call_tool("list_prospects", {})
    assert (set(map(type, schemas)), result.structured_content) == ({type(None)}, None)
