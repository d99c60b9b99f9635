"""Every regular expression takes at most 2.5 times the time for text that is twice as long, whatever the text."""

import re
from time import process_time
from typing import Any

import pytest

from tests.support.growth import grows_evenly
from tests.support.patterns import FROM_ANYWHERE, Use, all_uses, inputs

USES = all_uses()
SIZES = (25, 100, 400, 2_000, 8_000)
"""The size of the inputs: faster growth shows at a smaller size, and would not end at a larger one."""

_SURE = 0.004  # seconds; what grows with the square takes ten times that at the largest size


@pytest.mark.parametrize("use", [pytest.param(use, id=f"{use.where}-{number}") for number, use in enumerate(USES)])
def test_a_pattern_takes_at_most_two_and_a_half_times_the_time_for_twice_the_text(use: Use) -> None:
    for method in sorted(use.methods):
        slow = next((each for each in _inputs(use, method) if not _is_even(use, method, each)), None)
        assert slow is None


def _inputs(use: Use, method: str) -> Any:
    written = use.pattern.pattern
    text = written.decode("latin-1") if isinstance(written, bytes) else written
    return inputs(text, use.pattern.flags if isinstance(written, str) else 0, anywhere=method in FROM_ANYWHERE)


def _is_even(use: Use, method: str, parts: tuple[str, str, str]) -> bool:
    def make(size: int) -> Any:
        begin, piece, end = parts
        text = begin + piece * (size // len(piece)) + end
        return text.encode("latin-1", "replace") if isinstance(use.pattern.pattern, bytes) else text

    def work(text: Any) -> None:
        bound = getattr(use.pattern, method)
        if method in ("sub", "subn"):
            bound(type(text)(), text)
        elif method == "finditer":
            list(bound(text))
        else:
            bound(text)

    for size in SIZES:
        text = make(size)
        began = process_time()
        work(text)
        if process_time() - began >= _SURE:
            # What takes so long for 25 characters might not end for 50.
            return size > SIZES[0] and grows_evenly(work, make, size)
    return True


def test_the_patterns_are_found() -> None:
    names = " ".join(use.where for use in USES)
    assert len(USES) > 100
    assert all(each in names for each in ("html_text._TAG", "bodies.", "REFUSALS.words", "html_text._RAW"))


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:font-size|opacity)\s*:\s*0*\.?0+(?:px)?\s*(?:;|$)", "search"),
        (r"[ \t]*\n(?:[ \t]*\n)+", "sub"),
        (r"<title[^>]*>(.*?)</title", "search"),
        (r"(.*?)\s+(?:could not be found)\b", "match"),
        (r"sequence\b.*\b(not enabled|disabled)", "search"),
        (r"\s*…$", "search"),
        (r"(a+)+$", "match"),
    ],
)
def test_a_pattern_that_goes_back_is_told(pattern: str, method: str) -> None:
    use = Use("here", re.compile(pattern, re.IGNORECASE | re.DOTALL), frozenset({method}))
    assert not all(_is_even(use, method, each) for each in _inputs(use, method))
