"""Words the message about a name that no tool has."""

import difflib
from collections.abc import Iterable

_MOST = 3
"""Names that are near enough to be worth a look."""


def unknown_tool(name: str, known: Iterable[str]) -> str:
    """Return the line that refuses a name, with the known ones that are nearest to it."""
    return f"there is no tool {name!r}: {nearest_names(name, known, 'tools')}"


def nearest_names(name: str, known: Iterable[str], command: str) -> str:
    """Return the known names that are nearest to a name, or else the command that lists all."""
    nearest = difflib.get_close_matches(name, [*known], n=_MOST)
    return f"did you mean {_either(nearest)}?" if nearest else f"`outreach-mcp {command}` lists them"


def _either(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
