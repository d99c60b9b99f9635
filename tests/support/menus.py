"""Checks of what a client finds in a server's menus, over any transport: prompts, completions, resources, pictures."""

import json
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client import ClientExtension, advertise
from mcp_types import PromptReference, ResourceTemplateReference, TextResourceContents

from outreach_mcp.protocol.apps import APPROVES, EXTENSION, MIME_TYPE, PICTURED
from outreach_mcp.protocol.pictures.showing import BESIDE
from outreach_tools.playbooks.collection import PLAYBOOKS
from tests.support.answers import said


def shows_pictures() -> list[ClientExtension]:
    """Return what a client says of itself that shows pictures."""
    return [advertise(EXTENSION, {"mimeTypes": [MIME_TYPE]})]


async def check_prompts(client: Client) -> None:
    """See that the playbooks are listed, filled in and completed, of the demo organisation."""
    prompts = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in prompts] == [each.name for each in PLAYBOOKS]
    (message,) = (await client.get_prompt("call_preparation", {"prospect": "Theo Weber"})).messages
    text: Any = message.content
    assert '`get_prospect {"prospect_id": "Theo Weber"}`' in text.text
    with pytest.raises(MCPError, match="call_preparation needs prospect"):
        await client.get_prompt("call_preparation", {})
    for name, argument, begun, value in (
        ("morning_brief", "owner", "ma", "Maya Okafor"),
        ("sequence_tune_up", "sequence", "inb", "Inbound Demo Request"),
        ("account_review", "account", "Acm", "Acme Inc"),
        ("call_preparation", "prospect", "Theo", "Theo Weber"),
    ):
        found = await client.complete(PromptReference(name=name), {"name": argument, "value": begun})
        assert value in found.completion.values


async def check_resources(client: Client) -> None:
    """See that each resource that is listed can be read, and the forms of addresses are completed."""
    listed = [str(each.uri) for each in (await client.list_resources()).resources]
    assert {"outreach://connection", "outreach://fields/prospect", "outreach://playbooks/hand_over"} <= {*listed}
    for uri in listed:
        (contents,) = (await client.read_resource(uri)).contents
        assert isinstance(contents, TextResourceContents)
        assert (contents.uri, bool(contents.text)) == (uri, True)
    with pytest.raises(MCPError, match="Resource not found"):
        await client.read_resource("outreach://nothing")
    forms = [each.uri_template for each in (await client.list_resource_templates()).resource_templates]
    assert forms == ["outreach://fields/{type}", "outreach://playbooks/{name}"]
    for form, variable, begun, value in (
        (forms[0], "type", "seq", "sequence"),
        (forms[1], "name", "re", "reply_triage"),
    ):
        found = await client.complete(ResourceTemplateReference(uri=form), {"name": variable, "value": begun})
        assert value in found.completion.values


async def check_pictures(client: Client, *, shown: bool) -> None:
    """See that pictures are told to a client that shows them, and a plan's rows and seal to it alone."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert {name: (tools[name].meta or {})["ui"]["resourceUri"] for name in PICTURED} == PICTURED
    assert (APPROVES in tools) is shown
    listed = [str(each.uri) for each in (await client.list_resources()).resources]
    assert {uri for uri in listed if uri.startswith("ui:")} == ({*PICTURED.values()} if shown else set())
    for uri in {*PICTURED.values()}:
        (contents,) = (await client.read_resource(uri)).contents
        assert isinstance(contents, TextResourceContents)
        assert (contents.mime_type, contents.text[:15]) == (MIME_TYPE, "<!doctype html>")
    beside, _ = await planned(client, [401, 402], "Seen")
    assert ("approval" in beside, len(beside.get("rows", ()))) == ((True, 2) if shown else (False, 0))


async def check_approval(client: Client, title: str) -> None:
    """See that what is approved in a plan's picture is applied once, and to the rows that were left ticked."""
    before = await title_of(client, 402)
    beside, plan_id = await planned(client, [401, 402], title)
    guessed = await client.call_tool(APPROVES, {"plan_id": plan_id, "approval": "0" * 64})
    assert guessed.is_error
    assert await title_of(client, 401) != title
    given = {"plan_id": plan_id, "approval": beside["approval"], "without": [1]}
    answer = json.loads(said(await client.call_tool(APPROVES, given)))
    while answer["state"] in ("queued", "running"):
        answer = json.loads(said(await client.call_tool("get_job", {"job_id": answer["job_id"]})))
    assert (answer["state"], answer["done"]) == ("done", 1)
    assert (await title_of(client, 401), await title_of(client, 402)) == (title, before)
    again = await client.call_tool(APPROVES, given)
    assert (again.is_error, "applied already" in said(again)) == (True, True)


async def planned(client: Client, ids: list[int], title: str) -> tuple[dict[str, Any], str]:
    """Plan a new title of some prospects; return what stands beside the answer, and the plan's id."""
    given = {"resource": "prospect", "ids": ids, "attributes": json.dumps({"title": title})}
    result = await client.call_tool("plan_change", given)
    assert not result.is_error, result.content
    return (result.meta or {}).get(BESIDE, {}), json.loads(said(result))["plan_id"]


async def title_of(client: Client, number: int) -> str:
    """Return the title of a prospect, empty where it has none."""
    answer = json.loads(said(await client.call_tool("get_prospect", {"prospect_id": number})))
    return str(answer.get("title", ""))
