"""The caller is passed one way: as the context of the request, and not as an argument beside it."""

import ast
import re

import pytest

from tests.support.processes import ROOT

SERVER = ROOT / "server" / "outreach_mcp"
ROOMS = ("api", "guard", "http", "protocol", "stdio")
"""The rooms that a request passes; the pages of `callers` have callers that are not those of the request."""

SETTING = {"http/authentication.py": {"_user"}}
"""The one place where the transport sets the caller, and tells the SDK who that is."""


def takers(source: str) -> set[str]:
    """Return the functions with a parameter, and the classes with a field, that is a caller."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            rest = [each for each in (node.args.vararg, node.args.kwarg) if each is not None]
            parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *rest]
            found |= {node.name for each in parameters if _is_caller(each.annotation)}
        elif isinstance(node, ast.ClassDef):
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            found |= {node.name for each in fields if _is_caller(each.annotation)}
    return found


def _is_caller(annotation: ast.expr | None) -> bool:
    return annotation is not None and "Caller" in {name for each in ast.walk(annotation) for name in _words(each)}


def _words(annotation: ast.AST) -> list[str]:
    """Return the names that a part of an annotation is: it may be written as text, or with its module."""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [name]
        case ast.Constant(value=str(text)):
            return re.findall(r"\w+", text)
        case _:
            return []


def test_what_a_request_passes_is_handed_no_caller() -> None:
    found = {
        path.relative_to(SERVER).as_posix(): names
        for room in ROOMS
        for path in sorted((SERVER / room).rglob("*.py"))
        if (names := takers(path.read_text(encoding="utf-8")))
    }
    assert found == SETTING


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(a, caller: Caller | None = None): ...", {"f"}),
        ("class C:\n    async def f(self, *, who: Caller): ...", {"f"}),
        ("class C:\n    caller: Caller", {"C"}),
        ("def f(caller: 'Caller | None'): ...", {"f"}),
        ("def f(*all: caller.Caller): ...", {"f"}),
        ("def f(callers: CallerConnections): ...", set[str]()),
    ],
)
def test_a_caller_that_is_handed_on_is_noticed(source: str, found: set[str]) -> None:
    assert takers(source) == found
