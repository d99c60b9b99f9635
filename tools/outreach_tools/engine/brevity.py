"""Keeps refusals short however long the names in them are: of a text in several lengths, the first that fits."""

from collections.abc import Callable, Iterable

from outreach_tools.engine.tokens import estimate_tokens

MOST_TOKENS = 120
"""Tokens of a refusal of a name or a label, as o200k counts."""

_MARGIN = 0.85  # the estimate may lie a tenth under what o200k counts, on capitals in a row a little more
_WIDTHS = (80, 60, 40, 24, 16, 10)


def first_that_fits(texts: Iterable[str]) -> str:
    """Return the first text that is short enough, else the last."""
    text = ""
    for text in texts:
        if estimate_tokens(text) <= MOST_TOKENS * _MARGIN:
            break
    return text


def brief(write: Callable[[int], str]) -> str:
    """Return what is written with as many characters of each name as there is room for."""
    return first_that_fits(map(write, _WIDTHS))
