"""The suite's fixtures stand beside what the server offers, and hide none of it; no baseline excuses any."""

import re
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import ElicitResult, TextContent

from outreach_mcp.protocol.server import build_server
from outreach_tools.toolsets import all_tools
from tests.conformance.fixture_prompts import PROMPTS
from tests.conformance.fixtures import with_fixtures
from tests.support.workbench import OPEN, Era, Unused

ERAS: tuple[Era, ...] = ("legacy", "auto")
# Over HTTP an older client cannot be asked in the middle of a call, as there are no sessions: a feature, no fixture.
NOT_OFFERED = {"server-sse-multiple-streams", "tools-call-sampling", "tools-call-elicitation",
               "elicitation-sep1034-defaults", "elicitation-sep1330-enums"}  # fmt: skip


@pytest.mark.parametrize("era", ERAS)
async def test_what_the_suite_calls_and_what_we_offer_are_both_there(era: Era) -> None:
    plain = build_server(all_tools(), Unused(), OPEN)
    async with Client(plain, mode=era) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
        resources = [str(each.uri) for each in (await client.list_resources()).resources]
    async with Client(with_fixtures(build_server(all_tools(), Unused(), OPEN)), mode=era) as client:
        assert [tool.name for tool in (await client.list_tools()).tools][: len(tools)] == tools
        listed = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert listed == [*prompts, *(prompt.name for prompt in PROMPTS)]
        assert {str(each.uri) for each in (await client.list_resources()).resources} > set(resources)
        (said,) = (await client.call_tool("test_simple_text", {})).content
        assert isinstance(said, TextContent)
        assert (await client.call_tool("list_prospects", {"page_size": "many"})).is_error


async def test_rounds_of_questions_come_to_an_end() -> None:
    async def answer(context: object, params: object) -> ElicitResult:
        asked = getattr(params, "message", "")
        return ElicitResult(action="accept", content={"color": "red"} if "colour" in asked else {"name": "Ann"})

    server = with_fixtures(build_server(all_tools(), Unused(), OPEN))
    async with Client(server, mode="auto", elicitation_callback=answer) as client:
        (said,) = (await client.call_tool("test_input_required_result_multi_round", {})).content
        assert isinstance(said, TextContent)
        assert said.text == "Ann likes red."


def test_the_baselines_name_nothing_but_features_that_are_not_offered() -> None:
    excused = {
        path.stem: set(re.findall(r"^ +- ([\w-]+):", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in Path(__file__).parent.glob("*.yml")
    }
    assert excused == {"2025-11-25": NOT_OFFERED, "2026-07-28": set()}
