"""The work on foreign text outside of patterns, too, grows with its length and not faster."""

from collections.abc import Callable

import pytest

from outreach_mcp.api.errors.bodies import MOST_READ, describe, read_details
from outreach_mcp.api.errors.named_ids import says_not_found
from outreach_tools.engine.answers import render
from outreach_tools.engine.fitting import fit, longest_head
from outreach_tools.engine.literal import fold, split
from outreach_tools.engine.text import one_line, trim
from outreach_tools.engine.tokens import estimate_tokens
from tests.support.growth import grows_evenly

WORK: dict[str, Callable[[str], object]] = {
    "fold": fold,
    "split": split,
    "one_line": one_line,
    "trim": lambda text: trim(text, 600),
    "estimate_tokens": estimate_tokens,
    "longest_head": lambda text: longest_head(text, len(text) // 16 + 1),
    "fit": lambda text: fit({"id": 7, "title": text, "note": text}, 800),
    "render": lambda text: render({"title": text}),
    "an error": lambda text: describe(read_details(text)),
    "an error page": lambda text: describe(read_details(f"<html>{text}")),
    "an error in JSON": lambda text: [says_not_found(each) for each in read_details(f'{{"error": "{text}"}}')],
}
TEXT: dict[str, Callable[[int], str]] = {
    "words": lambda n: "word " * (n // 5),
    "blanks": lambda n: " " * n,
    "accents in the wrong order": lambda n: "a" + "\u0315\u0300" * (n // 2),
    "emoji before blanks": lambda n: "😀" * (n // 64 + 2) + " " * (n - n // 64),
    "flags": lambda n: "🇩" * n,
    "quotes": lambda n: '"' * n,
    "quotes and commas": lambda n: '"",' * (n // 3),
    "titles": lambda n: "<title>" * (n // 7),
    "titles without end": lambda n: "<title" * (n // 6),
    "capitals": lambda n: "QZX" * (n // 3),
    "what shows nothing": lambda n: "a\u200b" * (n // 2),
}


@pytest.mark.parametrize("text", TEXT)
@pytest.mark.parametrize("work", WORK)
def test_twice_the_text_takes_at_most_two_and_a_half_times_the_time(work: str, text: str) -> None:
    assert grows_evenly(WORK[work], TEXT[text], 8_000)


def test_of_an_error_of_any_size_a_bounded_part_is_read() -> None:
    details = read_details("x" * 10 * MOST_READ)
    assert [len(each.text) for each in details] == [2_000]
    assert [each.code for each in read_details("<html>" + " " * MOST_READ + "<title>late</title>")] == ["html"]


def test_an_error_page_is_named_by_its_title() -> None:
    page = "<!DOCTYPE html><html><head><TITLE lang=en>502\n Bad Gateway</TITLE></head>"
    assert describe(read_details(page)).startswith("an HTML page entitled '502 Bad Gateway'")
