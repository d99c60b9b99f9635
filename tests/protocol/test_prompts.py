"""Prompts and their completions through a real client, in both eras."""

from typing import Any

import pytest
from mcp import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.playbooks.collection import PLAYBOOKS
from tests.support.workbench import Era, Workbench, organisation, workbench

ERAS: tuple[Era, ...] = ("legacy", "auto")
both_eras = pytest.mark.parametrize("era", ERAS)


async def completed(bench: Workbench, name: str, argument: str, text: str) -> list[str]:
    result = await bench.client.complete(PromptReference(name=name), {"name": argument, "value": text})
    assert len(result.completion.values) <= 100
    return result.completion.values


@both_eras
async def test_the_playbooks_are_listed_with_their_arguments(era: Era) -> None:
    async with workbench([], era=era) as bench:
        prompts = (await bench.client.list_prompts()).prompts
        assert bench.requests == []
    assert [(prompt.name, prompt.title, prompt.description) for prompt in prompts] == [
        (each.name, each.title, each.description) for each in PLAYBOOKS
    ]
    assert [[(one.name, one.required) for one in prompt.arguments or ()] for prompt in prompts] == [
        [(one.name, one.required) for one in each.arguments] for each in PLAYBOOKS
    ]


@both_eras
async def test_a_prompt_is_its_playbook_filled_in(era: Era) -> None:
    async with workbench([], era=era) as bench:
        result = await bench.client.get_prompt("call_preparation", {"prospect": 'Ann "A" Lee'})
        assert bench.requests == []
    (message,) = result.messages
    text: Any = message.content
    assert message.role == "user"
    assert '`get_timeline {"resource": "prospect", "id": "Ann \\"A\\" Lee", "page_size": 20}`' in text.text
    assert "<prospect>" not in text.text


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("nothing_such", {}, "Unknown prompt: 'nothing_such'"),
        ("call_preparation", {}, "call_preparation needs prospect"),
        ("call_preparation", {"prospect": " \n"}, "call_preparation needs prospect"),
        ("morning_brief", {"owners": "me"}, "morning_brief has no argument 'owners': it takes owner"),
    ],
)
async def test_what_is_wrong_is_refused_in_words(name: str, given: dict[str, str], said: str) -> None:
    async with workbench([]) as bench:
        with pytest.raises(MCPError) as refused:
            await bench.client.get_prompt(name, given)
    assert str(refused.value) == said
    assert refused.value.error.code == -32602


async def test_a_server_that_only_reads_offers_what_only_reads_and_says_what_is_missing() -> None:
    async with workbench([], guard=Guard(Policy.of(read_only=True), "never")) as bench:
        names = {prompt.name for prompt in (await bench.client.list_prompts()).prompts}
        assert names == {each.name for each in PLAYBOOKS} - {"list_load", "hand_over"}
        with pytest.raises(MCPError, match="hand_over is not offered: it needs apply_plan"):
            await bench.client.get_prompt("hand_over", {"leaver": "a", "successor": "b"})
        text: Any = (await bench.client.get_prompt("reply_triage")).messages[0].content
    assert "Not offered here: create_task, create_mailing." in text.text


@both_eras
@pytest.mark.parametrize(
    ("name", "argument", "text", "some"),
    [
        ("morning_brief", "owner", "ma", "Maya Okafor"),
        ("morning_brief", "owner", "okaf", "Maya Okafor"),
        ("hand_over", "successor", "TOM", "Tom Brennan"),
        ("morning_brief", "owner", "m", "me"),
        ("sequence_tune_up", "sequence", "inb", "Inbound Demo Request"),
        ("sequence_tune_up", "sequence", "demo", "Inbound Demo Request"),
        ("account_review", "account", "Acm", "Acme Inc"),
        ("call_preparation", "prospect", "Theo", "Theo Weber"),
        ("pipeline_review", "period", "this", "this_quarter"),
        ("list_load", "resource", "a", "account"),
    ],
)
async def test_arguments_are_completed_by_names_that_there_are(
    era: Era, name: str, argument: str, text: str, some: str
) -> None:
    async with workbench(era=era) as bench:
        found = await completed(bench, name, argument, text)
        assert all(request.method == "GET" for request in bench.requests)
    assert some in found
    assert all(text.casefold() in each.casefold() for each in found)


async def test_what_completes_means_one_record_to_the_tools() -> None:
    named = {"firstName": "Theo", "lastName": "Weber", "name": "Theo Weber"}
    twins = (
        Record("prospect", 9001, named, {"account": Identifier("account", 55)}),
        Record("prospect", 9002, named),
    )
    async with workbench((*organisation(), *twins)) as bench:
        found = await completed(bench, "call_preparation", "prospect", "Theo W")
        assert "Theo Weber @ Acme Inc" in found
        meant = [(await bench.call("get_prospect", prospect_id=each))["id"] for each in found]
        people = await completed(bench, "call_preparation", "prospect", "Mar")
        for each in people[:5]:
            await bench.call("get_prospect", prospect_id=each)
    assert {462, 9001, 9002} <= set(meant)
    assert len(set(meant)) == len(meant)


async def test_names_of_users_are_read_once_for_many_letters() -> None:
    async with workbench() as bench:
        for text in ("", "m", "ma", "may"):
            assert "Maya Okafor" in await completed(bench, "morning_brief", "owner", text)
        assert bench.sent() == ["GET /users"]


@pytest.mark.parametrize("text", ["", "   ", "%", '"', "\\", "a" * 5000, "é" * 3, "[]", "\x00", "zzzz"])
@pytest.mark.parametrize(("name", "argument"), [("call_preparation", "prospect"), ("sequence_tune_up", "sequence")])
async def test_whatever_is_typed_completes_or_does_not(name: str, argument: str, text: str) -> None:
    async with workbench() as bench:
        for each in await completed(bench, name, argument, text):
            assert each.strip()


async def test_what_may_not_be_read_completes_nothing() -> None:
    async with workbench(scopes=frozenset({"tasks.read"})) as bench:
        assert await completed(bench, "call_preparation", "prospect", "Theo") == []
        assert await completed(bench, "morning_brief", "owner", "x") == []


async def test_an_argument_that_there_is_not_is_refused() -> None:
    async with workbench([]) as bench:
        for reference in (
            PromptReference(name="nothing_such"),
            PromptReference(name="morning_brief"),
            ResourceTemplateReference(uri="outreach://nothing/{such}"),
        ):
            with pytest.raises(MCPError) as refused:
                await bench.client.complete(reference, {"name": "such", "value": ""})
            assert refused.value.error.code == -32602


@both_eras
async def test_a_page_that_no_list_has_is_refused(era: Era) -> None:
    async with workbench([], era=era) as bench:
        client = bench.client
        for what, ask in (
            ("tools", client.list_tools),
            ("prompts", client.list_prompts),
            ("resources", client.list_resources),
            ("templates", client.list_resource_templates),
        ):
            with pytest.raises(MCPError, match=f"Invalid cursor: all {what} are on one page") as refused:
                await ask(cursor="next")
            assert refused.value.error.code == -32602
            await ask()


async def test_of_namesakes_that_nothing_tells_apart_the_ids_are_completed_for_their_name_alone() -> None:
    twins = [Record("sequence", number, {"name": "Nurture"}) for number in (9001, 9002)]
    odd = Record("sequence", 9003, {"name": "12345"})
    async with workbench((*organisation(), *twins, odd)) as bench:
        for text in ("Nur", "nurture"):
            assert await completed(bench, "sequence_tune_up", "sequence", text) == ["9001", "9002"]
        assert await completed(bench, "sequence_tune_up", "sequence", "Inb") == ["Inbound Demo Request"]
        # As a name that would be an id, and of another record.
        assert await completed(bench, "sequence_tune_up", "sequence", "123") == ["9003"]
