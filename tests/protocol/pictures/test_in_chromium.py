"""The pictures in a real browser, in a host of MCP Apps: in both themes, at every width, by keyboard, by ear."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CallToolResult, TextContent
from playwright.async_api import Browser

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.organisation import demo_organisation
from outreach_tools.json_values import is_array, is_object
from outreach_tools.toolsets import all_tools
from tests.guard.test_confirmation import Person
from tests.protocol.pictures.host import Shown, Theme, settled, shown
from tests.support.workbench import NOW, workbench

IMAGES = Path(__file__).parents[3] / "docs" / "images"
PLAN = {"resource": "prospect", "ids": list(range(401, 413)), "attributes": '{"title": "VP Sales"}',
        "relationships": '{"owner": "Tom Brennan"}'}  # fmt: skip
STEPS = {"by": "step", "sequence": "Outbound: Field Service Leaders", "fields": ["*"]}
PICTURED: dict[str, tuple[str, dict[str, Any]]] = {
    "plan": ("plan_change", PLAN),
    "sequence": ("report_sequences", STEPS),
    "sequences": ("report_sequences", {}),
    "pipeline": ("report_pipeline", {}),
    "stuck": ("report_pipeline", {"by": "stuck", "fields": ["*"]}),
}
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (320, 480, 720, 1200)
EXTREMES = (320, 1200)
HOSTILE = '<img src="https://evil.example/x" onerror="alert(1)"><script>alert(2)</script></table>&amp;\u202e'


def every_picture() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", PICTURED)


async def findings(picture: Shown, axe: str) -> list[Any]:
    """Return what axe-core finds, of all rules that it has."""
    await picture.view.evaluate(axe)
    found = await picture.view.evaluate(
        """async () => {
            const { violations } = await axe.run(document, { resultTypes: ["violations"] })
            return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])
        }"""
    )
    return list(found)


@every_picture()
async def test_axe_finds_nothing_in_any_theme_and_nothing_is_cut_off_at_any_width(
    browser: Browser, axe: str, name: str
) -> None:
    tool, given = PICTURED[name]
    async with workbench(pictures=True) as bench, shown(browser, bench, tool, given) as picture:
        for theme in THEMES:
            await picture.page.evaluate("(theme) => window.change({ theme })", theme)
            await picture.view.wait_for_function(
                "(theme) => document.documentElement.dataset.theme === theme", arg=theme
            )
            for width in WIDTHS:
                await picture.page.set_viewport_size({"width": width, "height": 600})
                assert await settled(picture) <= 500
                overflow = await picture.view.evaluate(
                    """["html", "main"].map((name) => {
                        const part = document.querySelector(name)
                        return part.scrollWidth - part.clientWidth
                    })"""
                )
                assert overflow == [0, 0], (theme, width)
                if width in EXTREMES:
                    assert await findings(picture, axe) == [], (theme, width)
            if os.environ.get("UPDATE_IMAGES"):
                await picture.page.set_viewport_size({"width": 720, "height": 600})
                await settled(picture)
                await picture.page.set_viewport_size({"width": 720, "height": await settled(picture)})
                await picture.page.screenshot(path=IMAGES / f"{name}-{theme}.png")


async def test_the_theme_is_the_hosts_and_changes_with_it(browser: Browser) -> None:
    async with (
        workbench(pictures=True) as bench,
        shown(browser, bench, "report_pipeline", {}, theme="dark") as picture,
    ):
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        assert await picture.view.evaluate(ground) == "rgb(22, 24, 28)"
        await picture.page.evaluate("window.change({ theme: 'light' })")
        await picture.view.wait_for_function(f"() => {ground} === 'rgb(255, 255, 255)'")


async def test_a_plan_is_unticked_and_approved_by_keyboard_alone(browser: Browser) -> None:
    person = Person("decline")
    guard = Guard(Policy.of([tool.name for tool in all_tools()]), "writes", strict=True)
    async with (
        workbench(guard=guard, person=person, pictures=True) as bench,
        shown(browser, bench, "plan_change", PLAN) as picture,
    ):
        rows = int(await picture.view.evaluate("document.querySelectorAll('tbody tr').length"))
        focused = """(() => {
            const at = document.activeElement
            return [at.tagName, at.getAttribute("aria-label") ?? at.textContent]
        })()"""
        met: list[list[str]] = []
        await picture.page.keyboard.press("Tab")
        for _ in range(rows + 3):
            met.append(await picture.view.evaluate(focused))
            if met[-1][1] == "Change Stefan Hoffmann (402)":
                await picture.page.keyboard.press("Space")
            if met[-1][1].startswith("Approve"):
                break
            await picture.page.keyboard.press("Tab")
        assert [tag for tag, _ in met] == ["MAIN", *["INPUT"] * rows, "BUTTON"]
        assert met[-1][1] == f"Approve and change {rows - 1} records"
        await picture.page.keyboard.press("Enter")
        await picture.view.wait_for_function("() => document.getElementById('status').textContent.startsWith('Job')")
        assert f"done, {rows - 1} done" in await picture.view.inner_text("#status")
        titles = dict(bench.store.rows("SELECT id, title FROM prospect WHERE id BETWEEN 401 AND 412"))
        assert [number for number, title in titles.items() if title != "VP Sales"] == [402]
        assert person.questions == []
        (told,) = (await picture.seen())["told"]
        assert "without 1 record" in told["content"][0]["text"]


async def test_where_the_answer_to_an_approval_is_lost_the_picture_says_so_and_the_next_press_finds_out(
    browser: Browser,
) -> None:
    async with workbench(pictures=True) as bench, shown(browser, bench, "plan_change", PLAN) as picture:
        rows = int(await picture.view.evaluate("document.querySelectorAll('tbody tr').length"))
        picture.losing = True
        await picture.view.press("button.first", "Enter")
        await picture.view.wait_for_function("() => document.getElementById('status').textContent.includes('known')")
        said = await picture.view.inner_text("#status")
        assert said.startswith("It is not known whether it was begun: ")
        assert "no answer in time" in said
        picture.losing = False
        await picture.view.press("button.first", "Enter")
        await picture.view.wait_for_function("() => document.getElementById('status').textContent.includes('already')")
        assert len([each for each in bench.changes() if each.startswith("PATCH /prospects")]) == rows


async def test_a_press_that_no_person_makes_approves_nothing(browser: Browser) -> None:
    async with workbench(pictures=True) as bench, shown(browser, bench, "plan_change", PLAN) as picture:
        await picture.view.evaluate("document.querySelector('button.first').click()")
        await picture.view.evaluate("() => new Promise((done) => setTimeout(done))")
        assert picture.calls == []
        assert bench.changes() == []


async def test_where_the_host_calls_no_tools_the_plan_is_for_looking(browser: Browser) -> None:
    async with (
        workbench(pictures=True) as bench,
        shown(browser, bench, "plan_change", PLAN, calls_tools=False) as picture,
    ):
        assert await picture.view.query_selector_all("button, input") == []
        assert "ask the assistant: you are asked before anything is changed" in await picture.text()


async def test_without_what_stands_beside_it_the_plan_shows_the_answers_examples(browser: Browser) -> None:
    async with workbench() as bench:
        answer = await bench.client.call_tool("plan_change", PLAN)
        async with shown(browser, bench, "plan_change", PLAN, result=answer) as picture:
            assert await picture.view.query_selector_all("input") == []
            assert "and 7 more records" in await picture.text()
            assert "→ VP Sales" in (await picture.text()).replace("\n", " ")


async def test_from_all_sequences_to_the_steps_of_one_and_back(browser: Browser) -> None:
    async with workbench(pictures=True) as bench, shown(browser, bench, "report_sequences", {}) as picture:
        before = await picture.text()
        await picture.view.click("button.link >> text=Outbound: Field Service Leaders")
        await picture.view.wait_for_selector("h1 >> text=Steps of Outbound: Field Service Leaders")
        (call,) = picture.calls
        assert call["arguments"] == {"by": "step", "sequence": STEPS["sequence"], "top": 50, "fields": ["*"]}
        steps = await picture.view.eval_on_selector_all("tbody th", "cells => cells.map(cell => cell.textContent)")
        assert [step.split()[1] for step in steps] == ["#1", "#4", "#5", "#6"]
        fell = await picture.view.eval_on_selector_all(
            "tbody tr", "rows => rows.map(row => [row.cells[1].textContent, row.cells[3].textContent])"
        )
        assert fell == [["36", "–"], ["23", "13"], ["11", "12"], ["11", "0"]]
        await picture.view.click("text=Variants")
        await picture.view.wait_for_selector("text=No step had several templates")
        await picture.view.click("text=Back")
        assert await picture.text() == before


async def test_templates_that_are_tried_against_each_other_are_shown_with_their_intervals(browser: Browser) -> None:
    records = demo_organisation(number=2, today=NOW.date())
    async with (
        workbench(records, pictures=True) as bench,
        shown(browser, bench, "report_sequences", {"by": "variant"}) as picture,
    ):
        answer = await bench.call("report_sequences", by="variant")
        assert answer["rows"]
        rows = await picture.view.eval_on_selector_all(
            "tbody tr", "rows => rows.map(row => [0, 1, 2, 4, 5].map(place => row.cells[place].textContent))"
        )
        assert sorted(rows) == sorted([row[1], *map(str, row[2:4]), row[4], row[5]] for row in answer["rows"])
        assert len(await picture.view.query_selector_all("circle.dot")) == len(rows)


async def test_what_is_stuck_is_asked_for_and_listed(browser: Browser) -> None:
    async with workbench(pictures=True) as bench, shown(browser, bench, "report_pipeline", {}) as picture:
        assert "41 days" not in await picture.text()
        assert await picture.view.eval_on_selector_all("thead th", "cells => cells.map(cell => cell.textContent)") == [
            "stage", "deals", "amount", "weighted of amount", "untouched", "stuck",
        ]  # fmt: skip
        await picture.view.click("text=What is stuck")
        await picture.view.wait_for_selector("text=What is stuck in the pipeline")
        assert "stalled 41 days, one contact" in await picture.text()
        assert len(await picture.view.query_selector_all("tbody tr")) == 16


@pytest.mark.parametrize("wrapped", [False, True], ids=["as it is", "in a document of the host's"])
async def test_its_own_policy_holds_however_the_host_lays_it_out(browser: Browser, wrapped: bool) -> None:
    async with (
        workbench(pictures=True) as bench,
        shown(browser, bench, "report_pipeline", {}, wrapped=wrapped) as picture,
    ):
        assert "Pipeline by stage" in await picture.text()
        refused = await picture.view.evaluate(
            """() => new Promise((done) => {
                document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective))
                const script = document.createElement("script")
                script.textContent = "window.ran = true"
                document.body.append(script)
                if (window.ran) done("it ran")
            })"""
        )
        assert refused == "script-src-elem"
        picture.complaints.clear()


@pytest.mark.parametrize("name", ["plan", "sequence", "pipeline"])
async def test_a_sentence_in_the_place_of_an_answer_is_shown_as_it_is(browser: Browser, name: str) -> None:
    tool, given = PICTURED[name]
    refused = CallToolResult(content=[TextContent(text=f"Not done: {HOSTILE}")], is_error=True)
    async with (
        workbench(pictures=True) as bench,
        shown(browser, bench, tool, given, result=refused) as picture,
    ):
        assert f"Not done: {HOSTILE}" in await picture.text()


def poisoned(value: Any) -> Any:
    """Return an answer in which every text but the names of columns and the plan's id is hostile."""
    if is_object(value):
        kept = ("columns", "plan_id", "approval")
        return {name: each if name in kept else poisoned(each) for name, each in value.items()}
    if is_array(value):
        return list(map(poisoned, value))
    return HOSTILE if isinstance(value, str) else value


@every_picture()
async def test_text_of_records_is_never_more_than_text(browser: Browser, name: str) -> None:
    tool, given = PICTURED[name]
    async with workbench(pictures=True) as bench:
        came = await bench.client.call_tool(tool, given)
        (content,) = came.content
        assert isinstance(content, TextContent)
        hostile = CallToolResult(
            content=[TextContent(text=json.dumps(poisoned(json.loads(content.text))))],
            _meta=poisoned(came.meta) if came.meta else None,
        )
        async with shown(browser, bench, tool, given, result=hostile) as picture:
            assert HOSTILE in await picture.view.evaluate("document.body.textContent")
            assert await picture.view.query_selector_all("img, script:not(:last-child), a, iframe") == []
            wide = await picture.view.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0
