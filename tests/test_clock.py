"""One clock is passed to everything that waits or reckons in the server, and only one module reads the machine's."""

import ast
from datetime import UTC, datetime

import pytest

from outreach_mcp.clock import MACHINE, Clock
from tests.support.processes import ROOT

SERVER = ROOT / "server" / "outreach_mcp"
SOURCES = {path.relative_to(SERVER).as_posix(): path.read_text(encoding="utf-8") for path in SERVER.rglob("*.py")}
READINGS = {"utc_now", "monotonic", "time", "sleep"}
"""The last parts of the names that the machine's clock is read or waited by."""

CALLS = {
    ("time", "time"), ("time", "time_ns"), ("time", "monotonic"), ("time", "monotonic_ns"), ("time", "perf_counter"),
    ("time", "sleep"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("", "utc_now"),
}  # fmt: skip
"""The calls that ask the machine's clock, or wait by it, past the one that is passed."""

BY_ANOTHERS_CLOCK = {("http/shared_rate.py", "time.time")}
"""The library that counts calls in Redis reckons the end of a minute by that clock, and takes no other."""


def defaults(source: str) -> list[str]:
    """Return what parameters and fields take from the machine's clock where they are given nothing."""
    found: list[tuple[str, ast.expr]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = [*node.args.posonlyargs, *node.args.args][-len(node.args.defaults) :] if node.args.defaults else []
            named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            pairs = [*zip(last, node.args.defaults, strict=True), *named]
            found += [(parameter.arg, default) for parameter, default in pairs if default is not None]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found.append((node.target.id, node.value))
    return [f"{name}={ast.unparse(value)}" for name, value in found if _last(value) in READINGS]


def _last(value: ast.expr) -> str:
    return value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""


def test_who_needs_more_than_the_time_of_day_is_given_a_whole_clock() -> None:
    found = {(module, default) for module, source in SOURCES.items() for default in defaults(source)}
    others = {each for each in found if each[0] != "clock.py"}
    # Who needs nothing but the time of day is handed a function that tells it.
    assert {default for _, default in others} == {"now=utc_now"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(a, clock=time.monotonic): ...", ["clock=time.monotonic"]),
        ("async def f(*, now=utc_now, sleep: S = anyio.sleep): ...", ["now=utc_now", "sleep=anyio.sleep"]),
        ("class C:\n    block: B = time.sleep", ["block=time.sleep"]),
        ("def f(a, clock=MACHINE): ...", []),
        ("def f(): return time.monotonic()", []),
    ],
)
def test_a_clock_that_is_taken_apart_is_noticed(source: str, found: list[str]) -> None:
    assert defaults(source) == found


def calls(source: str) -> list[str]:
    """Return the calls that ask the machine's clock itself, or hand on what would."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            asked = [node.func, *node.args, *(each.value for each in node.keywords)]
            found += [ast.unparse(each) for each in asked if _place(each) in CALLS]
    return found


def _place(value: ast.expr) -> tuple[str, str]:
    if isinstance(value, ast.Attribute):
        return _last(value.value), value.attr
    return "", value.id if isinstance(value, ast.Name) else ""


def test_only_the_clock_that_is_passed_is_asked() -> None:
    found = {(module, call) for module, source in SOURCES.items() for call in calls(source)}
    assert found == BY_ANOTHERS_CLOCK


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("begun = time.monotonic()", ["time.monotonic"]),
        ("store.remove(datetime.now(UTC))", ["datetime.now"]),
        ("datetime.datetime.now()", ["datetime.datetime.now"]),
        ("running(start, time.monotonic)", ["time.monotonic"]),
        ("dated(settings, now=utc_now)", ["utc_now"]),
        ("begun = clock.monotonic(), self._clock.now(), now()", []),
    ],
)
def test_a_look_past_the_clock_is_noticed(source: str, found: list[str]) -> None:
    assert calls(source) == found


def test_a_clock_is_that_of_the_machine_but_for_what_it_is_given() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    clock = Clock(now=lambda: noon)
    assert (clock.now(), clock.monotonic, clock.sleep, clock.block) == (
        noon,
        MACHINE.monotonic,
        MACHINE.sleep,
        MACHINE.block,
    )
