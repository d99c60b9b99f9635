"""Answers as the model gets them: compact JSON, cleaned, within the budget."""

import json
import math
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

import pydantic_core

from outreach_tools.client import JsonObject
from outreach_tools.engine.text import Piece, clean
from outreach_tools.engine.tokens import estimate_tokens, size_in_bytes
from outreach_tools.json_values import is_array, is_object

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ESCAPES = ("\\u00", "\\r", "\\b", "\\f")
_FRAME = 120  # tokens kept free for what stands around the rows: counts, the cursor, notes
_AT_ONCE = 25  # rows whose bytes are counted together
_MARGIN = 0.9  # the estimate may lie a tenth under what o200k counts


def render(answer: JsonObject) -> str:
    """Return an answer as compact JSON text, with what strangers may have hidden in it removed."""
    text = _compact(answer)
    # Nearly every answer is clean, which one look at the whole text shows; JSON spells control characters as escapes.
    suspicious = clean(text) != text or ("\\" in text and any(escape in text for escape in _ESCAPES))
    return _compact(_cleaned(answer)) if suspicious else text


def cost(value: Any) -> int:
    """Estimate the tokens of a value as it stands in an answer."""
    return estimate_tokens(_compact(value))


def fit_rows(columns: Sequence[str], rows: Iterable[list[Any]], budget: int) -> list[list[Any]]:
    """Take as many rows as fit into a budget of tokens; at least one, so that a list can go on.

    Rows far past the budget are not asked for. As long as the bytes alone show that the rows fit, which is so for most
    lists, no tokens are estimated.
    """
    left = _room(budget) - cost(list(columns))
    taken: list[list[Any]] = []
    coming = iter(rows)
    in_bytes = 0
    while more := list(islice(coming, _AT_ONCE)):
        in_bytes += size_in_bytes(_compact(more))
        if in_bytes > left:
            break
        taken += more
    if not more:
        return taken
    spent = sum(map(_row_cost, taken))
    for row in chain(more, coming):
        spent += _row_cost(row)
        if spent > left and taken:
            break
        taken.append(row)
    return taken


def _row_cost(row: list[Any]) -> int:
    return estimate_tokens(f"{_compact(row)},")


def _room(budget: int) -> int:
    return int((budget - _FRAME) * _MARGIN)


def _compact(value: Any) -> str:
    """Return a value as JSON, with null for a number that JSON can spell, as `1e999`, and Python has only infinity for.

    Of what has half a surrogate pair or is very deep, `json` makes it, which takes three times as long.
    """
    try:
        return pydantic_core.to_json(value, inf_nan_mode="null").decode()
    except ValueError:
        return _ENCODER.encode(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_array(value):
        return [_finite(item) for item in value]
    return {key: _finite(item) for key, item in value.items()} if is_object(value) else value


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Piece) else clean(value)
    if is_array(value):
        return [_cleaned(item) for item in value]
    if is_object(value):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return value
