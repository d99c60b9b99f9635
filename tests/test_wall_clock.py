"""No test depends on the day on which it runs: where one looks at this machine's clock, it is said here why it may."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.processes import ROOT

TESTS = ROOT / "tests"

MACHINE_CLOCK = {
    "callers/identity/provider.py": "servers check its tokens by the machine's clock: they are good from now on",
    "callers/identity/test_tokens.py": "it checks tokens of that provider",
    "callers/pages/test_sign_in.py": "its ID tokens are checked by a library that knows no other clock",
    "test_clock.py": "it asks what the machine's clock consists of, not what it says",
    "support/replicas.py": "the tokens that it stores are judged by processes, which have the machine's clock",
}
"""Modules that ask what time it is."""

UNPINNED_SANDBOX = {
    "sandbox/test_day.py": "today is refused there, whichever day it is: its file is of 2098",
    "commands/test_demo_days.py": "its settings name the day",
    "commands/test_demo.py": "its settings name the day",
    "commands/test_cli.py": "its command lines are given to `refusal`, which pins the day",
    "test_clients.py": "what users start as it stands; it lists tools",
    "http/test_shutdown.py": "nothing is asked of what the server holds",
    "installed/__main__.py": "it starts what the documents describe, and asks whether it answers",
    "installed/modes.py": "it starts what the documents describe, and asks whether it answers",
    "tools/test_build_sequence_killed.py": "it asks what a killed process leaves, in records of its own",
    "io/test_interrupts.py": "it asks how commands end, not what they find",
    "guard/test_journal.py": "it asks which lines a change leaves, not what else the sandbox holds",
    "io/test_streams.py": "it asks what becomes of streams, not what is found",
    "test_sandbox_document.py": "the doctor holds the sandbox's clock against this machine's",
    "test_readme.py": "the doctor holds Outreach's clock against this machine's; test_demo_days asks on other days",
}
"""Modules that start a sandbox without saying which clock it has."""

WORKS_BESIDE = ("long/",)
"""The long suites run for minutes against real processes, and measure them."""

_ASKING = (
    {("datetime", name) for name in ("now", "utcnow", "today")}
    | {("date", "today")}
    | {("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")}
)
_PINNING = {"run", "started", "pinned", "refusal", "Server"}  # the last is that of test_stdio
_TAKING_A_CLOCK = {"build_sandbox", "Connection"}


def asks_the_machine(node: ast.AST) -> bool:
    """Return whether a piece of code is one that tells the day."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return (node.value.id, node.attr) in _ASKING
    return isinstance(node, ast.Name) and node.id in {"utc_now", "MACHINE"}


def leaves_the_day_open(node: ast.AST) -> bool:
    """Return whether a piece of code starts a sandbox without a clock or a day."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in _TAKING_A_CLOCK:
            return not {keyword.arg for keyword in node.keywords} & {"clock"}
        if "pin" in {keyword.arg for keyword in node.keywords}:
            return True
        return _mentions_a_sandbox(node.args)
    return isinstance(node, ast.List | ast.Tuple) and _mentions_a_sandbox(node.elts)


def _mentions_a_sandbox(words: list[ast.expr]) -> bool:
    texts = [word.value for word in words if isinstance(word, ast.Constant)]
    return "--sandbox" in texts and "--today" not in texts


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every piece of a program, but not what is handed to a function that pins the day."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not _pins(child):
            yield from nodes(child)


def _pins(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PINNING):
        return False
    return "pin" not in {keyword.arg for keyword in node.keywords}


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the tests, by its path below them."""
    paths = {path.relative_to(TESTS).as_posix(): path for path in TESTS.rglob("*.py")}
    return {
        name: ast.parse(path.read_text(encoding="utf-8"))
        for name, path in sorted(paths.items())
        if not name.startswith(WORKS_BESIDE) and name != "test_wall_clock.py"
    }


def test_the_modules_that_look_at_the_machines_clock_are_those_that_have_a_reason() -> None:
    found = {name for name, tree in modules().items() if any(asks_the_machine(node) for node in nodes(tree))}
    assert found == set(MACHINE_CLOCK)


def test_every_sandbox_has_a_clock_or_a_day_or_a_reason() -> None:
    found = {name for name, tree in modules().items() if any(leaves_the_day_open(node) for node in nodes(tree))}
    assert found == set(UNPINNED_SANDBOX)


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("datetime.now(UTC)", True),
        ("Journal(path, now=utc_now)", True),
        ("verifier(now=time.time)", True),
        ("verifier(provider, clock=MACHINE)", True),
        ("date.today()", True),
        ("clock.now()", False),
        ("time.monotonic()", False),
    ],
)
def test_what_tells_the_day_is_recognised(code: str, asks: bool) -> None:
    assert any(asks_the_machine(node) for node in nodes(ast.parse(code))) is asks


@pytest.mark.parametrize(
    ("code", "leaves"),
    [
        ("build_sandbox(store)", True),
        ("build_sandbox(store, clock=lambda: NOW)", False),
        ("Connection(Settings(sandbox=True))", True),
        ("Connection(SANDBOX, clock=Clock(now=lambda: NOW))", False),
        ("StdioServerParameters(command=c, args=['serve', '--sandbox'])", True),
        ("StdioServerParameters(command=c, args=pinned(['serve', '--sandbox']))", False),
        ("subprocess.run([*COMMAND, 'call', '--sandbox', '--today', TODAY])", False),
        ("run('call', '--sandbox', 'list_users')", False),
        ("serving('serve', '--sandbox')", True),
        ("started('sandbox', pin=False)", True),
    ],
)
def test_what_starts_a_sandbox_on_no_day_is_recognised(code: str, leaves: bool) -> None:
    assert any(leaves_the_day_open(node) for node in nodes(ast.parse(code))) is leaves
