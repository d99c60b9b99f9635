"""Text for a model: long text trimmed, what strangers hide in it removed."""

import re
from unicodedata import combining

from outreach_tools.engine.unseen import without_unseen

CELL_LIMIT = 120
"""Characters of free text that a cell of a list shows."""

TEXT_LIMIT = 600
"""Characters of one text that a record shows unless the text was asked for by name."""

_JOINER = "\u200d"
# What belongs to the character before it: joiners, variation selectors, keycaps, skin tones, tags.
_CONTINUING = re.compile(
    "[\u200c\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_LONGEST_CLUSTER = 40  # characters; the longest emoji in use have about fifteen


def clean(text: str) -> str:
    """Remove what is not seen but could deceive: all that shows nothing where no script and no emoji needs it."""
    # Most text is ASCII that shows, which is told in a hundredth of the time.
    return text if text.isascii() and text.isprintable() else without_unseen(text)


class Piece(str):
    """A piece of a clean text: what stands at its edges may do its work with what stands beyond them."""

    __slots__ = ()


def trim(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, saying how many more there are."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()}… (+{len(text) - limit:,} characters)"


def whole_characters(text: str, at: int) -> int:
    """Return the last place up to `at` where a text can be cut and what a reader takes for one character stays whole.

    Where there is none within reach, as in a row of nothing but marks, it is `at` itself.
    """
    for place in range(at, max(at - _LONGEST_CLUSTER, 0), -1):
        if place == len(text) or not _inside(text, place):
            return place
    return at


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """Fold a text onto one line of at most `limit` characters, ending in … where it was cut."""
    # Nearly all text is one line already: this finds out in a fraction of the time that folding takes.
    folded = text if text.isprintable() and "  " not in text else " ".join(text.split())
    return folded if len(folded) <= limit else f"{folded[: limit - 1].rstrip()}…"


def _inside(text: str, place: int) -> bool:
    """Tell whether a place is in the middle of what a reader takes for one character."""
    before, after = text[place - 1], text[place]
    if before == _JOINER or _CONTINUING.match(after) or combining(after):
        return True
    if not (_REGIONAL.match(before) and _REGIONAL.match(after)):
        return False
    # Two letters make a flag: the place is inside one after an odd number of letters.
    start = place
    while start > 0 and _REGIONAL.match(text[start - 1]):
        start -= 1
    return (place - start) % 2 == 1
