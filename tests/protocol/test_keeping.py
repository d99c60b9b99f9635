"""An organisation's words are kept for the caller whose connection read them, and for nobody else."""

from contextlib import nullcontext
from datetime import datetime, timedelta

import anyio
import anyio.lowlevel
import pytest

from outreach_mcp.caller import READ, Caller, acting_for
from outreach_mcp.protocol.views import MOST_CALLERS, Keeping
from outreach_tools.engine.naming.kept import KEPT_FOR, OWN_MAILBOX, Kept, names_of
from tests.support.workbench import NOW


def caller(name: str) -> Caller:
    return Caller(name, name, frozenset({READ}))


class Reading:
    """Something to read that tells how often it was."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        self.times += 1
        await anyio.lowlevel.checkpoint()
        return self.times


async def test_what_one_caller_has_read_no_other_is_shown() -> None:
    keeping, read = Keeping(lambda: NOW), Reading()
    found: list[int] = []
    for name in ("ann", "bob", "ann", "", "bob"):
        with acting_for(caller(name)) if name else nullcontext():
            found.append((await keeping.own().get("names of user", read)).value)
    assert found == [1, 2, 1, 3, 2]


async def test_what_is_kept_of_a_caller_who_has_to_connect_anew_is_forgotten() -> None:
    keeping, read = Keeping(lambda: NOW), Reading()
    for _ in range(2):
        with acting_for(caller("ann")):
            await keeping.own().get("names of user", read)
            keeping.forget()
    assert read.times == 2


async def test_of_so_many_callers_and_no_more_something_is_kept() -> None:
    keeping, read = Keeping(lambda: NOW), Reading()

    async def ask(number: int) -> int:
        with acting_for(caller(f"caller {number}")):
            await keeping.own().get("names of user", read)
        return read.times

    before = [await ask(number) for number in range(MOST_CALLERS + 1)][-1]
    assert [await ask(1) - before, await ask(0) - before] == [0, 1]


@pytest.mark.parametrize(("later", "times"), [(KEPT_FOR - timedelta(seconds=1), 1), (KEPT_FOR, 2), (-timedelta(1), 2)])
async def test_what_was_read_counts_for_some_minutes(later: timedelta, times: int) -> None:
    moments = [NOW]

    def now() -> datetime:
        return moments[-1]

    kept, read = Kept(now), Reading()
    await kept.get("labels", read)
    moments.append(NOW + later)
    assert (await kept.get("labels", read)).before is (times == 1)
    assert read.times == times


async def test_calls_side_by_side_read_once() -> None:
    kept, read = Kept(lambda: NOW), Reading()
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(kept.get, "labels", read)
    assert read.times == 1


async def test_what_was_read_before_a_change_is_not_kept() -> None:
    kept, read = Kept(lambda: NOW), Reading()

    async def read_while_it_changes() -> int:
        kept.forget_type("stage")
        return await read()

    await kept.get(names_of("stage"), read_while_it_changes)
    assert (await kept.get(names_of("stage"), read)).before is False


async def test_a_change_of_a_type_forgets_what_its_records_say_and_one_of_an_unknown_type_all() -> None:
    kept, read = Kept(lambda: NOW), Reading()
    for kind, forgotten in (
        ("user", {names_of("user"), OWN_MAILBOX}),
        ("", {names_of("user"), names_of("stage"), OWN_MAILBOX}),
    ):
        subjects = (names_of("user"), names_of("stage"), OWN_MAILBOX)
        for subject in subjects:
            await kept.get(subject, read)
        kept.forget_type(kind)
        assert {each for each in subjects if not (await kept.get(each, read)).before} == forgotten
