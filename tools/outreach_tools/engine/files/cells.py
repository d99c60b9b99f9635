"""The cells of a table: values of the API as a spreadsheet holds them, and what a cell says as a value again.

Spreadsheets take text that begins in a certain way for a formula, and some formulas reach out. Such text gets an
apostrophe in front, which is taken off again when a table is read: what was written is what is read, whatever it is.
"""

import json
import math
import re
from typing import Any, TypeAlias

from outreach_tools.json_values import is_array, is_object

Cell: TypeAlias = str | int | float | bool | None
"""The value of a cell; None and an empty text are the same."""

LONGEST = 32_767
"""Characters of a cell, which spreadsheets do not go beyond (Excel's specifications and limits)."""

# What OWASP lists for CSV injection: signs of formulas, their full-width forms, and blanks that some programs skip.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
_SEPARATOR = "; "
_MOST_DIGITS = 10**15  # from there on a spreadsheet's numbers are not exact
_CUT = "… (cut)"
_BREAK = re.compile("\r\n?")
# What XML cannot hold, and what no program writes back as it was.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cell_of(value: Any) -> Cell:
    """Return a value of the API as a cell: several values in one text, text that could be a formula guarded."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) < _MOST_DIGITS else str(value)
    text = value if isinstance(value, str) else _joined(value)
    # Of the ends of lines each program keeps one kind.
    text = _BREAK.sub("\n", _UNWRITABLE.sub("\ufffd", guarded(text)))
    return f"{text[: LONGEST // 2 - len(_CUT)]}{_CUT}" if _is_too_long(text) else text


def is_cut(cell: Cell) -> bool:
    """Return whether a cell shows no more than the beginning of a text."""
    return isinstance(cell, str) and cell.endswith(_CUT) and len(cell) >= LONGEST // 2 - len(_CUT)


def text_of(cell: Cell) -> str:
    """Return a cell as text: `true`, `false`, digits, or as it stands."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def said_by(cell: Cell) -> str:
    """Return the text that a cell stands for, without the apostrophe in front of what could be a formula."""
    return unguarded(text_of(cell))


def values_in(text: str) -> list[Any]:
    """Return the values of a cell that holds several."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if is_array(found):
            return found
    return [each for part in text.split(";") if (each := part.strip())]


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that was guarded, any other as it is."""
    return text[1:] if _GUARDED.match(text) else text


def plain(cell: Cell) -> str:
    """Return a cell in the form that is compared: programs change the ends of lines, and blanks at the end."""
    return _BREAK.sub("\n", text_of(cell)).rstrip()


def _is_too_long(text: str) -> bool:
    # Spreadsheets count in UTF-16.
    return len(text) > LONGEST // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST


def _joined(value: Any) -> str:
    """Return several values as one text that `values_in` reads; an object as JSON."""
    if is_object(value) and value.keys() == {"count"}:
        return f"{value['count']} records"
    if is_array(value):
        texts = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value]
        joined = _SEPARATOR.join(texts)
        if all(isinstance(each, str) for each in value) and values_in(joined) == value:
            return joined
        if all(isinstance(each, int) and not isinstance(each, bool) for each in value):
            return joined
    return json.dumps(value, ensure_ascii=False)
