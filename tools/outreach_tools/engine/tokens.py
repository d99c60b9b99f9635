"""How many tokens a text costs a model, estimated without a tokenizer.

Calibrated against o200k on the answers of the demo organisation and on random text; made to err on the high side.
"""

import re
from bisect import bisect_right

_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[\"\[\]{},:]+|[^\x00-\x7f]|[^A-Za-z0-9\s]|\s{2,}")
_UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}|[jqxz][bcdfghjklmnpqrstvwxz]|[aeiouy]{4}")

# Tokens of one character, by the first code point of its block. What o200k has words of costs less than one; what it
# takes apart into bytes costs up to as many tokens as UTF-8 has bytes.
_BLOCKS: tuple[tuple[int, float], ...] = (
    (0x0080, 1.0),  # Latin with accents
    (0x0250, 2.0),  # phonetic letters and marks
    (0x0370, 0.7),  # Greek, Cyrillic, Hebrew, Arabic
    (0x0700, 2.5),  # scripts that are rare in its training
    (0x0900, 0.9),  # the large scripts of India, Thai
    (0x0E80, 2.5),
    (0x2000, 1.2),  # punctuation
    (0x2070, 2.5),  # symbols
    (0x3000, 1.0),  # kana and punctuation of China and Japan
    (0x3130, 2.5),
    (0x4E00, 1.4),  # Chinese characters
    (0xA000, 2.5),
    (0xAC00, 1.4),  # Hangul
    (0xD7B0, 3.0),
    (0x10000, 4.0),  # emoji and everything beyond
)
_STARTS = [start for start, _ in _BLOCKS]


def estimate_tokens(text: str) -> int:
    """Estimate the o200k tokens of a text."""
    return int(sum(map(_cost, _PIECE.findall(text)))) + 1


def size_in_bytes(text: str) -> int:
    """Return the bytes of a text in UTF-8: it never costs more tokens than that, and this is quick to tell."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _cost(piece: str) -> float:
    first = piece[0]
    if not first.isascii():
        return _BLOCKS[bisect_right(_STARTS, ord(first)) - 1][1]
    if first.isalpha():
        if len(piece) > 3 and ((first.isupper() and piece[1].isupper()) or _UNSPEAKABLE.search(piece.lower())):
            return len(piece) / 1.9
        return 1 + (len(piece) - 1) // 7
    if first.isdigit():
        return (len(piece) + 2) // 3
    if first in '"[]{},:':
        return (len(piece) + 2) // 3
    return 1
