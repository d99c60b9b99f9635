"""Words the message about a name that no tool has."""

import difflib
from collections.abc import Iterable

_MOST = 3
"""Names that are near enough to be worth a look."""


def unknown_tool(name: str, known: Iterable[str]) -> str:
    """Return the line that refuses a name, with the known ones that are nearest to it."""
    nearest = difflib.get_close_matches(name, [*known], n=_MOST)
    hint = f"did you mean {_either(nearest)}?" if nearest else "`outreach-mcp tools` lists them"
    return f"there is no tool {name!r}: {hint}"


def _either(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
