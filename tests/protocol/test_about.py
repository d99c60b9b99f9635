"""The answers of get_connection, through a real client on a server with a sandbox on the other side."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import httpx
from mcp import Client
from mcp_types import TextContent
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.access import SANDBOX_TOKENS, Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.faults import Fault, Faults
from outreach_tools.engine.tool import Tool
from outreach_tools.resources.connection import GET_CONNECTION
from outreach_tools.toolsets import OPT_IN, SALES, all_tools
from tests.sandbox.service import ORGANISATION
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW, workbench

O200K = bpe_openai.get_encoding("o200k_base")
SETTINGS = Settings(access_token=SecretStr("sandbox"), time_zone="Europe/Berlin")
FEW = frozenset({"prospects.read", "tasks.read", "users.read"})


@asynccontextmanager
async def connected(
    policy: Policy,
    *,
    settings: Settings = SETTINGS,
    faults: Faults | None = None,
    tokens: Mapping[str, Access] = SANDBOX_TOKENS,
) -> AsyncGenerator[Client]:
    store = sandbox_store(ORGANISATION)
    app = build_sandbox(store, tokens=tokens, clock=lambda: NOW, faults=faults)
    outreach = OutreachClient(
        API, BearerToken(SecretStr("sandbox")), transport=httpx.ASGITransport(app), clock=Clock(now=lambda: NOW)
    )
    server = build_server(all_tools(), outreach, Guard(policy), about=partial(about, outreach, settings))
    try:
        async with Client(server) as client:
            yield client
        await outreach.aclose()
    finally:
        store.close()


async def told(client: Client, *, fails: bool = False) -> dict[str, Any]:
    failed, text = await outcome(client, "get_connection")
    assert failed == fails, text
    assert len(O200K.encode(text)) <= 250
    answer: dict[str, Any] = json.loads(text)
    return answer


async def outcome(client: Client, tool: str, **arguments: Any) -> tuple[bool, str]:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    return bool(result.is_error), content.text


def tokens_of(tool: Tool) -> int:
    definition = {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
    return len(O200K.encode(json.dumps(definition, ensure_ascii=False, separators=(",", ":"))))


def test_its_definition_costs_at_most_50_tokens() -> None:
    assert tokens_of(GET_CONNECTION) <= 50


def test_a_seller_has_it() -> None:
    assert "get_connection" in SALES


async def test_it_tells_who_acts_where_and_how_many_calls_are_left() -> None:
    async with connected(Policy.of()) as client:
        answer = await told(client)
    assert answer == {
        "user": {"id": 1, "name": "Uma Stone", "email": "uma@us.example"},
        "organisation": "Sandbox",
        "outreach": "api.outreach.io",
        "read_only": False,
        "calls_left_this_hour": 9998,
        "calls_reset_at": "2026-11-18T16:30:00Z",
        "time_zone": "Europe/Berlin",
        "custom_fields": "describe_fields tells their labels",
    }


async def test_it_points_to_no_tool_that_is_left_out() -> None:
    async with connected(Policy.of(excluded=["describe_fields"])) as client:
        assert "custom_fields" not in await told(client)


async def test_in_the_sandbox_it_says_so() -> None:
    async with connected(Policy.of(), settings=Settings(sandbox=True)) as client:
        assert (await told(client))["outreach"] == "sandbox (demo data)"


async def test_it_names_what_the_settings_leave_out() -> None:
    chosen = ["all"]
    policy = Policy.of(chosen, excluded=["people", "delete_task"], read_only=True)
    async with connected(policy) as client:
        answer = await told(client)
    # What read-only leaves out is said by that word; what tells of people goes with them.
    left_out = ["all people", "list_user_options", "list_mailbox_options", "list_phone_number_options", "list_audits"]
    assert (answer["read_only"], answer["left_out_by_settings"]) == (True, left_out)


async def test_it_names_the_scopes_that_the_token_lacks_and_some_of_what_they_leave_out() -> None:
    async with connected(Policy(Policy.of(["tasks", "connection"]).tools, granted=FEW)) as client:
        answer = await told(client)
    assert answer["scopes_missing"] == ["tasks.delete", "tasks.write"]
    assert answer["left_out_for_scopes"] == ["create_task", "delete_task", "update_task", "set_task_action"]


async def test_where_nearly_everything_is_left_out_its_answer_stays_small() -> None:
    granted = frozenset({"users.read"})
    async with connected(Policy(Policy.of(excluded=["prospects", "get_task"]).tools, granted=granted)) as client:
        answer = await told(client)
    assert answer["left_out_for_scopes"][-1].startswith("and ")


async def test_where_outreach_refuses_it_says_so_and_tells_the_rest() -> None:
    async with connected(Policy.of(), tokens={}) as client:
        answer = await told(client, fails=True)
    assert answer["failed"].startswith("Outreach refused GET / with 401")
    assert (answer["outreach"], answer["read_only"], "user" in answer) == ("api.outreach.io", False, False)


async def test_where_outreach_fails_only_now_the_user_is_still_known() -> None:
    faults = Faults()
    async with connected(Policy.of(), faults=faults) as client:
        await told(client)
        faults.add(Fault(503, times=None))
        answer = await told(client, fails=True)
    assert (answer["user"]["id"], answer["failed"].startswith("Outreach failed on GET /users/1 with 503")) == (1, True)


async def test_without_the_scope_for_users_what_the_root_says_is_told() -> None:
    async with connected(Policy.of(), tokens={"sandbox": Access(user=2, scopes=frozenset())}) as client:
        answer = await told(client)
    assert (answer["user"]["id"], "failed" in answer) == (2, False)


async def test_it_takes_no_arguments() -> None:
    async with connected(Policy.of()) as client:
        failed, text = await outcome(client, "get_connection", verbose=True)
    assert (failed, text) == (True, "get_connection takes no arguments, and was given 'verbose'")


async def test_tools_whose_scope_is_known_to_be_missing_are_not_listed() -> None:
    policy = Policy(Policy.of(["tasks", "connection"]).tools, granted=FEW)
    async with connected(policy) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
    assert listed == {"get_task", "list_tasks", "get_connection", "describe_fields"}


async def test_where_scopes_are_missing_the_instructions_say_so_in_one_line() -> None:
    policy = Policy(Policy.of(["tasks", "connection"]).tools, granted=FEW)
    async with connected(policy) as client:
        lines = [line for line in (client.instructions or "").splitlines() if "scopes" in line]
    assert lines == ["Left out: 4 tools whose scopes the token lacks; get_connection names them."]


async def test_a_tool_that_is_left_out_for_a_scope_says_which_when_it_is_called() -> None:
    policy = Policy(Policy.of(["tasks"]).tools, granted=FEW)
    async with connected(policy) as client:
        failed, text = await outcome(client, "delete_task", task_id=1)
    assert (failed, text) == (
        True,
        "delete_task cannot be used: The token lacks the scope tasks.delete: add what is missing to the app in "
        "Outreach, log in again and restart this server. Nothing was sent.",
    )


async def test_a_raw_request_that_needs_a_missing_scope_is_refused_before_it_is_sent() -> None:
    async with workbench(guard=Guard(Policy(Policy.of().tools, granted=FEW), "never")) as bench:
        message = await bench.refused("raw_http_request", method="DELETE", path="/tasks/1")
        assert bench.sent() == []
        await bench.call("raw_http_request", method="GET", path="/tasks")
    assert "The token lacks the scope tasks.delete" in message


async def test_what_is_known_of_no_scopes_leaves_nothing_out() -> None:
    async with connected(Policy.of()) as client:
        assert len((await client.list_tools()).tools) == len(all_tools()) - len(OPT_IN)
