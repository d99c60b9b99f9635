"""Odd input by chance: texts, values and bytes such as a careless or a hostile other side may send."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from outreach_tools.json_values import is_array, is_object

PIECES = (
    "null", "not null", "me", "today", "-7d", "..", ",", "\"", "'", "`", "\\", "/", "//", "%", "%2e", "%00", "%25", "&",
    "=", ";", "#", "?", "*", "[", "]", "{", "}", "[0]", "[]", "(", ")", "<", ">", "&lt;", "&#0;", "<p style=\"", "font",
    "</", "<!--", "-->", "<script>", "<title>", "<table><tr><td>", "display:none", "\x00", "\x1b[31m", "\r\n", "\n",
    "\t", " ", "\u00a0", "\u200b", "\u202e", "\u2066", "\u2028", "\ufeff", "\U000e0041", "\ufe0f", "\u3164", "\u2800",
    "\ue000", "\u0378", "\ud800", "\udfff", "é", "ß", "ﬁ", "İ", "中", "👩‍👧", "²", "٣", "„", "“", "”", "»", "0", "1",
    "-1", "1e400", "1.5", "9" * 20, "9999-12-31", "0001-01-01", "2026-11-18T15:30:00Z", "2026-02-30", "nan", "inf",
    "neginf", "true", "false", "a@b.example", "https://", "http://", "file:///", "javascript:", "@", ":", "[::1",
    "api.outreach.io", "/api/v2", "prospects", "accounts", "filter[id]", "page[size]", "include", "fields[prospect]",
    "_method", "actions", "batches", "__null__", "data", "attributes", "relationships", "id", "type", "meta",
    "../", "..;/", "\\..\\", "{{", "}}", "${", "Bearer ", "eyJhbGciOiJub25lIn0", ".", "-", "_", "x" * 300,
)  # fmt: skip

Item = TypeVar("Item")


def text(random: Random, most: int = 8) -> str:
    """Return a text of pieces that mean something somewhere."""
    made = "".join(random.choice(PIECES) for _ in range(random.randrange(most)))
    return made * random.choice((2, 50, 400)) if random.random() < 0.02 else made


def mutated(random: Random, good: str) -> str:
    """Return a good text with a few pieces put in, taken out, doubled or turned round."""
    for _ in range(random.randrange(1, 4)):
        at, to = sorted((random.randrange(len(good) + 1), random.randrange(len(good) + 1)))
        match random.randrange(5):
            case 0:
                good = good[:at] + random.choice(PIECES) + good[at:]
            case 1:
                good = good[:at] + good[to:]
            case 2:
                good = good[:to] + good[at:]
            case 3:
                good = good[:at] + good[at:to][::-1] + good[to:]
            case _:
                good = good[:at] + random.choice(PIECES) + good[to:]
    return good


def value(random: Random, depth: int = 3) -> Any:
    """Return any JSON value."""
    match random.randrange(9 if depth else 6):
        case 0:
            return random.choice((None, True, False))
        case 1:
            return random.choice((0, -1, 1, 7, 2**31, 2**53 + 1, 2**63, -(10**30), 10 ** random.randrange(1, 400)))
        case 2:
            return random.choice((0.0, -0.0, 1.5, 27.0, 1e308, -1e-300))
        case 3 | 4 | 5:
            return text(random)
        case 6:
            return [value(random, depth - 1) for _ in range(random.randrange(4))]
        case 7:
            return {text(random, 3): value(random, depth - 1) for _ in range(random.randrange(4))}
        case _:
            return json.dumps(value(random, depth - 1))


def changed(random: Random, good: Any, share: float = 0.3) -> Any:
    """Return a good value with some of its members made odd, left out or added."""
    if random.random() < share / 3:
        return value(random)
    if is_object(good):
        kept = {name: changed(random, inner, share) for name, inner in good.items() if random.random() > share / 4}
        return kept | ({text(random, 3): value(random)} if random.random() < share / 4 else {})
    if is_array(good):
        return [changed(random, inner, share) for inner in good for _ in range(random.choice((1, 1, 1, 1, 0, 2)))]
    return mutated(random, good) if isinstance(good, str) and random.random() < share else good


def one_of(random: Random, items: Sequence[Item]) -> Item:
    """Return one of some items."""
    return items[random.randrange(len(items))]


def encoded(random: Random, good: Any) -> bytes:
    """Return the bytes of a JSON value, some of them spoilt."""
    data = json.dumps(good, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")
    if random.random() < 0.5:
        return data
    cut = random.randrange(len(data) + 1)
    return one_of(random, (data[:cut], data[cut:], data + data, data[:cut] + b"\xff" + data[cut:], data + b"\0"))
