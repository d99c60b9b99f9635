"""How bytes become lines."""

from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.stdio.lines import Line, Lines


def cut(chunks: list[bytes], most_bytes: int) -> list[Line]:
    lines = Lines(most_bytes)
    return [*(line for chunk in chunks for line in lines.feed(chunk)), *lines.end()]


BYTES = st.lists(st.sampled_from([b"\n", b"a", b"bc", b"\r\n", b"\xff", b"\n\n", b"defgh"]), max_size=30)


@given(BYTES, st.integers(0, 12))
def test_however_the_bytes_come_the_lines_are_the_same(parts: list[bytes], most_bytes: int) -> None:
    whole = b"".join(parts)
    expected = [line if len(line) <= most_bytes else None for line in whole.split(b"\n")]
    if expected[-1] == b"":
        expected.pop()
    assert cut(parts, most_bytes) == cut([whole], most_bytes) == expected


def test_of_a_line_that_is_too_long_nothing_is_kept() -> None:
    lines = Lines(10)
    for _ in range(1000):
        assert [*lines.feed(b"x" * 10)] == []
        assert len(lines._begun) <= 10  # pyright: ignore[reportPrivateUsage] - the memory it takes is the claim
    assert [*lines.feed(b"\nnext\n")] == [None, b"next"]
