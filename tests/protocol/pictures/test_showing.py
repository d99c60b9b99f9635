"""Clients are told of pictures, in both eras, and what a person approves in one."""

from typing import Any

import pytest
from mcp import MCPError
from mcp_types import ListToolsResult, TextContent, TextResourceContents

from outreach_mcp.caller import Caller, acting_for
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.apps import APPROVES, MIME_TYPE
from outreach_mcp.protocol.pictures.approval import Seals
from outreach_mcp.protocol.pictures.documents import PICTURES
from outreach_mcp.protocol.pictures.showing import BESIDE
from outreach_mcp.protocol.server import Guard
from outreach_tools.toolsets import all_tools
from tests.guard.test_confirmation import Person
from tests.support.workbench import Era, Workbench, workbench

ERAS: tuple[Era, ...] = ("legacy", "auto")
ALL = [tool.name for tool in all_tools()]
WRITES = Guard(Policy.of(ALL), "writes", strict=True)


async def planned(bench: Workbench, **arguments: Any) -> tuple[dict[str, Any], str]:
    """Plan a change; return what stands beside the answer, and the plan's id."""
    given = arguments or {"resource": "prospect", "ids": [401, 402, 403], "attributes": '{"title": "VP"}'}
    result = await bench.client.call_tool("plan_change", given)
    assert not result.is_error, result.content
    (content,) = result.content
    assert isinstance(content, TextContent)
    beside: dict[str, Any] = (result.meta or {}).get(BESIDE, {})
    return beside, content.text.partition('"plan_id":"')[2].partition('"')[0]


async def approved(bench: Workbench, **arguments: Any) -> tuple[bool, str]:
    return await bench.outcome(APPROVES, arguments)


def titles(bench: Workbench) -> list[str]:
    return [
        title for (title,) in bench.store.rows("SELECT title FROM prospect WHERE id IN (401, 402, 403) ORDER BY id")
    ]


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_shows_pictures_is_told_of_them_and_reads_each(era: Era) -> None:
    async with workbench(era=era, pictures=True) as bench:
        tools = {tool.name: tool for tool in (await bench.client.list_tools()).tools}
        listed = {str(each.uri): each for each in (await bench.client.list_resources()).resources}
        for name, picture in PICTURES.items():
            assert tools[name].meta == {"ui": {"resourceUri": picture.uri}}
            assert listed[picture.uri].mime_type == MIME_TYPE
            (contents,) = (await bench.client.read_resource(picture.uri)).contents
            assert isinstance(contents, TextResourceContents)
            assert contents.mime_type == MIME_TYPE
            assert contents.meta == {"ui": {"csp": {}, "prefersBorder": True}}
            assert contents.text.startswith("<!doctype html>")
        assert tools[APPROVES].meta == {"ui": {"visibility": ["app"]}}
        with pytest.raises(MCPError, match="Resource not found"):
            await bench.client.read_resource("ui://outreach/other")


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_shows_none_gets_the_same_answers_and_nothing_beside_them(era: Era) -> None:
    async with workbench(era=era) as plain, workbench(era=era, pictures=True) as shown:
        told: ListToolsResult = await plain.client.list_tools()
        assert APPROVES not in [tool.name for tool in told.tools]
        addresses = [str(each.uri) for each in (await plain.client.list_resources()).resources]
        assert [each for each in addresses if each.startswith("ui:")] == []
        for name, given in (
            ("report_pipeline", {}),
            ("report_sequences", {"by": "step"}),
            ("plan_change", {"resource": "prospect", "ids": [401], "attributes": '{"title": "VP"}'}),
        ):
            one, other = await plain.client.call_tool(name, given), await shown.client.call_tool(name, given)
            texts = [each.text for each in (*one.content, *other.content) if isinstance(each, TextContent)]
            assert [text.partition('"records"')[2] for text in texts][:1] * 2 == [
                text.partition('"records"')[2] for text in texts
            ]
            assert BESIDE not in (one.meta or {})
            assert (BESIDE in (other.meta or {})) is (name == "plan_change")


@pytest.mark.parametrize("uri", sorted({picture.uri for picture in PICTURES.values()}))
async def test_a_document_holds_all_of_itself_and_reads_nothing_as_html(uri: str) -> None:
    async with workbench(pictures=True) as bench:
        (contents,) = (await bench.client.read_resource(uri)).contents
        assert isinstance(contents, TextResourceContents)
        text = contents.text
        assert "default-src 'none'" in text
        assert "unsafe" not in text
        assert len(text) < 32_000
        forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", " src=",
                     "XMLHttpRequest", "WebSocket", "@import", "url(", "import(", "localStorage")  # fmt: skip
        assert [each for each in forbidden if each in text] == []
        assert text.replace("http://www.w3.org/2000/svg", "").count("http") == text.count("http-equiv")


async def test_a_plan_is_given_row_by_row_as_its_answer_tells_it() -> None:
    async with workbench(pictures=True) as bench:
        beside, _ = await planned(
            bench, resource="prospect", ids=list(range(401, 420)), relationships='{"owner": "Tom Brennan"}'
        )
        named = dict(bench.store.rows('SELECT p.id, u.name FROM prospect p JOIN "user" u ON u.id = p."owner.id"'))
        assert {row["id"]: row["changed"]["owner"] for row in beside["rows"]} == {
            number: [named[number], "Tom Brennan (18)"] for number in range(401, 420) if named[number] != "Tom Brennan"
        }


async def test_an_import_is_given_row_by_row_whatever_rows_its_answer_tells() -> None:
    csv = "id,firstName,title\n,Zoe,CEO\n402,,Buyer\n401,,Buyer\n"
    async with workbench(pictures=True) as bench:
        answer = await bench.client.call_tool("plan_import", {"resource": "prospect", "csv": csv})
        assert not answer.is_error, answer.content
        beside = (answer.meta or {})[BESIDE]
        assert beside["doing"].startswith("import prospects: create 1, update 2")
        told = {row["id"]: row["changed"] for row in beside["rows"]}
        assert told[None] == {"firstName": ["nothing", "Zoe"], "title": ["nothing", "CEO"]}
        assert [told[number]["title"][1] for number in (401, 402)] == ["Buyer", "Buyer"]


async def test_an_enrolment_is_told_by_names() -> None:
    given = {"resource": "prospect", "ids": [401, 402, 403], "action": "enrol",
             "parameters": '{"sequenceId": "Renewal Check-in"}'}  # fmt: skip
    async with workbench(pictures=True) as bench:
        result = await bench.client.call_tool("plan_change", given)
        assert not result.is_error, result.content
        for row in (result.meta or {})[BESIDE]["rows"]:
            assert row["changed"]["sequence"] == ["nothing", "Renewal Check-in"]


async def test_what_a_person_approves_in_the_picture_is_applied_to_those_rows_and_journaled_as_theirs() -> None:
    person = Person("decline")
    async with workbench(guard=WRITES, person=person, pictures=True) as bench:
        before = titles(bench)
        beside, plan_id = await planned(bench)
        failed, text = await approved(bench, plan_id=plan_id, approval=beside["approval"], without=[1])
        assert not failed, text
        assert '"done":2' in text
        assert titles(bench) == ["VP", before[1], "VP"]
        assert person.questions == []


async def test_an_approval_counts_once_and_for_its_own_plan() -> None:
    async with workbench(pictures=True) as bench:
        beside, plan_id = await planned(bench)
        other, other_id = await planned(bench)
        before = titles(bench)
        assert beside["approval"] != other["approval"]
        _, text = await approved(bench, plan_id=other_id, approval=beside["approval"])
        assert "does not come from there" in text
        assert titles(bench) == before
        assert not (await approved(bench, plan_id=plan_id, approval=beside["approval"], without=[0, 1]))[0]
        assert titles(bench) == [*before[:2], "VP"]
        failed, text = await approved(bench, plan_id=plan_id, approval=beside["approval"])
        assert failed
        assert "applied already" in text
        assert titles(bench) == [*before[:2], "VP"]


@pytest.mark.parametrize(
    "given",
    [{}, {"approval": ""}, {"approval": None}, {"approval": "0" * 64}, {"approval": "ä" * 64}, {"approval": "\ud800"}],
    ids=repr,
)
async def test_a_model_that_guesses_approves_nothing(given: dict[str, Any]) -> None:
    async with workbench(pictures=True) as bench:
        before = titles(bench)
        _, plan_id = await planned(bench)
        failed, text = await approved(bench, plan_id=plan_id, **given)
        assert failed
        assert "Nothing was sent. Call apply_plan: it asks the person." in text
        assert titles(bench) == before


@pytest.mark.parametrize(
    "without",
    [[0, 1, 2], [3], [-1], ["0"], "all", [True, None], [True], [1.0], 0, False, "", {}, {"1": True}, 10**30, [10**30]],
    ids=repr,
)
async def test_rows_that_the_plan_has_not_are_refused(without: Any) -> None:
    async with workbench(pictures=True) as bench:
        before = titles(bench)
        beside, plan_id = await planned(bench)
        failed, text = await approved(bench, plan_id=plan_id, approval=beside["approval"], without=without)
        assert failed, text
        assert "Nothing was" in text
        assert titles(bench) == before


async def test_what_leaves_rows_out_under_another_name_approves_nothing() -> None:
    async with workbench(pictures=True) as bench:
        before = titles(bench)
        beside, plan_id = await planned(bench)
        failed, text = await approved(bench, plan_id=plan_id, approval=beside["approval"], exclude=[1])
        assert (failed, titles(bench)) == (True, before)
        assert text == "unknown argument 'exclude'; approve_plan takes plan_id, approval, without. Nothing was sent"
        assert not (await approved(bench, plan_id=plan_id, approval=beside["approval"], without=None))[0]
        assert titles(bench) == ["VP"] * 3


async def test_who_may_only_read_gets_no_approval() -> None:
    async with workbench(guard=Guard(Policy.of(ALL, read_only=True)), pictures=True) as bench:
        names = [tool.name for tool in (await bench.client.list_tools()).tools]
        assert APPROVES not in names
        with pytest.raises(MCPError, match="Unknown tool"):
            await bench.client.call_tool(APPROVES, {"plan_id": "p", "approval": "a"})


def test_replicas_know_each_others_seals_and_nobody_knows_those_of_another_caller() -> None:
    key = bytes(range(32))
    one, other = Seals(key), Seals(key)
    with acting_for(Caller("ann", "ann@x.example", frozenset())):
        seal = one.of("p1")
        assert other.of("p1") == seal
        assert len({seal, one.of("p2"), Seals(None).of("p1")}) == 3
    with acting_for(Caller("bob", "bob@x.example", frozenset())):
        assert one.of("p1") != seal
