"""Reads the query of a raw request as it stands in a URL, which clients without free objects can write."""

from typing import Any
from urllib.parse import parse_qsl

from outreach_tools.engine.matching import shorten

_OPENINGS_OF_JSON = ("{", "[", '"')


def query_members(value: Any) -> Any:
    """Read the text behind a `?` as an object of names and values; anything else, JSON text too, stays as it is.

    A name that stands there several times has an array. Raises `ValueError`.
    """
    if not isinstance(value, str) or value.strip().startswith(_OPENINGS_OF_JSON):
        return value
    members: dict[str, list[str]] = {}
    try:
        for name, each in parse_qsl(value.strip().removeprefix("?"), keep_blank_values=True, strict_parsing=True):
            members.setdefault(name, []).append(each)
    except ValueError:
        raise ValueError(f"takes name=value, joined by &, like 'page[size]=5', not {shorten(value)}") from None
    return members
