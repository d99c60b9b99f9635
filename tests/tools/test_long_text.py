"""Long and hostile bodies in every tool that shows or compares them: bounded, and others do not wait."""

from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import API, workbench

ATTACKS = {
    "zeros of a size": f'<p style="font-size:{"0" * 100_000}x">',
    "measures": '<p style="padding-left:100000em">x' * 3_000,
    "attributes": f"<p {' '.join(f'a{number}' for number in range(15_000))} hidden>",
    "blanks": f"a{' ' * 100_000}b",
    "a wide cell in a long table": f"<table><tr><td>{'x' * 50_000}{'<tr><td>' * 6_000}",
    "depth": "<b>" * 30_000,
    "signs": "<" * 100_000,
}

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_mailing", {"mailing_id": 8, "fields": ["*"]}),
    ("get_task", {"task_id": 11}),
    ("list_mailings", {"fields": ["*"]}),
    ("list_mailings", {"filters": [{"field": "bodyHtml", "criteria": "something else"}]}),
    ("execute_link", {"link": f"{API}/tasks/11"}),
    ("execute_link", {"link": f"{API}/mailings"}),
]


def records(html: str) -> list[Record]:
    return [
        Record("prospect", 7, {"firstName": "Ann"}),
        Record("mailing", 8, {"subject": "Hi", "bodyHtml": html}, {"prospect": Identifier("prospect", 7)}),
        Record("task", 11, {"action": "call", "compiledSequenceTemplateHtml": html}),
    ]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_hostile_body_is_read_within_the_bounds(tool: str, arguments: dict[str, Any], attack: str) -> None:
    async with workbench(records(ATTACKS[attack])) as bench:
        with anyio.fail_after(30):
            failed, text = await bench.outcome(tool, arguments)
    assert not failed, text


async def test_others_go_on_while_a_long_body_is_read() -> None:
    async def turns(html: str) -> int:
        """How often another task has its turn while a body is read."""
        count = taken = 0

        async def other() -> None:
            nonlocal count
            while True:
                await checkpoint()
                count += 1

        async with workbench(records(html)) as bench:
            await bench.call("get_task", task_id=11)  # what is only done once is done
            async with anyio.create_task_group() as group:
                group.start_soon(other)
                before = count
                await bench.call("get_task", task_id=11)
                taken = count - before
                group.cancel_scope.cancel()
        return taken

    assert await turns("<b>" * 80_000) > 5 * await turns("<b>x</b>")


async def test_a_body_that_is_cut_says_so() -> None:
    async with workbench(records("<p></p>" * 60_000)) as bench:
        answer = await bench.call("get_task", task_id=11)
    assert answer["compiledSequenceTemplateHtml"] == "… (+157,856 characters of HTML not read)"
