"""Work on much foreign text: off the event loop, within a time."""

from collections.abc import Iterator
from threading import Event, get_ident

import anyio
import pytest

from outreach_tools.engine.aside import Going, aside, weight_of, weight_of_value
from outreach_tools.engine.errors import ToolError

HEAVY = 1_000_000


async def test_short_texts_are_worked_on_at_once() -> None:
    assert await aside(100, lambda _: get_ident()) == get_ident()


async def test_long_texts_are_worked_on_off_the_event_loop() -> None:
    assert await aside(HEAVY, lambda _: get_ident()) != get_ident()


async def test_others_go_on_while_long_texts_are_worked_on() -> None:
    others = Event()

    async def other() -> None:
        others.set()

    async with anyio.create_task_group() as group:
        group.start_soon(other)
        # On the event loop this would wait for ever for what has to run there.
        assert await aside(HEAVY, lambda _: others.wait(timeout=60))


async def test_an_error_in_the_work_is_the_callers() -> None:
    def work(_: Going) -> None:
        raise ToolError("no")

    with pytest.raises(ToolError, match="no"):
        await aside(HEAVY, work)


async def test_work_that_takes_too_long_is_given_up_and_says_so() -> None:
    ended, looked_at = Event(), [0]

    def endless() -> Iterator[int]:
        while True:
            looked_at[0] += 1
            yield looked_at[0]

    def work(going: Going) -> int:
        total = sum(going(endless()))
        ended.set()
        return total

    with pytest.raises(ToolError, match=r"took more than 0\.01 seconds: ask for fewer records \(page_size\)"):
        await aside(HEAVY, work, seconds=0.01)
    # It does not go on for nobody; on a busy machine the time may have been up before it began.
    assert looked_at == [0] or await anyio.to_thread.run_sync(ended.wait, 60)


def test_html_weighs_more_than_other_text() -> None:
    record = {"attributes": {"bodyHtml": "x" * 640, "bodyText": "x" * 640, "size": 640}}
    html, text = ({"attributes": {name: "x" * 640}} for name in ("bodyHtml", "bodyText"))
    assert weight_of([html]) > 3 * weight_of([text])
    assert weight_of([record, record]) > weight_of([html, text])
    assert weight_of([{}, {"attributes": None}]) < 10


VALUES: dict[str, object] = {
    "text": "x" * HEAVY,
    "array": ["x" * HEAVY],
    "deep": {"a": [{"b": "漢" * HEAVY}]},
    "name": {"x" * HEAVY: 1},
    "members": {str(n): n for n in range(9_000)},
    "empty texts": [""] * 9_000,
    "arrays": [["x" * 9] * 9_000] * 9,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
async def test_whatever_a_value_is_heavy_by_it_is_worked_on_off_the_event_loop(value: object) -> None:
    assert await aside(weight_of_value(value), lambda _: get_ident()) != get_ident()
