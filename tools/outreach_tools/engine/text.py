"""Text for a model: long text trimmed, what strangers hide in it removed."""

import re
from typing import Self
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
_MOST_OF_A_LINE = 8_192  # characters that are read for a line of a hundred; what follows can be on it only after blanks
_LONGEST_CLUSTER = 40  # characters; the longest emoji in use have about fifteen


def clean(text: str) -> str:
    """Remove what is not seen but could deceive: all that shows nothing where no script and no emoji needs it."""
    # Most text is ASCII that shows, which is told in a hundredth of the time.
    if text.isascii() and text.isprintable():
        return text
    return text.cleaned() if isinstance(text, Cut) else without_unseen(text)


class Piece(str):
    """A piece of a clean text: what stands at its edges may do its work with what stands beyond them."""

    __slots__ = ()


class Cut(str):
    """The beginning of a text that was cut unread, with a mark that says how much is missing.

    `beginning` is it without the mark, and `whole` the length that the text had.
    """

    __slots__ = ("beginning", "whole")

    beginning: str
    whole: int

    def __new__(cls, beginning: str, left_out: int) -> Self:
        """Make it of the text's beginning and the number of characters after that."""
        made = super().__new__(cls, _marked(beginning, left_out))
        made.beginning, made.whole = beginning, len(beginning) + left_out
        return made

    @classmethod
    def of(cls, text: str, limit: int) -> str:
        """Return a text's first `limit` characters; a text that is no longer as it is."""
        beginning, whole = parts_of(text)
        if len(beginning) <= limit:
            return text
        kept = whole_characters(beginning, limit)
        return cls(beginning[:kept], whole - kept)

    def cleaned(self) -> Self:
        """Return it cleaned; what is missing was not read, and is counted as it was."""
        return type(self)(clean(self.beginning), self.whole - len(self.beginning))


def parts_of(text: str) -> tuple[str, int]:
    """Return a text without the mark of a cut, and the length it had before that."""
    return (text.beginning, text.whole) if isinstance(text, Cut) else (text, len(text))


def trim(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, saying how many more there are."""
    beginning, whole = parts_of(text)
    return text if len(beginning) <= limit else _marked(beginning[:limit].rstrip(), whole - limit)


def _marked(beginning: str, left_out: int) -> str:
    return f"{beginning}… (+{left_out:,} characters)"


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
    begin = text[:_MOST_OF_A_LINE]
    # Nearly all text is one line already: this finds out in a fraction of the time that folding takes.
    folded = begin if begin.isprintable() and "  " not in begin else " ".join(begin.split())
    whole = len(begin) == len(text) and len(folded) <= limit
    return folded if whole else f"{folded[: limit - 1].rstrip()}…"


def _inside(text: str, place: int) -> bool:
    """Return whether a place is in the middle of what a reader takes for one character."""
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
