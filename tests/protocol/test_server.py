"""The MCP side, through a real client in both protocol eras."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, overload

import anyio
import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.instructions import INSTRUCTIONS
from outreach_mcp.protocol.server import Guard, build_server
from outreach_tools.client import JsonObject, MissingScope
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.tool import Context, Tool
from tests.support.workbench import Unused

Era = Literal["legacy", "auto"]
ERAS: tuple[Era, ...] = ("legacy", "auto")
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"task_id": {"type": "integer", "description": "The task's id"}},
    "additionalProperties": False,
}


OPEN = Guard(Policy.of(), "never")


class Counted(Sequence[Tool]):
    """A list of tools that counts how often it is read."""

    def __init__(self, *tools: Tool) -> None:
        self.tools = tools
        self.readings = 0

    @overload
    def __getitem__(self, index: int) -> Tool: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tool]: ...
    def __getitem__(self, index: int | slice) -> Tool | Sequence[Tool]:
        return self.tools[index]

    def __len__(self) -> int:
        return len(self.tools)

    def __iter__(self) -> Iterator[Tool]:
        self.readings += 1
        return iter(self.tools)


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    chosen: Era = request.param
    return chosen


def a_tool(
    run: Callable[[Context, JsonObject], Awaitable[JsonObject]] | None = None,
    *,
    name: str = "get_task",
    read_only: bool = True,
) -> Tool:
    async def echo(_: Context, arguments: JsonObject) -> JsonObject:
        return {"arguments": arguments}

    return Tool(
        name=name,
        title="Get a task",
        description="Read one task.",
        input_schema=SCHEMA,
        run=run or echo,
        read_only=read_only,
        destructive=not read_only,
        idempotent=read_only,
    )


def failing(error: Exception) -> Callable[[Context, JsonObject], Awaitable[JsonObject]]:
    async def run(_: Context, __: JsonObject) -> JsonObject:
        raise error

    return run


async def call(era: Era, tool: Tool, arguments: dict[str, Any] | None = None) -> CallToolResult:
    async with Client(build_server([tool], Unused(), OPEN), mode=era) as client:
        return await client.call_tool(tool.name, arguments)


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def test_tools_are_listed_in_the_order_given(era: Era) -> None:
    tools = [a_tool(name=name) for name in ("list_tasks", "get_task", "delete_task")]
    async with Client(build_server(tools, Unused(), OPEN), mode=era) as client:
        listed = await client.list_tools()
    assert [tool.name for tool in listed.tools] == ["list_tasks", "get_task", "delete_task"]


async def test_a_tool_is_listed_with_its_words_schema_and_all_four_annotations(era: Era) -> None:
    async with Client(build_server([a_tool(read_only=False)], Unused(), OPEN), mode=era) as client:
        (listed,) = (await client.list_tools()).tools
    assert listed.model_dump(by_alias=True, exclude_none=True) == {
        "name": "get_task",
        "title": "Get a task",
        "description": "Read one task.",
        "inputSchema": SCHEMA,
        "annotations": {
            "readOnlyHint": False,
            "destructiveHint": True,
            "idempotentHint": False,
            "openWorldHint": True,
        },
    }


async def test_the_list_is_made_once_for_all_clients_of_a_protocol_version(era: Era) -> None:
    tools = Counted(a_tool())
    server = build_server(tools, Unused(), OPEN)
    async with Client(server, mode=era) as client:
        first = await client.list_tools()
    readings = tools.readings
    async with Client(server, mode=era) as client:
        second = await client.list_tools()
    assert (first.tools, readings) == (second.tools, tools.readings)


async def test_a_page_of_tools_that_does_not_exist_is_a_protocol_error(era: Era) -> None:
    async with Client(build_server([a_tool()], Unused(), OPEN), mode=era) as client:
        await client.list_tools()
        with pytest.raises(MCPError) as refused:
            await client.list_tools(cursor="2")
    assert refused.value.error.code == INVALID_PARAMS


async def test_a_client_of_the_new_era_may_keep_the_list_for_five_minutes() -> None:
    async with Client(build_server([a_tool()], Unused(), OPEN), mode="auto") as client:
        listed = await client.list_tools()
    assert (listed.ttl_ms, listed.cache_scope) == (300_000, "public")


async def test_an_answer_is_one_text_without_structured_content(era: Era) -> None:
    result = await call(era, a_tool(), {"task_id": 7})
    assert (text(result), result.is_error, result.structured_content) == ('{"arguments":{"task_id":7}}', False, None)


async def test_a_call_without_arguments_reaches_the_tool_with_none_set(era: Era) -> None:
    assert text(await call(era, a_tool())) == '{"arguments":{}}'


async def test_an_unknown_tool_is_a_protocol_error_that_names_it(era: Era) -> None:
    async with Client(build_server([a_tool()], Unused(), OPEN), mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("get_tasks", {})
    assert (refused.value.error.code, refused.value.error.message) == (INVALID_PARAMS, "Unknown tool: get_tasks")


@pytest.mark.parametrize(
    "error",
    [
        ArgumentError("task_id is missing"),
        OutreachError("Outreach could not find task 7"),
        MissingScope("the token lacks tasks.read", "tasks.read"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_an_expected_error_is_a_failed_result_with_its_message(era: Era, error: Exception) -> None:
    result = await call(era, a_tool(failing(error)))
    assert (text(result), result.is_error) == (str(error), True)


async def test_a_fault_of_a_reading_tool_says_that_nothing_was_changed(era: Era) -> None:
    result = await call(era, a_tool(failing(KeyError("secret"))))
    assert (text(result), result.is_error) == (
        "get_task failed because of a fault in this server; the details are in its log. Nothing was changed.",
        True,
    )


async def test_a_fault_of_a_writing_tool_says_that_its_effect_is_unknown(era: Era) -> None:
    result = await call(era, a_tool(failing(KeyError("secret")), name="update_task", read_only=False))
    assert (text(result), result.is_error) == (
        "update_task failed because of a fault in this server; the details are in its log. "
        "Its effect is not known: read the record before trying again.",
        True,
    )


async def test_a_fault_is_logged_with_its_traceback(era: Era, caplog: pytest.LogCaptureFixture) -> None:
    fault = KeyError("attributes")
    await call(era, a_tool(failing(fault)))
    (record,) = [record for record in caplog.records if record.name == "outreach_mcp.protocol.invocation"]
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is fault


async def test_a_call_that_the_client_cancels_ends_the_tool(caplog: pytest.LogCaptureFixture, era: Era) -> None:
    started, ended = anyio.Event(), anyio.Event()

    async def run(_: Context, __: JsonObject) -> JsonObject:
        started.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return {}

    with anyio.fail_after(10):
        async with (
            Client(build_server([a_tool(run)], Unused(), OPEN), mode=era) as client,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(client.call_tool, "get_task")
            await started.wait()
            tasks.cancel_scope.cancel()
        await ended.wait()
    assert not [record for record in caplog.records if record.name == "outreach_mcp.protocol.invocation"]


async def test_half_a_surrogate_pair_in_an_answer_does_not_end_the_connection(era: Era) -> None:
    async def run(_: Context, __: JsonObject) -> JsonObject:
        raise OutreachError("the subject is 'half \ud83d'")

    assert text(await call(era, a_tool(run))) == "the subject is 'half '"


async def test_the_server_tells_its_name_and_its_instructions(era: Era) -> None:
    tools = [a_tool(name="list_user_options")]
    async with Client(build_server(tools, Unused(), OPEN), mode=era) as client:
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.title) == ("outreach", "Outreach")
        assert client.instructions == INSTRUCTIONS


def test_the_instructions_are_short_enough_to_be_shown_whole() -> None:
    assert len(INSTRUCTIONS.encode()) < 2000


async def test_the_instructions_tell_of_drop_downs_where_there_are_any() -> None:
    told: list[bool] = []
    for name in ("list_user_options", "list_tasks"):
        async with Client(build_server([a_tool(name=name)], Unused(), OPEN)) as client:
            told.append("list_*_options" in (client.instructions or ""))
    assert told == [True, False]


def test_two_tools_of_one_name_do_not_start() -> None:
    with pytest.raises(ValueError, match="two tools are named 'get_task'"):
        build_server([a_tool(), a_tool()], Unused(), OPEN)


def test_the_schema_of_a_tool_is_found_without_listing_the_tools() -> None:
    tools = Counted(a_tool())
    server = build_server(tools, Unused(), OPEN)
    readings = tools.readings
    assert server.get_tool_input_schema is not None
    found = server.get_tool_input_schema("get_task"), server.get_tool_input_schema("get_tasks")
    assert (found, tools.readings) == ((None, None), readings)


def test_a_schema_is_looked_through_at_calls_only_where_an_argument_comes_in_a_header() -> None:
    schema: JsonObject = {"type": "object", "properties": {"id": {"type": "integer", "x-mcp-header": "Id"}}}
    server = build_server([replace(a_tool(), input_schema=schema)], Unused(), OPEN)
    assert server.get_tool_input_schema is not None
    assert server.get_tool_input_schema("get_task") == schema


async def test_no_caller_changes_what_the_server_says_of_itself() -> None:
    server = build_server([a_tool()], Unused(), OPEN)
    before = server.server_info.model_dump(by_alias=True, mode="json", exclude_none=True)
    server.server_info_stamp["name"] = "another"
    assert server.server_info_stamp == before
