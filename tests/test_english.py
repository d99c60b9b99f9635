"""Docstrings and messages are ordinary English: two habits that read like a translation are kept out of them."""

import ast
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.processes import ROOT

_QUESTION = re.compile(r"(?:What|Who|Whom|Whose|Where|Which)\b")
_IS_NO = re.compile(r"(?<!here )\b(?:is|are|was|were) no (?!longer\b|more\b|such\b)[a-z{]")
_MAY_HOLD = re.compile(rf"\"\"\"\s*{_QUESTION.pattern}|\b(?:is|are|was|were)\W+(?:f\W+)?no\b")
"""Found in each source that holds one of the two, also where a text is written in parts; reading syntax takes long."""
_PYTHON = re.compile(r"#!.*python")
_OWN = ROOT / "tests" / "test_english.py"
_FOLDERS = ("server", "sandbox", "tools", "scripts", "benchmarks", "tests")


def _texts() -> Iterator[tuple[str, str, bool]]:
    """Yield each text of the source with its place, and whether it is a docstring (a constant's included)."""
    # In a thread of its own: where greenlets ran, as for the browser, CPython 3.11 may have lost count of the depth of
    # its recursion, which its parser compares.
    with ThreadPoolExecutor(1) as thread:
        trees = [(path, thread.submit(ast.parse, source).result()) for path, source in _sources()]
    for path, tree in trees:
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = _text(node)
            if text is not None and isinstance(node, ast.expr):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", text, id(node) in docstrings


def _sources() -> Iterator[tuple[Path, str]]:
    """Yield each Python file that may hold one of the habits, scripts without an ending included."""
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path != _OWN and path.is_file() and path.suffix in {"", ".py"}:
                source = path.read_text(encoding="utf-8")
                if (path.suffix or _PYTHON.match(source)) and _MAY_HOLD.search(source):
                    yield path, source


def _text(node: ast.AST) -> str | None:
    """Return the text that a node spells, `{}` for each value put into it, None where it spells none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_no_docstring_begins_with_a_question_word() -> None:
    found = [place for place, text, docstring in _texts() if docstring and _QUESTION.match(text)]
    assert found == [], 'say it as PEP 257 does: "Return the port.", not "What port it is."'


def test_no_text_says_is_no_for_is_not_a() -> None:
    found = [f"{place}: {match[0]}" for place, text, _ in _texts() for match in _IS_NO.finditer(text)]
    assert found == [], 'say "is not a valid port", not "is no port"'


def test_the_habits_are_recognised() -> None:
    assert _QUESTION.match("Where it listens.")
    assert _MAY_HOLD.search('"""Where it listens."""')
    assert all(_MAY_HOLD.search(text) for text in ("are no ids", 'f"{it} is "\n    f"no port"'))
    assert not _QUESTION.match("Whether it listens.")
    assert all(_IS_NO.search(text) for text in ("'x' is no port", "those are no ids", "{} is no {}"))
    assert not any(_IS_NO.search(text) for text in ("there is no key", "it is no longer good", "is not a port"))
