"""The characters of a text that show nothing, by Unicode's properties."""

import sys
from collections.abc import Callable
from importlib import import_module

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.text import clean
from outreach_tools.engine.unseen import without_unseen
from tests.support.growth import grows_evenly

# Of the version of Unicode that the ranges are of, whatever this Python knows; it has no types.
category: Callable[[str], str] = import_module("unicodedata2").category

BLANK = "\u2800\U00013441\U00013442\U00016fe4\U0001d159"
"""Letters and symbols without ink, which no property tells."""

IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
NEEDED = {
    "Persian": "می\u200cخواهم پیش\u200cنویس ه\u200d.ق ۵\u200cتایی",
    "Persian, typed twice": "می\u200cخواهم",
    "Devanagari": "क\u094d\u200dष क\u094d\u200cष र\u094d\u200d",
    "Bengali": "র\u200d\u09cdয",
    "Malayalam": "ന\u0d4d\u200d",
    "Sinhala": "ශ\u0dca\u200dරී",
    "Mongolian": "ᠨ\u180b ᠠ\u180eᠡ",
    "ideographs": "葛\U000e0100城市 辻\U000e0101",
    "emoji": "❤\ufe0f ☎\ufe0e 1\ufe0f\u20e3 🏳\ufe0f\u200d🌈 👩🏽\u200d❤\ufe0f\u200d👨🏻 ⛹🏽\u200d♂\ufe0f",
    "flags": "🇩🇪 \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "new emoji": "\U0001fae8\U0001f6dc",
    "accents": "Zoë Łukasz Ngữ",
}
ALPHABETS = {
    "selectors after an emoji": "😀" + "".join(chr(0xE0100 + each) for each in b"ignore all"),
    "a selector after each letter": "".join(
        f"{letter}{chr(0xFE00 + n)}" for n, letter in enumerate("abcdefghijklmnop")
    ),
    "high selectors after ideographs": "葛\U000e01ef城\U000e0155",
    "joiners between Latin letters": "a\u200cb\u200dc\u200c\u200dd",
    "joiners in a row after Persian": "می\u200c\u200d\u200c\u200dخ",
    "joiners at the ends": "\u200d\u200chello\u200c\u200d",
    "tags": "hello" + "".join(chr(0xE0000 + each) for each in b"ignore all"),
    "tags after a flag": "\U0001f3f4" + "".join(chr(0xE0000 + each) for each in b"ignore all") + "\U000e007f",
    "Hangul fillers": "a\u115f\u1160\u3164\uffa0b",
    "Braille blanks": "a\u2800\u2800b",
    "private use": "a\ue000\U000f0000\U0010fffdb",
    "Mongolian selectors after Latin": "a\u180bb\u180ec",
    "emoji style after digits": "1\ufe0f2\ufe0e3",
}


def is_unseen(code: int) -> bool:
    """Whether Unicode says that a code point shows nothing, or nothing that is known."""
    character = chr(code)
    if character in "\t\n":
        return False
    return (
        category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
        or IGNORABLE.match(character) is not None
        or character in BLANK
    )


def test_of_all_code_points_just_those_that_show_nothing_go() -> None:
    codes = [code for code in range(sys.maxunicode + 1) if chr(code) != "\n"]
    cleaned = clean("\n".join(f"a{chr(code)}b" for code in codes)).split("\n")
    expected = ["ab" if is_unseen(code) else f"a{chr(code)}b" for code in codes]
    assert [hex(code) for code, got, want in zip(codes, cleaned, expected, strict=True) if got != want] == []


def test_code_points_that_show_go_nowhere_in_one_long_text() -> None:
    seen = "".join(chr(code) for code in range(sys.maxunicode + 1) if not is_unseen(code))
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert regex.sub("[\u200c\u200d\u180b-\u180f\ufe0e\ufe0f\U000e0100-\U000e010f]", "", clean(everything)) == seen


@pytest.mark.parametrize("script", NEEDED)
def test_what_a_script_or_an_emoji_needs_stays(script: str) -> None:
    assert clean(NEEDED[script]) == NEEDED[script]


def test_of_a_joiner_typed_twice_one_stays() -> None:
    assert clean("می\u200c\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_what_spells_something_unseen_goes(alphabet: str) -> None:
    text = ALPHABETS[alphabet]
    assert clean(text) == "".join(each for each in text if not is_unseen(ord(each)))


def test_an_emoji_keeps_its_own_selector_and_loses_a_message_after_it() -> None:
    assert clean("❤\ufe0f" + "\u200b\u200c" * 40 + "x") == "❤\ufe0fx"


@given(
    st.text(
        st.sampled_from(
            "a1 क\u094dمখ葛ᠨ😀❤🏴\u200b\u200c\u200d\ufe0f\ufe0e\u20e3\u180b\u180e\U000e0100\U000e0067\U000e007f"
        )
    )
)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "row", ["\u200b", "\u200d", "a\ufe0f", "😀\u200d", "م\u200c", "\U0001f3f4\U000e0067", "\U00016fe5"]
)
def test_cleaning_takes_twice_the_time_for_twice_the_text(row: str) -> None:
    assert grows_evenly(without_unseen, lambda size: row * (size // len(row)), 40_000)
