"""How bytes become lines."""

from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.io.json_text import Outline
from outreach_mcp.stdio.wire import Lines


def cut(chunks: list[bytes], most_bytes: int) -> list[bytes | None]:
    """Return the lines, None for one that was too long."""
    lines = Lines(most_bytes)
    every = [*(line for chunk in chunks for line in lines.feed(chunk)), *lines.end()]
    return [line if isinstance(line, bytes) else None for line in every]


BYTES = st.lists(st.sampled_from([b"\n", b"a", b"bc", b"\r\n", b"\xff", b"\n\n", b"defgh"]), max_size=30)


@given(BYTES, st.integers(0, 12))
def test_however_the_bytes_come_the_lines_are_the_same(parts: list[bytes], most_bytes: int) -> None:
    whole = b"".join(parts)
    expected = [line if len(line) <= most_bytes else None for line in whole.split(b"\n")]
    if expected[-1] == b"":
        expected.pop()
    assert cut(parts, most_bytes) == cut([whole], most_bytes) == expected


def test_of_a_line_that_is_too_long_little_is_kept() -> None:
    lines = Lines(10)
    for _ in range(1000):
        assert [*lines.feed(b"[" * 5 + b"x" * 5)] == []
        assert len(lines._begun) <= 10  # pyright: ignore[reportPrivateUsage] - the memory it takes is the claim
    long, following = lines.feed(b"\nnext\n")
    assert (isinstance(long, Outline), following) == (True, b"next")


def test_a_line_that_is_too_long_tells_its_top_level() -> None:
    lines = Lines(10)
    (long,) = lines.feed(b'{"id": 7, "params": {"a": [1, "}"]}, "method": "ping"}\n')
    assert isinstance(long, Outline)
    assert long.read() == {"id": 7, "params": {}, "method": "ping"}
