"""Our page_after."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.cursor import NO_PAST, Past, Position, decode, encode, fingerprint, next_page, past_of
from outreach_tools.engine.errors import ArgumentError

MARK = fingerprint("prospect")


@given(after=st.text(st.characters(codec="ascii")), skip=st.integers(0, 999_999))
def test_a_position_survives_being_a_page_after(after: str, skip: int) -> None:
    assert decode(encode(Position(after, skip), MARK), MARK) == Position(after, skip)


@given(
    seconds=st.none() | st.integers(0, 2**36 - 1), count=st.none() | st.integers(0, 1000), nothing=st.booleans(),
    after=st.text(st.characters(codec="ascii")),
)  # fmt: skip
def test_what_is_past_of_a_list_survives_being_a_page_after(
    seconds: int | None, count: int | None, nothing: bool, after: str
) -> None:
    past = Past(None if seconds is None else datetime.fromtimestamp(seconds, UTC), count, nothing)
    text = encode(Position(after, 3), MARK, past)
    assert (past_of(text), decode(text, MARK)) == (past, Position(after, 3))


@pytest.mark.parametrize("text", [None, "", "x", encode(Position("a~b=7-.c"), MARK)])
def test_a_page_after_may_tell_nothing_of_what_is_past(text: str | None) -> None:
    assert past_of(text) == NO_PAST


@pytest.mark.parametrize("blanks", [" {}", "{} ", "\n{}\n", "\t{}"])
def test_blanks_around_a_page_after_make_no_difference(blanks: str) -> None:
    past = Past(datetime(2026, 11, 18, tzinfo=UTC), 7, nothing=True)
    text = blanks.format(encode(Position("abc", 3), MARK, past))
    assert (past_of(text), decode(text, MARK)) == (past, Position("abc", 3))


def test_a_page_after_that_was_cut_short_or_changed_is_refused() -> None:
    whole = encode(Position("eyJpZCI6NDAxfQ==", 3, ("401",)), MARK)
    for wrong in {whole[:end] for end in range(len(whole))} | {f"{whole}x", whole.replace("401", "402"), whole.upper()}:
        with pytest.raises(ArgumentError, match="unchanged"):
            decode(wrong, MARK)


def test_a_page_after_of_another_list_is_refused() -> None:
    with pytest.raises(ArgumentError) as refused:
        decode(encode(Position("abc"), fingerprint("account")), MARK)
    assert str(refused.value) == (
        "this 'page_after' belongs to a list with other filters or another sort: repeat those unchanged, or leave "
        "page_after out to start again"
    )


@pytest.mark.parametrize("text", ["", "abc", f"{MARK}.x.abc", f"{MARK}.-1.abc", f"{MARK}.1", f"{MARK}.9999999.a"])
def test_what_is_no_page_after_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="takes the page_after of an earlier answer, unchanged"):
        decode(text, MARK)


def test_the_cursor_of_the_next_page_is_read_from_its_link() -> None:
    link = "https://api.outreach.io/api/v2/prospects?page%5Bsize%5D=25&page%5Bafter%5D=ab%3D%3D"
    assert next_page({"links": {"next": link}}) == Position("ab==")


@pytest.mark.parametrize("host", ["https://api.outreach.io/api/v2", "https://gateway.example/outreach/v2", ""])
def test_a_next_link_may_be_an_object_and_name_any_host(host: str) -> None:
    link = f"{host}/prospects?page%5Bsize%5D=25&page%5Bafter%5D=ab%3D%3D"
    assert next_page({"links": {"next": {"href": link}}}) == next_page({"links": {"next": link}}) == Position("ab==")


def test_an_offset_in_the_next_link_is_followed_as_well() -> None:
    link = "https://api.outreach.io/api/v2/events?page%5Blimit%5D=50&page%5Boffset%5D=50"
    position = next_page({"links": {"next": link}})
    assert position is not None
    assert position.query(25) == (("page[limit]", "25"), ("page[offset]", "50"))


def test_without_a_next_link_the_list_ends() -> None:
    assert next_page({"data": []}) is None
