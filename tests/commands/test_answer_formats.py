"""`outreach-mcp call --format`: the same answer as JSON, as a table for people, as CSV for other programs."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.cli import main
from outreach_mcp.commands.answer_grid import as_csv, grid_of, text_of
from outreach_mcp.commands.answer_table import as_table
from outreach_mcp.commands.display_width import cut, width_of
from outreach_mcp.commands.terminal import Terminal
from tests.support.processes import pinned, run

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.lists(st.text(min_size=1), min_size=1, max_size=6, unique=True)


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    """Return the answer of a list."""
    names = draw(NAMES)
    rows = draw(st.lists(st.lists(VALUES, min_size=len(names), max_size=len(names)), max_size=5))
    return {"returned": len(rows), "has_more": False, "columns": names, "rows": rows}


def called(capsys: pytest.CaptureFixture[str], form: str, tool: str, **arguments: Any) -> tuple[int, str, str]:
    code = main(pinned(["call", "--sandbox", tool, json.dumps(arguments), "--format", form]), {})
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def read(text: str) -> list[list[str]]:
    """Read CSV as other programs do."""
    return [*csv.reader(io.StringIO(text, newline=""), strict=True)]


def test_json_is_what_a_call_shows_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(pinned(["call", "--sandbox", "list_users", '{"page_size": 3}']), {}) == 0
    plain = capsys.readouterr()
    assert called(capsys, "json", "list_users", page_size=3) == (0, plain.out, plain.err)


def test_a_list_as_csv_holds_what_it_holds_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, as_json, _ = called(capsys, "json", "list_prospects", page_size=20)
    answer = json.loads(as_json)
    code, out, err = called(capsys, "csv", "list_prospects", page_size=20)
    assert (code, err) == (0, f"page_after: {answer['page_after']}\n")
    assert out.count("\r\n") == out.count("\n") == 21
    assert read(out) == [answer["columns"], *([text_of(value) for value in row] for row in answer["rows"])]


def test_a_record_as_csv_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    _, as_json, _ = called(capsys, "json", "get_prospect", prospect_id=456)
    code, out, err = called(capsys, "csv", "get_prospect", prospect_id=456)
    names, values = read(out)
    assert (code, err) == (0, "")
    assert dict(zip(names, values, strict=True)) == {name: text_of(each) for name, each in json.loads(as_json).items()}


def test_the_ends_of_lines_leave_the_process_as_they_are() -> None:
    ended = run("call", "--sandbox", "list_users", '{"page_size": 1, "fields": ["id"]}', "--format", "csv")
    # Text that was read has its ends made one: the bytes count.
    assert (ended.returncode, ended.stdout.split("\n")[0]) == (0, "id")


@given(lists())
def test_any_answer_survives_csv(answer: dict[str, Any]) -> None:
    grid = grid_of(answer)
    read_again = read(as_csv(grid))
    assert read_again == [answer["columns"], *([text_of(value) for value in row] for row in answer["rows"])]


def test_a_list_as_a_table_is_lined_up_and_says_beside_it_how_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "table", "list_users", page_size=3, fields=["name", "locked"])
    assert (code, out) == (
        0,
        "id  name         locked\n"
        "--  -----------  ------\n"
        "17  Maya Okafor  false\n"
        "18  Tom Brennan  false\n"
        "19  Priya Raman  false\n",
    )
    assert err.startswith("page_after: ")


def test_a_record_as_a_table_has_a_line_for_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "table", "get_user", user_id=17, fields=["name", "email"])
    assert (code, out, err) == (
        0,
        "id     17\nname   Maya Okafor\nemail  maya.okafor@fieldlight.example\n",
        "",
    )


def test_an_empty_list_says_why_beside_the_names_of_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = [{"field": "firstName", "criteria": "Zzz"}]
    for form, lines in (("table", 2), ("csv", 1)):
        code, out, err = called(capsys, form, "list_prospects", filters=nobody, fields=["name"])
        assert (code, out.count("\n"), out.split()[:2][0].split(",")[0]) == (0, lines, "id")
        assert err.startswith("note: firstName is matched as a whole")


@pytest.mark.parametrize("form", ["json", "table", "csv"])
def test_a_failure_is_told_on_stderr_in_every_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, form, "get_task", task_id=987654321)
    assert (code, out, "987654321" in err) == (1, "", True)


@pytest.mark.parametrize("form", ["", "xml", "JSON"])
def test_a_format_that_there_is_not_is_refused_before_anything_is_called(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(pinned(["call", "--sandbox", "list_users", "--format", form]), {})
    told = capsys.readouterr()
    assert (ended.value.code, told.out, told.err.count("\n"), "--format" in told.err) == (2, "", 1, True)


@given(lists(), st.integers(min_value=40, max_value=160))
def test_a_table_is_no_wider_than_the_terminal_and_keeps_every_row(answer: dict[str, Any], width: int) -> None:
    # Names are those of attributes, which are shorter than any terminal.
    answer["columns"] = [f"column{place}" for place in range(len(answer["columns"]))]
    answer["rows"] = [[None if isinstance(each, int | float) else each for each in row] for row in answer["rows"]]
    lines = as_table(grid_of(answer), Terminal(width)).split("\n")
    assert max(map(width_of, lines)) <= width
    assert all(line.isprintable() or "\u200c" in line or "\u200d" in line or not line.isascii() for line in lines)
    assert all(name in " ".join(lines) for name in answer["columns"])
    if lines[1:] and lines[1].startswith("-"):
        assert len(lines) == 2 + len(answer["rows"])


def test_a_table_cuts_long_cells_and_never_an_id_or_a_number() -> None:
    row = [123456789012, "a" * 60, "b" * 60, 98765432109, "0f8fad5b-d9cb-469f-a165-70867728950e"]
    answer = {"columns": ["id", "name", "title", "amount", "batch_id"], "rows": [row]}
    shown = as_table(grid_of(answer), Terminal(100)).splitlines()[2]
    assert shown == (f"123456789012  {'a' * 15}…  {'b' * 16}…  98765432109  0f8fad5b-d9cb-469f-a165-70867728950e")


def test_where_the_columns_have_no_room_each_record_is_shown_by_itself() -> None:
    names = [f"name{place}" for place in range(9)]
    answer = {"columns": names, "rows": [["x" * 30] * 9, ["y" * 30] * 9]}
    shown = as_table(grid_of(answer), Terminal(60))
    first, second = shown.split("\n\n")
    assert first.splitlines() == [f"{name}  {'x' * 30}" for name in names]
    assert second.splitlines() == [f"{name}  {'y' * 30}" for name in names]


def test_nothing_in_a_cell_steers_the_terminal() -> None:
    hostile = "a\x1b[2Jb\r\nc\td\u202ee\x9b1mf\u2028g"
    shown = as_table(grid_of({"id": 1, "name": hostile}), Terminal(80))
    assert [line for line in shown.splitlines() if not line.isprintable()] == []
    assert len(shown.splitlines()) == 2


def test_wide_letters_take_two_columns() -> None:
    answer = {"columns": ["id", "name", "city"], "rows": [[1, "山田太郎", "x"], [2, "Ann", "y"]]}
    assert as_table(grid_of(answer), Terminal(80)).splitlines()[2:] == [
        " 1  山田太郎  x",
        " 2  Ann       y",
    ]
    assert cut("山田太郎", 5) == "山田…"
