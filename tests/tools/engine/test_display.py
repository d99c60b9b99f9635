"""Every answer shows values in a form that one module decides: cells of lists, records, and what writes answer."""

import ast
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach_tools.catalog import Attribute
from outreach_tools.engine.display import Form, display_of
from tests.support.processes import ROOT

TOOLS = ROOT / "tools" / "outreach_tools"
SOURCES = {path.relative_to(TOOLS).as_posix(): path.read_text(encoding="utf-8") for path in TOOLS.rglob("*.py")}

DECIDING = {
    "engine/display.py": {"html_to_text", "shown_time"},
    "engine/criteria.py": {"html_to_text"},  # a filter finds HTML by the text that was shown of it
    # What reports and summaries reckon is no record's value: the bounds of a period, the last touch of several records.
    "engine/figures/measures.py": {"shown_time"},
    # Moments of plans, jobs and events, which no record's attribute holds.
    "engine/bulk/applying.py": {"shown_time"},
    "engine/bulk/told.py": {"shown_time"},
    "timeline/tool.py": {"shown_time"},
    "reports/periods.py": {"shown_time"},
    "reports/pipeline.py": {"shown_time"},
    "reports/replies.py": {"shown_time"},
    "engine/written.py": {"shown_time"},  # a note names the moment that was sent, which no answer holds
}
"""Modules that take a form's makers into their hands."""

MAKERS = {"html_to_text", "shown_time"}

ATTRIBUTES = {
    each.name: each
    for each in (
        Attribute("dueAt", "string", format="date-time"),
        Attribute("createdAt", "string", format="date-time"),
        Attribute("closeDate", "string", format="date-time"),
        Attribute("bodyHtml", "string"),
        Attribute("note", "string"),
        Attribute("owner", "string", format="email"),
        Attribute("score", "number"),
        Attribute("tags", "array"),
    )
}
BERLIN = ZoneInfo("Europe/Berlin")
LATE = "2026-03-01T23:30:15.250Z"
HTML = "<p>Hi  <b>Ann</b></p>"
LONG = "word " * 40
CUT = f"{('word ' * 24)[:119].rstrip()}…"


def made(source: str) -> set[str]:
    """Return the makers of forms that a module imports."""
    imports = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    return {alias.name for node in imports for alias in node.names} & MAKERS


def says_what_is_empty(source: str) -> bool:
    """Say whether a module has an own notion of the values that say nothing."""
    tuples = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Tuple))
    return any({"None", "''", "[]", "{}"} <= {ast.unparse(each) for each in node.elts} for node in tuples)


def test_one_module_decides_on_the_form_of_a_value() -> None:
    assert {module: found for module, source in SOURCES.items() if (found := made(source))} == DECIDING
    assert [module for module, source in SOURCES.items() if says_what_is_empty(source)] == ["engine/display.py"]


def test_a_module_that_decides_for_itself_is_noticed() -> None:
    assert made("from outreach_tools.engine.zones import shown_time, time_zone") == {"shown_time"}
    assert says_what_is_empty('_NOTHING: tuple[Any, ...] = (None, "", [], {})')
    assert not says_what_is_empty('_NOTHING = (None, "")')


@pytest.mark.parametrize(
    ("name", "value", "cell", "named", "whole"),
    [
        ("dueAt", LATE, "2026-03-02T00:30+01:00", "2026-03-02T00:30:15+01:00", "2026-03-02T00:30:15+01:00"),
        ("createdAt", LATE, "2026-03-02", "2026-03-02T00:30:15+01:00", "2026-03-02T00:30:15+01:00"),
        ("closeDate", "2026-03-01T00:00:00.000Z", "2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("dueAt", "soon", "soon", "soon", "soon"),
        ("bodyHtml", HTML, "Hi Ann", HTML, "Hi Ann"),
        ("note", LONG, CUT, LONG, LONG),
        ("note", "a\nb", "a\nb", "a\nb", "a\nb"),
        ("owner", "ann@acme.example", "ann@acme.example", "ann@acme.example", "ann@acme.example"),
        ("score", 7.5, 7.5, 7.5, 7.5),
        ("tags", ["a", LONG], ["a", LONG], ["a", LONG], ["a", LONG]),
        # Of what the catalogue has no attribute, as of what it calls text.
        ("madeUpHtml", HTML, "Hi Ann", HTML, "Hi Ann"),
        ("madeUp", LONG, CUT, LONG, LONG),
        ("madeUp", {"a": LONG}, {"a": LONG}, {"a": LONG}, {"a": LONG}),
    ],
)
def test_a_value_has_one_form_wherever_it_is_shown(name: str, value: Any, cell: Any, named: Any, whole: Any) -> None:
    assert [display_of(ATTRIBUTES, name, form, BERLIN)(value) for form in (Form.CELL, Form.NAMED, Form.WHOLE)] == [
        cell,
        named,
        whole,
    ]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", [*ATTRIBUTES, "madeUp", "madeUpHtml"])
@pytest.mark.parametrize("value", [None, 0, False, 4, [], {}, ["<p>"], {"at": LATE}])
def test_what_is_not_text_is_shown_as_it_is(form: Form, name: str, value: Any) -> None:
    assert display_of(ATTRIBUTES, name, form, UTC)(value) is value
