"""An answer as a table for people, as wide as the terminal."""

import textwrap
from collections.abc import Sequence

from outreach_mcp.commands.answer_grid import Grid, as_words
from outreach_mcp.commands.display_width import cut, padded, shown, width_of
from outreach_mcp.commands.terminal import Terminal

_GAP = "  "
_LEAST = 10
"""Columns of the terminal that a column of the table is never narrower than, unless all it holds is shorter."""


def as_table(grid: Grid, terminal: Terminal) -> str:
    """Return a grid as a table: cells that are too long for the terminal are cut, numbers and ids never.

    A single record, and rows of more columns than the terminal has room for, are shown one value below the other.
    """
    names = [shown(name) for name in grid.columns]
    cells = [[shown(as_words(value)) for value in row] for row in grid.rows]
    if not grid.listed:
        return "\n".join(_record(names, cells[0], terminal))
    numbers = [_is_numeric([row[place] for row in grid.rows]) for place in range(len(grid.columns))]
    natural = [max(map(width_of, (name, *column))) for name, *column in zip(names, *cells, strict=True)]
    whole = [number or name == "id" or name.endswith("_id") for name, number in zip(names, numbers, strict=True)]
    widths = natural if terminal.width is None else _narrowed(natural, whole, terminal.width)
    if widths is None and not cells:
        return textwrap.fill(", ".join(names), terminal.width or len(names))
    if widths is None:
        return "\n\n".join("\n".join(_record(names, row, terminal)) for row in cells)
    head = terminal.heading(_line(names, widths, numbers))
    rule = _GAP.join("-" * width for width in widths)
    return "\n".join([head, rule, *(_line(row, widths, numbers) for row in cells)])


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    fitted = (
        padded(cut(cell, width), width, right=number)
        for cell, width, number in zip(cells, widths, numbers, strict=True)
    )
    return _GAP.join(fitted).rstrip()


def _narrowed(natural: Sequence[int], whole: Sequence[bool], width: int) -> list[int] | None:
    """Return widths that fit into the terminal, or None where none do.

    The widest columns are narrowed first, and those that have to stay `whole` not at all.
    """
    room = width - len(_GAP) * (len(natural) - 1)
    widths = [*natural]
    while sum(widths) > room:
        narrowable = [(each, -place) for place, each in enumerate(widths) if not whole[place] and each > _LEAST]
        if not narrowable:
            return None
        widths[-max(narrowable)[1]] -= 1
    return widths


def _record(names: Sequence[str], cells: Sequence[str], terminal: Terminal) -> list[str]:
    width = max(map(width_of, names), default=0)
    lines: list[str] = []
    for name, cell in zip(names, cells, strict=True):
        first = f"{padded(name, width)}{_GAP}"
        said = cell if terminal.width is None else _wrapped(cell, first, terminal.width)
        lines.append(f"{terminal.heading(first)}{said}".rstrip())
    return lines


def _wrapped(cell: str, first: str, width: int) -> str:
    """Return a value broken into lines that begin below its own beginning, which stands after `first`."""
    room = max(width - width_of(first), _LEAST)
    # Wide letters take two columns each, and textwrap counts one.
    room = room // 2 if width_of(cell) > len(cell) else room
    return f"\n{' ' * width_of(first)}".join(textwrap.wrap(cell, room, break_on_hyphens=False))


def _is_numeric(values: Sequence[object]) -> bool:
    """Return whether a column holds numbers and nothing else."""
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there)
