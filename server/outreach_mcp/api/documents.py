"""Reads the JSON of Outreach's answers: small ones at once, large ones in a thread that lets the event loop go on."""

import json
from typing import Any

import pydantic_core

from outreach_mcp.io.json_text import holds_more_values
from outreach_mcp.io.threads import READING
from outreach_tools.client import JsonObject

LARGE = 2 * 1024 * 1024
"""Bytes that are read at once, which takes some 15 ms; a usual page has a hundredth."""

MOST_VALUES = 2_000_000
"""In one answer: of the longest that Outreach gives, a thousand full records, there are a quarter. Of empty lists more
would hold the interpreter for seconds, and a hundred times the memory of the text."""


class TooManyValuesError(ValueError):
    """More values than one answer may hold; the message says it after "its body"."""


async def read_document(content: bytes) -> Any:
    """Return the value that some JSON spells. Raises `ValueError` or `RecursionError` for what is not JSON.

    Raises `TooManyValuesError` for what holds more than `MOST_VALUES`.
    """
    return read_at_once(content) if len(content) <= LARGE else await READING.run(read_in_turns, content)


def read_at_once(content: bytes) -> Any:
    """Return what `read_document` does, in half the time of `json`; nothing else runs meanwhile, in no thread."""
    try:
        return pydantic_core.from_json(content, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        # It also refuses half a surrogate pair, which JSON may spell and `json` reads.
        return json.loads(content, parse_constant=_refuse_constant)


def read_in_turns(content: bytes) -> Any:
    """Return what `read_document` does, other threads going on meanwhile: they can at each object that is read.

    Raises as it does.
    """
    if holds_more_values(content, MOST_VALUES):
        raise TooManyValuesError(f"holds more than {MOST_VALUES:,} values")
    # The interpreter changes threads between steps of Python alone, of which this is one.
    return json.loads(content, parse_constant=_refuse_constant, object_hook=_same)


def _same(value: JsonObject) -> JsonObject:
    return value


def _refuse_constant(name: str) -> JsonObject:
    raise ValueError(f"{name} is not JSON")
