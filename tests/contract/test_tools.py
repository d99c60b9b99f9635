"""Every request that any tool can send, held against the official contract.

The tools run through the real client; the official files, not the catalogue, say what there is to ask for.
"""

import contextlib
import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import OutreachError
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools
from tests.contract import cases
from tests.contract.driving import API, session
from tests.contract.official import OfficialContract
from tests.contract.strategies import arguments_of

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "6"))
"""Sets of arguments per tool; a long run asks for more."""

FREE = {"execute_link", "raw_http_request"}
"""Tools whose requests are their user's own: only where they go is ours to answer for."""


def tools(belongs: Callable[[Tool], bool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tool", [pytest.param(each, id=each.name) for each in all_tools() if belongs(each)])


def is_list(tool: Tool) -> bool:
    return bool(tool.resource) and "filters" in cases.properties(tool)


def is_options(tool: Tool) -> bool:
    """Return whether a tool lists as a drop-down does: without filters."""
    return tool.name.startswith("list_") and not is_list(tool) and not tool.borrows


def is_get(tool: Tool) -> bool:
    return tool.name.startswith("get_") and bool(tool.resource)  # not get_connection, which reads no record


def is_write(tool: Tool) -> bool:
    return tool.name.startswith(("create_", "update_")) and tool.name != "create_compliance_request"


def is_delete(tool: Tool) -> bool:
    return tool.name.startswith("delete_") and bool(tool.resource)


def is_action(tool: Tool) -> bool:
    return "action" in cases.properties(tool) and not tool.borrows


def test_every_tool_is_driven_by_one_of_these_tests() -> None:
    kinds = (is_list, is_options, is_get, is_write, is_delete, is_action)
    # Those that borrow ask for what these ask for: see tests/tools/files, tests/tools/duplicates and tests/jobs.
    rest = [each.name for each in all_tools() if not any(kind(each) for kind in kinds) and not each.borrows]
    assert rest == [
        "add_prospect_to_sequence",
        "build_sequence",  # asks what tests/tools/test_build_sequence.py says
        "create_compliance_request",
        "execute_link",
        "raw_http_request",
        # The general tools ask what tests/tools/operations says.
        "find_operations",
        "read_operation",
        "change_operation",
        "delete_operation",
        "search",  # these two ask what tests/tools/test_search.py says
        "fetch",
        "get_connection",  # asks what tests/protocol/test_about.py says
        "describe_fields",  # asks what tests/tools/labels/test_described.py says
        "summarize_records",  # asks what tests/tools/figures say
        *(each.name for each in all_tools() if each.figures),  # ask what tests/tools/reports say
        "get_timeline",  # asks what tests/tools/timeline say
    ]


@tools(is_list)
async def test_a_list_sends_every_filter_it_offers(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.filter_cases(tool, official_contract)) == []


@tools(is_list)
async def test_a_list_sends_every_filter_beside_one_with_a_comma(
    official_contract: OfficialContract, tool: Tool
) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.mixed_filter_cases(tool, official_contract)) == []


@tools(is_list)
async def test_a_list_sends_every_sort_it_offers_both_ways(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.sort_cases(tool)) == []


@tools(lambda tool: is_list(tool) or is_get(tool))
async def test_every_field_of_a_record_can_be_asked_for(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.field_cases(tool, official_contract)) == []


@tools(lambda tool: is_list(tool) or is_options(tool))
async def test_a_list_goes_on_with_the_cursor_of_its_first_page(
    official_contract: OfficialContract, tool: Tool
) -> None:
    async with session(official_contract) as outreach:
        first = await outreach.run(tool, {"page_size": 1})
        await outreach.run(tool, {"page_size": 1, "page_after": first["page_after"]})
    pages = [request.url.params for request in outreach.transport.requests]
    assert [(page["page[size]"], page.get("page[after]")) for page in pages] == [("1", None), ("1", "abc")]


@tools(lambda tool: is_list(tool) or is_options(tool))
async def test_a_list_without_arguments_is_allowed(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        assert (await outreach.run(tool, {}))["returned"] == 2


@tools(lambda tool: "q" in cases.properties(tool))
async def test_options_are_searched_by_the_beginning_of_a_name(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        await outreach.run(tool, {"q": "acm"})
    assert outreach.transport.requests[0].url.params["filter[q]"] == "acm"


@tools(is_get)
async def test_a_record_is_read_from_its_own_address(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        await outreach.run(tool, cases.target(tool))
    assert [(request.method, request.url.path.rpartition("/")[2]) for request in outreach.transport.requests] == [
        ("GET", "7")
    ]


@tools(lambda tool: is_list(tool) or is_options(tool) or is_get(tool))
async def test_what_is_asked_again_without_a_missing_scope_is_allowed(
    official_contract: OfficialContract, tool: Tool
) -> None:
    async with session(official_contract, scopes_missing=True) as outreach:
        await outreach.run(tool, cases.target(tool) if is_get(tool) else {})
    assert "include" not in outreach.transport.requests[-1].url.params


@tools(is_write)
async def test_everything_that_can_be_written_is_sent(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.write_cases(tool, official_contract)) == []


@tools(is_write)
async def test_values_that_do_not_fit_are_not_sent(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        for arguments in cases.misfit_arguments(tool, official_contract):
            with contextlib.suppress(ToolError, AssertionError):
                await outreach.run(tool, arguments)
    assert outreach.transport.violations == []


@tools(is_delete)
async def test_a_delete_sends_nothing_but_the_address(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        await outreach.run(tool, cases.target(tool))
    assert [(each.method, each.url.query, each.content) for each in outreach.transport.requests] == [
        ("DELETE", b"", b"")
    ]


@tools(is_action)
async def test_every_action_is_sent_with_each_of_its_parameters(
    official_contract: OfficialContract, tool: Tool
) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.action_cases(tool, official_contract)) == []


@tools(lambda tool: tool.name == "add_prospect_to_sequence")
async def test_an_enrolment_is_allowed(official_contract: OfficialContract, tool: Tool) -> None:
    async with session(official_contract) as outreach:
        await outreach.run(tool, {"sequence_id": 123, "prospect_id": 456, "mailbox_id": 789})
    assert [str(request.url) for request in outreach.transport.requests] == [f"{API}/sequenceStates"]


@tools(lambda tool: tool.name == "create_compliance_request")
async def test_a_compliance_request_is_allowed(official_contract: OfficialContract, tool: Tool) -> None:
    schema = cases.properties(tool)
    async with session(official_contract) as outreach:
        for object_type in schema["object_type"]["enum"]:
            for request_type in schema["request_type"]["enum"]:
                emails = {"requester_email": "a@example.com", "request_object_email": "b@example.com"}
                await outreach.run(tool, {**emails, "object_type": object_type, "request_type": request_type})
    assert len(outreach.transport.requests) == 2


@tools(lambda tool: tool.name == "execute_link")
async def test_a_link_that_the_contract_allows_is_followed_as_it_is(
    official_contract: OfficialContract, tool: Tool
) -> None:
    async with session(official_contract) as outreach:
        assert await outreach.problems(tool, cases.link_cases(official_contract)) == []


@tools(lambda tool: tool.name == "raw_http_request")
async def test_a_raw_request_that_the_contract_allows_is_sent_as_it_is(
    official_contract: OfficialContract, tool: Tool
) -> None:
    body = {"data": {"type": "stage", "id": 7, "attributes": {"order": 2}}}
    query = {"filter[id]": "1,2", "count": True, "page[size]": 5}
    async with session(official_contract) as outreach:
        await outreach.run(tool, {"method": "PATCH", "path": "/stages/7", "body": body})
        await outreach.run(tool, {"method": "GET", "path": "/prospectNotes", "query": query})
    assert [str(request.url.params) for request in outreach.transport.requests] == [
        "",
        "filter%5Bid%5D=1%2C2&count=true&page%5Bsize%5D=5",
    ]


@tools(lambda _: True)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
async def test_no_arguments_lead_to_a_request_outside_the_contract(
    official_contract: OfficialContract, tool: Tool, data: st.DataObject
) -> None:
    arguments = data.draw(arguments_of(tool, official_contract))
    check = official_contract.check_envelope if tool.name in FREE else official_contract.check
    async with session(official_contract, check=check) as outreach:
        with contextlib.suppress(ToolError, OutreachError):  # refusing is right; what was sent before is checked
            await outreach.run(tool, arguments)
    assert outreach.transport.violations == []
