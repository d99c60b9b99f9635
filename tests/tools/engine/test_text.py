"""Text for a model."""

from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.answers import render
from outreach_tools.engine.html_text import html_to_text
from outreach_tools.engine.text import clean, one_line, trim


def test_control_bidirectional_zero_width_and_tag_characters_are_removed() -> None:
    assert clean("a\u0000b\u001bc\u202ed\u2066e\u200bf\ufeffg\U000e0041h\u00adi") == "abcdefghi"


def test_persian_keeps_its_joiners() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


def test_a_family_emoji_stays_one() -> None:
    assert clean("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧"


def test_tabs_and_line_feeds_stay() -> None:
    assert clean("a\tb\nc") == "a\tb\nc"


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_answer_holds_a_hidden_character(value: object) -> None:
    text = render({"value": value})
    assert clean(text) == text
    assert "\\u00" not in text.replace("\\\\", "")


def test_an_html_body_becomes_the_text_a_reader_sees() -> None:
    html = "<style>p{}</style><p>Hi <b>Ann</b>,</p><p>see <a href='https://x.example'>this</a>.</p>"
    assert html_to_text(html) == "Hi Ann,\nsee this."


def test_a_long_text_says_how_much_is_missing() -> None:
    assert trim("abcdef", 4) == "abcd… (+2 characters)"


def test_a_cell_is_one_line_and_marked_where_it_was_cut() -> None:
    assert one_line("one\n two   three", limit=9) == "one two…"
