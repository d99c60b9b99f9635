"""The gate: nothing reaches Outreach that the settings do not allow, whichever tool, link or raw request tries."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from mcp import MCPError

from outreach_mcp.guard.policy import Policy, UnknownToolError
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import resource_type, resource_types
from outreach_tools.catalog.operation_names import names_by_operation
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import ADMIN, OPT_IN, PRESETS, all_tools, toolsets
from tests.support.workbench import API, Workbench, workbench
from tests.tools.test_lists import people
from tests.tools.test_wrong_input import good_arguments

READ_ONLY = Guard(Policy.of(read_only=True), "never")
TOOLS = all_tools()
USUAL = [tool for tool in TOOLS if tool.name not in OPT_IN]
FREE = ("execute_link", "raw_http_request")
# What they ask for, others have to be offered for.
BULK = [tool.name for tool in TOOLS if tool.borrows]
VARIANTS = ("{}", "{}/", "/api/v2{}", "{}.json", "{}?a=b", API + "{}", API + "{}/")
"""Ways to write one path: as it is, with a slash, with the base path, Rails' format suffix, a query, absolute."""


def excluding(*names: str) -> Guard:
    return Guard(Policy.of(excluded=names), "never")


def requests_of(tool: Tool) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Yield the raw requests that do what a tool does: method, path and body."""
    for kind, what in tool.operations:
        path = f"/{resource_type(kind).path}"
        body = {"data": {"type": kind, "id": 456, "attributes": {"name": "x"}}}
        if what == "list":
            yield "GET", path, None
        elif what == "create":
            yield "POST", path, {"data": {"type": kind, "attributes": {"name": "x"}}}
        elif what == "get":
            yield "GET", f"{path}/456", None
        elif what == "update":
            yield "PATCH", f"{path}/456", body
            yield "PUT", f"{path}/456", body
        elif what == "delete":
            yield "DELETE", f"{path}/456", None
        else:
            yield "POST", f"{path}/456/actions/{what.removeprefix('action:')}", None


def encoded(path: str) -> Iterator[str]:
    """Yield other writings of a path that some server might read as the same: encoded, doubled, of another case."""
    letter = path[1]
    yield f"/%{ord(letter):02x}{path[2:]}"
    yield f"/%25{ord(letter):02x}{path[2:]}"
    yield f"/x/..{path}"
    yield f"/x/%2e%2e{path}"
    yield f"/.{path}"
    yield f"/{path}"
    yield path.upper()
    yield f"/{letter.upper()}{path[2:]}"
    yield f"{path};x"


async def attempts(bench: Workbench, tool: Tool) -> list[str]:
    """Try to do what a tool does by request, link and operation, in every spelling; return what reached Outreach."""
    for kind, what in tool.operations:
        name = names_by_operation()[kind, what]
        own: dict[str, Any] = {"id": 456}
        new: dict[str, Any] = {"attributes": {"name": "x"}}
        for given in ({}, own, {**own, **new}, new):
            for general in ("read_operation", "change_operation", "delete_operation"):
                with contextlib.suppress(MCPError):  # the one that is not offered
                    await bench.outcome(general, {"operation": name, "arguments": given})
    for method, path, body in requests_of(tool):
        for target in (*(variant.format(path) for variant in VARIANTS), *encoded(path)):
            arguments = {"method": method, "path": target, **({"body": body} if body else {})}
            await bench.outcome("raw_http_request", arguments)
            if method == "GET":
                await bench.outcome("execute_link", {"link": target if "://" in target else API + path})
        if method != "GET":
            override = {"method": "POST", "path": path, "query": {"_method": method.lower()}}
            await bench.outcome("raw_http_request", override)
            await bench.outcome("raw_http_request", {**override, "query": {}, "body": {"_method": method.lower()}})
    return bench.sent()


def of_tools(tools: list[Tool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tool", [pytest.param(tool, id=tool.name) for tool in tools])


WRITERS = [tool for tool in TOOLS if not tool.read_only and tool.operations]
NAMED = [
    tool for tool in TOOLS if tool.operations and tool.toolset != "options" and not tool.figures and not tool.partial
]
REPORTS = [tool for tool in TOOLS if tool.figures]


@of_tools(NAMED)
async def test_the_attempts_of_these_tests_do_reach_outreach_where_nothing_forbids_them(tool: Tool) -> None:
    async with workbench([], guard=Guard(Policy.of(["default", ADMIN]), "never")) as bench:
        reached = set(await attempts(bench, tool))
    assert {f"{method} {path}" for method, path, _ in requests_of(tool) if method != "PUT"} <= reached


@of_tools(WRITERS)
async def test_read_only_lists_no_tool_that_writes_and_calls_none(tool: Tool) -> None:
    async with workbench([], guard=READ_ONLY) as bench:
        listed = {each.name for each in (await bench.client.list_tools()).tools}
        with pytest.raises(Exception, match="Unknown tool"):
            await bench.client.call_tool(tool.name, good_arguments(tool))
        assert bench.sent() == []
    assert tool.name not in listed


@of_tools(WRITERS)
async def test_read_only_lets_no_change_through_by_any_other_way(tool: Tool) -> None:
    async with workbench([], guard=READ_ONLY) as bench:
        assert await attempts(bench, tool) == []


@of_tools(NAMED)
async def test_what_an_excluded_tool_could_do_no_other_way_does(tool: Tool) -> None:
    twins = [each.name for each in NAMED if each.operations & tool.operations]
    async with workbench([], guard=excluding(*twins)) as bench:
        listed = {each.name for each in (await bench.client.list_tools()).tools}
        assert await attempts(bench, tool) == []
    assert listed.isdisjoint(twins)


@of_tools(
    [tool for tool in NAMED if tool.name not in OPT_IN and not tool.alone]
)  # what is not offered anyway closes nothing
async def test_what_is_not_in_the_chosen_toolset_no_way_does(tool: Tool) -> None:
    others = [name for name in toolsets() if name not in (*PRESETS, "options", ADMIN, tool.toolset)]
    # A report reads what it tells figures of, and opens none of it; nor does a timeline.
    opening = [each for each in TOOLS if each.toolset in others and not (each.figures or each.partial or each.alone)]
    allowed = {op for each in opening for op in each.operations}
    assert not tool.operations & allowed
    async with workbench([], guard=Guard(Policy.of(others), "never")) as bench:
        assert await attempts(bench, tool) == []


@of_tools(REPORTS)
async def test_a_report_that_is_chosen_alone_works_and_opens_none_of_its_types(tool: Tool) -> None:
    kinds = {kind for kind, _ in tool.operations}
    async with workbench(guard=Guard(Policy.of([tool.name, "raw_http_request"]), "never")) as bench:
        await bench.call(tool.name)
        for kind in kinds:
            before = len(bench.sent())
            path = f"/{resource_type(kind).path}"
            assert "do not choose" in await bench.refused("raw_http_request", method="GET", path=path)
            assert len(bench.sent()) == before


@of_tools(REPORTS)
async def test_a_report_is_not_offered_where_a_type_is_excluded_that_it_tells_figures_of(tool: Tool) -> None:
    for kind in {kind for kind, _ in tool.operations}:
        readers = {each.name for each in NAMED for op in each.operations if op in {(kind, "get"), (kind, "list")}}
        async with workbench([], guard=excluding(*readers)) as bench:
            assert tool.name not in {each.name for each in (await bench.client.list_tools()).tools}
            with pytest.raises(Exception, match="Unknown tool"):
                await bench.client.call_tool(tool.name, {})
            assert bench.sent() == []


@pytest.mark.parametrize("excluded", ["people", "settings"])
async def test_a_report_goes_on_without_names_that_are_excluded_and_says_so(excluded: str) -> None:
    for name, arguments in (("report_sequences", {"by": "owner"}), ("report_activity", {}), ("report_replies", {})):
        async with workbench() as bench:
            whole = await bench.call(name, **arguments, fields="*")
        async with workbench(guard=excluding(excluded)) as bench:
            answer = await bench.call(name, **arguments, fields="*")
            assert not any("Okafor" in str(row[0]) for row in answer["rows"]) or excluded != "people"
        assert len(answer["rows"]) == len(whole["rows"])
        if excluded == "people":
            assert "users go by their ids: their names may not be read" in answer["note"]
        elif name == "report_activity":
            assert "meetings are those that tags say, as call dispositions may not be read" in answer["note"]


@pytest.mark.parametrize("action", sorted(resource_type("batch").actions))
@pytest.mark.parametrize(
    "guard", [READ_ONLY, excluding("prospects", "accounts", "sequences")], ids=["read", "excluded"]
)
async def test_bulk_actions_do_no_more_than_the_tools(action: str, guard: Guard) -> None:
    body = {"data": {"type": "batch", "attributes": {"ids": [100]}}}
    async with workbench(people(1), guard=guard) as bench:
        await bench.outcome("raw_http_request", {"method": "POST", "path": f"/batches/actions/{action}", "body": body})
        reached = bench.sent()
    assert reached == [] or "customObject" in action or action in ("cancel", "confirm")


@pytest.mark.parametrize("action", ["prospectsImport", "accountsImport", "bulkUpsert"])
async def test_an_import_makes_no_records_that_cannot_be_created(action: str) -> None:
    async with workbench([], guard=excluding("create_prospect", "create_account")) as bench:
        message = await bench.refused("raw_http_request", method="POST", path=f"/imports/actions/{action}", body={})
        assert bench.sent() == []
    assert "exclude" in message


async def test_related_records_of_an_excluded_type_are_left_out_of_a_list_and_it_says_so() -> None:
    async with workbench(people(1), guard=excluding("accounts", "list_account_options")) as bench:
        answer = await bench.call("list_prospects")
        includes = [request.url.params.get("include") for request in bench.requests]
    assert includes == ["stage,owner"]
    assert answer["columns"] == ["id", "name", "account_id", "owner", "owner_id"]
    assert answer["note"] == "related names are left out: this server's settings exclude account"


@pytest.mark.parametrize("include", ["account", "owner,account", "opportunities.account", "account.owner"])
async def test_related_records_of_an_excluded_type_cannot_be_included_by_a_raw_request(include: str) -> None:
    guard = excluding("accounts", "list_account_options")
    async with workbench(people(1), guard=guard) as bench:
        await bench.refused("raw_http_request", method="GET", path="/prospects", query={"include": include})
        await bench.refused("execute_link", link=f"{API}/prospects?include={include}")
        assert bench.sent() == []


@pytest.mark.parametrize("exclude", [("people",), ("list_users", "get_user")])
async def test_a_drop_down_does_not_open_its_records_to_an_include(exclude: tuple[str, ...]) -> None:
    async with workbench(people(1), guard=excluding(*exclude)) as bench:
        await bench.refused("raw_http_request", method="GET", path="/prospects", query={"include": "owner"})
        await bench.refused(
            "raw_http_request", method="GET", path="/prospects", query={"include": "owner", "fields[user]": "name"}
        )
        assert bench.sent() == []


async def test_a_list_names_related_records_of_a_type_that_was_not_chosen_but_shows_no_more_of_them() -> None:
    async with workbench(people(1), guard=Guard(Policy.of(["prospects"]), "never")) as bench:
        names = await bench.call("list_prospects", fields=["owner", "account"])
        more = await bench.call("list_prospects", fields=["owner.email"])
    assert names["rows"] == [[100, "Sally Smith", 1, "Acme", 5]]
    assert more["note"] == (
        "related names are left out: this server's settings do not choose user (OUTREACH_MCP_TOOLSETS without people)"
    )
    assert "sally@acme.example" not in str(more)


async def test_a_drop_down_does_not_open_the_list_to_a_link() -> None:
    async with workbench(people(1), guard=excluding("list_prospects")) as bench:
        await bench.call("list_prospect_options")
        await bench.refused("execute_link", link=f"{API}/prospects")
        assert bench.sent() == ["GET /prospects"]


async def test_a_type_without_tools_is_open_to_the_raw_request() -> None:
    async with workbench(people(1), guard=excluding("prospects")) as bench:
        answer = await bench.call("raw_http_request", method="GET", path="/personas")
    assert answer["status"] == 200


async def test_a_get_with_a_body_is_refused() -> None:
    async with workbench(people(1)) as bench:
        await bench.refused("raw_http_request", method="GET", path="/prospects", body={"a": 1})
        assert bench.sent() == []


@pytest.mark.parametrize(
    ("path", "tools"),
    [
        ("", {tool.name for tool in USUAL}),
        ("readonly", {tool.name for tool in USUAL if tool.read_only or tool.name in FREE}),
        ("x/prospects", set(toolsets()["prospects"])),
        ("x/prospects,tasks", set(toolsets()["prospects"] | toolsets()["tasks"])),
        ("x/prospects/readonly", {"get_prospect", "list_prospects"}),
        ("x/prospects/x/tasks", set[str]()),
    ],
)
def test_a_path_narrows_what_is_offered(path: str, tools: set[str]) -> None:
    narrowed = Policy.of().narrowed(path)
    assert narrowed is not None
    assert {tool.name for tool in narrowed.offered()} == tools


@pytest.mark.parametrize("path", ["y", "x", "x/", "readonly/y", "x/nothing", "X/prospects", "x/prospects/more"])
def test_a_path_that_means_nothing_leads_nowhere(path: str) -> None:
    assert Policy.of().narrowed(path) is None


@pytest.mark.parametrize("path", ["", "x/all", "x/accounts", "x/all/readonly"])
def test_a_path_never_widens(path: str) -> None:
    policy = Policy.of(["prospects"], excluded=["delete_prospect"], read_only=True)
    narrowed = policy.narrowed(path)
    assert narrowed is not None
    assert {tool.name for tool in narrowed.offered()} <= {tool.name for tool in policy.offered()}


def test_exclusion_beats_inclusion() -> None:
    assert "delete_task" not in Policy.of(["tasks"], excluded=["delete_task"]).tools


def test_a_name_that_is_no_tool_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownToolError) as refused:
        Policy.of(["prospect"])
    assert str(refused.value).startswith("'prospect' is not a tool or toolset, did you mean 'prospects'?")


def test_every_tool_with_operations_says_all_that_it_can_ask_for() -> None:
    # What get_connection tells, it does not ask through the gate: whom one acts as is told under every policy.
    # A summary is of any type: as of a link, it is the request that is judged.
    general = [each.name for each in TOOLS if each.toolset == "operations"]
    without = ["search", "fetch", "get_connection", "describe_fields", *BULK, "summarize_records"]
    assert [tool.name for tool in TOOLS if not tool.operations] == [*FREE, *general, *without]
    assert {kind for tool in TOOLS for kind, _ in tool.operations} <= set(resource_types())
