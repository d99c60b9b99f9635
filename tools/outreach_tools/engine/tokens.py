"""How many tokens a text costs a model, estimated without a tokenizer.

Calibrated against o200k on the answers of the demo organisation, on names from thirty countries and on random text;
made to err on the high side.
"""

import re
from bisect import bisect_right
from functools import lru_cache

# A blank before a word is part of the word's first token; before digits, which stand in groups of three, and before
# another kind of blank it is its own.
_PIECE = re.compile(
    r"[A-Z]?[a-z]+|[A-Z]+| ?[0-9]+|[\"\[\]{},:]+| ?[^\x00-\x7f]|[^A-Za-z0-9\s]"
    r"| {2,}| (?=[\t-\r\x1c-\x1f])|\n+|\t+|\r+|[\v\f\x1c-\x1f]"
)
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
    (0x10A0, 1.0),  # Georgian
    (0x1100, 2.5),
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

# What a charset of the time before Unicode held is in everyday use, and so in the tokenizer; the rest comes in bytes.
_CHARSETS = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1251", "cp1253", "cp1255", "cp1256", "koi8_u", "gb2312",
             "shift_jis", "euc_kr")  # fmt: skip
_UNLISTED = ((0x0530, 0x0590), (0x0900, 0x0E80), (0x10A0, 0x1100))  # Armenia, India, Georgia had none that Python knows
_WIDEST = 2  # bytes of a character in them
_RUNS = {" ": 64, "\n": 16, "\t": 16, "\r": 2}  # characters of a run of one kind of blank that go into one token
_SEPARATORS = "\x1c\x1d\x1e\x1f"
_LONGEST_WORD = 24  # longer runs of letters are not words, but keys or noise


def estimate_tokens(text: str) -> int:
    """Estimate the o200k tokens of a text."""
    return int(sum(map(_cost, _PIECE.findall(text)))) + 1


def size_in_bytes(text: str) -> int:
    """Return the bytes of a text in UTF-8: it never costs more tokens than that, and this is quick to tell."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


@lru_cache(maxsize=8192)
def _cost(piece: str) -> float:
    first, last = piece[0], piece[-1]
    if not last.isascii():
        character = _character_cost(last)
        return character if first == last else max(1.0, character + (character > 1))
    if first.isalpha():
        return _word_cost(piece)
    if last.isdigit():
        return (len(piece.lstrip()) + 2) // 3 + (first == " ")
    if first in '"[]{},:':
        return (len(piece) + 2) // 3
    if first in _SEPARATORS:
        return 2  # o200k takes them for signs, which part them from a blank before them
    return 1 + len(piece) // _RUNS[first] if first in _RUNS else 1


def _character_cost(character: str) -> float:
    code = ord(character)
    everyday = code >= 0x10000 or any(low <= code < high for low, high in _UNLISTED) or _in_a_charset(character)
    if not everyday:
        return len(character.encode("utf-8", "replace"))
    cost = _BLOCKS[bisect_right(_STARTS, code) - 1][1]
    # Digits stand in no words.
    return max(cost, 2.0 if code > 0x0900 else 1.0) if character.isdigit() else cost


def _in_a_charset(character: str) -> bool:
    for charset in _CHARSETS:
        try:
            # Python's euc_kr spells what it lacks with eight bytes.
            if len(character.encode(charset)) <= _WIDEST:
                return True
        except UnicodeEncodeError:
            continue
    return False


def _word_cost(word: str) -> float:
    if len(word) > _LONGEST_WORD:
        return len(word) / 1.3
    if word.isupper():
        return len(word) / 1.8 if len(word) > 2 else 1.2
    if len(word) > 3 and _UNSPEAKABLE.search(word.lower()):
        return len(word) / 1.9
    # Names of people and companies are rarely words of the tokenizer's, and begin with a capital.
    return max(1.0, 0.8 + len(word) / 3.7) if word[0].isupper() else 1 + (len(word) - 1) // 6
