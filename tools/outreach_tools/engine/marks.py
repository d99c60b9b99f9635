"""Marks off, in an answer, the long texts that strangers wrote: it names the members that hold them.

The name stands outside of every text, and in JSON no text can end its own string: what a text holds cannot take the
mark off, put it on something else, or pass for a member of the answer.
"""

from collections.abc import Iterable
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.text import CELL_LIMIT
from outreach_tools.json_values import is_array, is_object

UNTRUSTED = "untrusted"
"""The member that names the members, or columns, with long texts in them; `*` stands for all."""

_ALL = ["*"]
_MOST = 10  # names that are worth their tokens
_ADDRESSES = ("https://", "http://")


def marked(answer: JsonObject) -> JsonObject:
    """Return an answer with what names its long texts, after its id; as it is where there are none."""
    names = long_texts(answer.items())
    if not names:
        return answer
    first = {name: answer[name] for name in ("id",) if name in answer}
    return {**first, UNTRUSTED: names, **{name: value for name, value in answer.items() if name not in first}}


def fitting_marks(answer: JsonObject) -> JsonObject:
    """Return an answer, a record or a list, of which something was left out without the names of that."""
    names: Any = answer.get(UNTRUSTED)
    if not is_array(names) or names == _ALL:
        return answer
    there: Any = answer.get("columns", answer)
    kept = [name for name in names if name in there]
    return {name: kept if name == UNTRUSTED else value for name, value in answer.items() if name != UNTRUSTED or kept}


def long_texts(values: Iterable[tuple[str, Any]]) -> list[str]:
    """Return the names of the values that are, or hold, long texts; `["*"]` for many."""
    names = list(dict.fromkeys(name for name, value in values if _is_long(value)))
    return names if len(names) <= _MOST else _ALL


def _is_long(value: Any) -> bool:
    """Return whether a long text is in a value, however deep; an address is not one."""
    if isinstance(value, str):
        return len(value) > CELL_LIMIT and not value.startswith(_ADDRESSES)
    if not is_array(value) and not is_object(value):
        return False
    waiting: list[Any] = [value]
    while waiting:
        each = waiting.pop()
        if is_array(each):
            waiting.extend(each)
        elif is_object(each):
            waiting.extend(each.values())
        elif isinstance(each, str) and _is_long(each):
            return True
    return False
