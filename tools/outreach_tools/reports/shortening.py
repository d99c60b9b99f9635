"""Names of groups cut to their beginning and to what tells them apart, where an answer has no room for all of them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

# A word, or a part of what is written without blanks; beyond Latin letters, where each costs more, a shorter one.
_PIECE = re.compile(r"\s*(?:[^\s\u0250-\U0010ffff]{1,16}|\S{1,8})")
_GAP = "…"


def short_names(names: Iterable[str], limit: int) -> Mapping[str, str]:
    """Return for each of some names a shorter one, about `limit` characters wide, that no other one has.

    A name keeps its beginning, and every word in which it first differs from another one: of `Renewal, Step #1 (Auto
    email)` and `Renewal, Step #2 (Auto email)` that is `Renewal,… #1…` and `Renewal,… #2…`.
    """
    pieces = {name: _PIECE.findall(name) for name in dict.fromkeys(names)}
    found = {name: name if _width(name) <= limit else _short(own, _telling(own, pieces.values()), limit)
             for name, own in pieces.items()}  # fmt: skip
    taken = Counter(found.values())
    return {name: short if taken[short] == 1 and len(short) < len(name) else name for name, short in found.items()}


def _width(text: str) -> int:
    """Return the width of a text: letters beyond the English ones cost about twice as much."""
    return sum(1 if each.isascii() else 2 for each in text)


def _telling(own: list[str], others: Iterable[list[str]]) -> set[int]:
    """Return the places of the words in which a name first differs from others."""
    found: set[int] = set()
    for other in others:
        same = next((place for place, pair in enumerate(zip(own, other, strict=False)) if pair[0] != pair[1]), None)
        place = min(len(own), len(other)) if same is None else same
        if place < len(own):
            found.add(place)
    return found


def _short(pieces: list[str], telling: set[int], limit: int) -> str:
    """Join the pieces that are kept, with a mark for those that are not."""
    room = limit - sum(_width(pieces[place]) for place in telling if place)
    kept, length = set(telling), 0
    for place, piece in enumerate(pieces):
        length += 0 if place in telling and place else _width(piece)
        if length > room and place:
            break
        kept.add(place)
    text, last = "", -1
    for place in sorted(kept):
        text += (_GAP if place > last + 1 else "") + pieces[place]
        last = place
    return text.strip() + (_GAP if last < len(pieces) - 1 else "")
