"""Finds the values most like one that no record has: by a part of it, by its spelling, by its words."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from outreach_tools.engine.literal import fold
from outreach_tools.engine.text import clean, one_line

WILDCARDS = re.compile(r"[*%]")
"""The characters that stand for any text elsewhere, and for themselves here."""

MOST = 3
"""Values that are named."""

_LONGEST = 40  # characters of each
_SHORTEST = 3  # characters of a text or a word that others can be like
_CLOSE = 0.6  # of difflib's ratio for whole texts
_CLOSE_WORD = 0.66  # and for words: `reply` and `replied`
_WORD = re.compile(r"[^\W_]{3,}")

Value: TypeAlias = tuple[Any, Any]
"""A value, and the id of a record that has it."""


def like(wanted: Sequence[str], values: Iterable[Value]) -> list[Value]:
    """Return the values most like those wanted, the nearest first; none where nothing is like them."""
    by_text = {fold(each): (each, number) for each, number in values if isinstance(each, str) and each.strip()}
    found: dict[str, None] = {}
    for text in wanted:
        plain = fold(WILDCARDS.sub("", text)).strip()
        if len(plain) < _SHORTEST:
            own = [each for each in by_text if plain in re.split(r"\W+", each)] if plain else []
            found.update(dict.fromkeys(sorted(own, key=len)[:MOST]))
            continue
        holding = [each for each in by_text if plain in each or (len(each) >= _SHORTEST and each in plain)]
        near = (
            sorted(holding, key=len)[:MOST]
            or difflib.get_close_matches(plain, by_text, n=MOST, cutoff=_CLOSE)
            or _by_words(plain, by_text)
        )
        found.update(dict.fromkeys(near))
    return [by_text[each] for each in list(found)[:MOST]]


def distinct(values: Sequence[Value]) -> list[Value]:
    """Return each text once, with the first record that has it."""
    ordered = sorted(values, key=lambda value: value[1] if isinstance(value[1], int) else 0)
    first = {each: (each, number) for each, number in reversed(ordered) if isinstance(each, str) and each.strip()}
    return list(reversed(first.values()))


def named(values: Sequence[Value], longest: int = _LONGEST) -> str:
    """Write values for a sentence, each with the id of a record that has it."""
    return ", ".join(f"{one_line(clean(value), longest)!r} ({number})" for value, number in values)


def _by_words(plain: str, texts: Iterable[str]) -> list[str]:
    """Return the texts that have words like those of a text, or most of them."""
    words = {each: set(_WORD.findall(each)) for each in texts}
    wanted = _WORD.findall(plain)
    known = list(set[str]().union(*words.values()))
    scores = dict.fromkeys(words, 0.0)
    for word in wanted:
        near = difflib.get_close_matches(word, known, n=2 * MOST, cutoff=_CLOSE_WORD)
        for text, own in words.items():
            ratios = [difflib.SequenceMatcher(None, word, each).ratio() for each in near if each in own]
            scores[text] += max(ratios, default=0.0) / len(wanted)
    best = sorted(words, key=lambda text: (-scores[text], len(text)))[:MOST]
    return [text for text in best if scores[text] >= _CLOSE]
