"""Our page_after."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.cursor import Position, begun_at, decode, encode, fingerprint, next_page
from outreach_tools.engine.errors import ArgumentError

MARK = fingerprint("prospect")


@given(after=st.text(st.characters(codec="ascii")), skip=st.integers(0, 999_999))
def test_a_position_survives_being_a_page_after(after: str, skip: int) -> None:
    assert decode(encode(Position(after, skip), MARK), MARK) == Position(after, skip)


@given(seconds=st.integers(0, 2**36 - 1), after=st.text(st.characters(codec="ascii")))
def test_when_a_list_was_begun_survives_being_a_page_after(seconds: int, after: str) -> None:
    began = datetime.fromtimestamp(seconds, UTC)
    text = encode(Position(after, 3), MARK, began)
    assert (begun_at(text), decode(text, MARK)) == (began, Position(after, 3))


@pytest.mark.parametrize("text", [None, "", "x", encode(Position("a~b.c"), MARK)])
def test_a_page_after_may_not_say_when_its_list_was_begun(text: str | None) -> None:
    assert begun_at(text) is None


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
