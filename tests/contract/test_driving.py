"""The driver itself: what a tool does wrong in a case is told."""

from collections.abc import Awaitable, Callable

from outreach_tools.client import JsonObject, Request
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Context, Tool
from tests.contract.driving import API, Case, session
from tests.contract.official import OfficialContract

CASE = Case({"page_size": 1}, lambda request: "sort" in request.url.params)


def tool(run: Callable[[Context, JsonObject], Awaitable[JsonObject]]) -> Tool:
    return Tool("a_tool", "", "", {}, run, read_only=True, destructive=False, idempotent=True)


def sending(**query: str) -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        response = await context.client.send(Request("GET", "/prospects", tuple(query.items())))
        return {"status": response.status}

    return tool(run)


async def test_a_case_whose_request_is_allowed_and_carries_it_is_no_problem(
    official_contract: OfficialContract,
) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(sending(sort="title"), [CASE]) == []


async def test_a_case_that_its_request_does_not_carry_is_a_problem(official_contract: OfficialContract) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(sending(), [CASE]) == ["{'page_size': 1}: not in the request"]


async def test_a_violation_is_a_problem(official_contract: OfficialContract) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(sending(sort="company"), [CASE]) == [
            f"{{'page_size': 1}}: outside the official contract: GET {API}/prospects?sort=company \n"
            "  sort=company: prospect cannot be sorted by 'company'"
        ]


async def test_a_refusal_is_a_problem(official_contract: OfficialContract) -> None:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        raise ToolError("no")

    async with session(official_contract) as outreach:
        assert await outreach.problems(tool(run), [CASE]) == ["{'page_size': 1}: refused: no"]
