"""The connection, the fields and the playbooks as resources, through a real client in both eras."""

import json
from typing import Any

import pytest
from mcp import MCPError
from mcp_types import ResourceTemplateReference

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.playbooks.collection import PLAYBOOKS
from tests.protocol.test_prompts import both_eras
from tests.support.workbench import Era, Workbench, workbench


async def contents(bench: Workbench, uri: str) -> tuple[str | None, str]:
    """Return the kind and the text of what is at an address."""
    (found,) = (await bench.client.read_resource(uri)).contents
    text: Any = found
    return text.mime_type, text.text


@both_eras
async def test_everything_that_is_listed_can_be_read(era: Era) -> None:
    async with workbench(era=era) as bench:
        resources = (await bench.client.list_resources()).resources
        assert bench.requests == []
        for each in resources:
            if each.uri == "outreach://connection":
                continue  # this server of the tests describes none
            kind, text = await contents(bench, each.uri)
            assert kind == each.mime_type
            assert text.strip()
    assert [each.uri for each in resources] == [
        "outreach://connection",
        *(f"outreach://fields/{kind}" for kind in ("prospect", "account", "opportunity")),
        "outreach://playbooks",
        *(f"outreach://playbooks/{each.name}" for each in PLAYBOOKS),
    ]


async def test_the_connection_is_what_its_tool_tells() -> None:
    async def about(_: Policy) -> dict[str, Any]:
        return {"user": {"id": 17, "name": "Maya Okafor"}, "outreach": "sandbox (demo data)"}

    async with workbench([], about=about) as bench:
        kind, text = await contents(bench, "outreach://connection")
        assert (kind, json.loads(text)) == ("application/json", await bench.call("get_connection"))


async def test_fields_are_all_fields_by_their_labels() -> None:
    async with workbench(max_result_tokens=20_000) as bench:
        _, text = await contents(bench, "outreach://fields/prospect")
        answer = json.loads(text)
        first = await bench.call("describe_fields", resource="prospect")
    names = [row[0] for row in answer["rows"]]
    assert "has_more" not in answer
    assert {"Buying role", "title", "emails", "account"} <= set(names)
    assert len(set(names)) == len(names) == answer["returned"] > first["returned"]


async def test_fields_end_where_the_budget_does_and_say_so() -> None:
    async with workbench(max_result_tokens=800) as bench:
        _, text = await contents(bench, "outreach://fields/prospect")
    answer = json.loads(text)
    assert answer["has_more"]
    assert answer["note"] == "describe_fields tells the rest"


@both_eras
async def test_forms_of_addresses_are_listed_and_completed(era: Era) -> None:
    async with workbench([], era=era) as bench:
        found = (await bench.client.list_resource_templates()).resource_templates
        assert [each.uri_template for each in found] == ["outreach://fields/{type}", "outreach://playbooks/{name}"]
        for uri, name, text, values in (
            ("outreach://fields/{type}", "type", "prosp", ["prospect", "prospectNote"]),
            ("outreach://playbooks/{name}", "name", "ma", ["mailbox_health"]),
        ):
            result = await bench.client.complete(ResourceTemplateReference(uri=uri), {"name": name, "value": text})
            assert result.completion.values == values
        kind, text = await contents(bench, "outreach://fields/sequenceState")
        assert kind == "application/json"
        assert '"pauseReason"' in text


@pytest.mark.parametrize(
    "uri",
    ["outreach://fields/nothing", "outreach://fields/", "outreach://playbooks/", "outreach://playbooks/../connection",
     "outreach://", "outreach-export://abc", "file:///etc/passwd", "ui://plan", "outreach://fields/prospect/1"],
)  # fmt: skip
async def test_what_is_not_there_is_refused_in_words(uri: str) -> None:
    async with workbench() as bench:
        with pytest.raises(MCPError) as refused:
            await bench.client.read_resource(uri)
        assert bench.requests == []
    assert str(refused.value) == f"Resource not found: {uri}"
    assert refused.value.error.code == -32602


async def test_what_is_left_out_is_not_among_the_resources() -> None:
    guard = Guard(Policy.of(excluded=["describe_fields", "get_connection", "get_timeline"]), "never")
    async with workbench([], guard=guard) as bench:
        uris = {each.uri for each in (await bench.client.list_resources()).resources}
        templates = (await bench.client.list_resource_templates()).resource_templates
        for uri in ("outreach://connection", "outreach://fields/prospect", "outreach://playbooks/call_preparation"):
            assert uri not in uris
            with pytest.raises(MCPError, match="Resource not found"):
                await bench.client.read_resource(uri)
    assert [each.uri_template for each in templates] == ["outreach://playbooks/{name}"]
    assert "outreach://playbooks/morning_brief" in uris


async def test_excluded_types_have_no_fields() -> None:
    excluded = ["prospects", "options"]
    async with workbench(guard=Guard(Policy.of(excluded=excluded), "never")) as bench:
        _, text = await contents(bench, "outreach://fields/account")
    assert '"name"' in text
