"""HTML as text: what its reader sees, in time that grows with its length and not faster."""

from collections.abc import Callable
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from outreach_tools.engine.html_text import MOST_HTML, html_to_text
from tests.support.growth import grows_evenly

READ = {
    "paragraphs": ("<p>Hi <b>Ann</b>,</p>\n<p>see   <a href='/x'>this</a>.</p>", "Hi Ann,\nsee this."),
    "breaks": ("1<br>2<br/><br>3<hr>4", "1\n2\n3\n4"),
    "a table": ("<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>e", "a  b\nc  d\ne"),
    "tables in cells": ("<table><tr><td><table><tr><td>in</table></td></tr><tr><td>out</table>", "in\nout"),
    "lists": ("<ul><li>a<li>b<ol><li>x</li><li>y</ol></ul>z", "* a\n* b\n1. x\n2. y\nz"),
    "text as written": ("<pre>a\n  b\n\nc</pre>d", "a\n  b\nc\nd"),
    "character references": ("a &lt;b&gt; &amp;amp; &#x41;&#66;&nbsp;&euro;", "a <b> &amp; AB €"),
    "a number without end": (f"a&#{'9' * 5000};b", "a\ufffdb"),
    "signs that are not tags": ("a < b, <3, 1 > 0", "a < b, <3, 1 > 0"),
    "raw elements": ("<title>t</title><style>p{}</style><script>'</p>'</script>x", "x"),
    "a text area": ("<textarea>&lt;b> <i></textarea>", "<b> <i>"),
    "comments": ("a<!-- b --><!----><!--> c<!doctype html><?php d?></ e>f", "a cf"),
    "a sign in an attribute": ("<p title=\"a>b\">c</p><a title=it's>d's</a>", "c\nd's"),
    "a tag that never ends": ("seen <a href='", "seen"),
    "a comment that never ends": ("seen <!-- not", "seen"),
    "nothing": ("<!-- -->", ""),
    "encoding declared": ('<?xml version="1.0" encoding="utf-16"?><html><body>é</body></html>', "é"),
}

HIDDEN = {
    "display": '<div style="display: none !important">secret</div>',
    "visibility": '<div style="visibility:hidden">secret</div>',
    "for Outlook": '<div style="mso-hide:all">secret</div>',
    "font": '<div style="color:red; FONT-SIZE : 0px">secret</div>',
    "fonts of a share of nothing": '<div style="font-size:0"><b style="font-size:150%">secret</b></div>',
    "opacity": '<div style="opacity:0.00">secret</div>',
    "attribute": "<div hidden>secret</div>",
    "upper case": "<DIV HIDDEN=''>secret</DIV>",
    "within": "<div hidden><p style='display:block'>secret</p></div>",
    "a paragraph": "<p hidden>secret<p>",
    "the first of two": '<b style="display:none" style="display:block">secret</b>',
    "an end tag in a cell within": "<div hidden><table><tr><td></div>secret</td></tr></table></div>",
    "other end tags": "<div hidden></span></p></table>secret</div>",
    "template": "<template>secret</template>",
    "entities": '<div style="display&#58;none">secret</div>',
}

SHOWN_AGAIN = {
    "font": '<td style="font-size:0px"><div style="font-size:13px">seen</div></td>',
    "visibility": '<div style="visibility:hidden"><b style="visibility:visible">seen</b></div>',
    "after a paragraph": "<p style='display:none'>secret<p>seen",
    "after what has no end": "<img hidden><input type=hidden><br style='display:none'>seen",
    "a size that begins with nothing": '<p style="font-size:0.9em;opacity:0.5">seen</p>',
}

ATTACKS: dict[str, Callable[[int], str]] = {
    "zeros of a size": lambda n: f'<p style="font-size:{"0" * n}x">',
    "zeros and a point": lambda n: f'<p style="font-size:{"0" * (n // 2)}.{"0" * (n // 2)}x">',
    "blanks": lambda n: " " * n,
    "blanks within": lambda n: f"a{' ' * n}b",
    "tabs and lines": lambda n: " \t\n" * (n // 3),
    "lines as written": lambda n: "<pre>" + " \n" * (n // 2),
    "attributes": lambda n: f"<p {' '.join(f'a{i}' for i in range(n // 6))} hidden>",
    "styles": lambda n: f"<p {'style=a ' * (n // 8)}>",
    "declarations": lambda n: f'<p style="{"a:b;" * (n // 4)}">',
    "styles in styles": lambda n: f'<p style="{"style:" * (n // 6)}">',
    "measures": lambda n: '<p style="padding-left:100000em;margin:100000em">x' * (n // 50),
    "open tags": lambda n: "<a " * (n // 3),
    "signs": lambda n: "<" * n,
    "quotes": lambda n: '<a b="' * (n // 6),
    "quotes and signs": lambda n: '<a b=">"' * (n // 8),
    "equals": lambda n: f"<a {'= ' * (n // 2)}",
    "comments": lambda n: "<!--" * (n // 4),
    "comments that nearly end": lambda n: f"<!--{'--' * (n // 2)}",
    "ends": lambda n: "</ " * (n // 3),
    "titles": lambda n: "<title>" * (n // 7),
    "titles that nearly end": lambda n: "<title></titl" * (n // 13),
    "references": lambda n: "&amp" * (n // 4),
    "numbers": lambda n: f"&#{'9' * n}",
    "many numbers": lambda n: "&#1" * (n // 3),
    "depth": lambda n: "<b>" * (n // 3),
    "depth and ends": lambda n: "<div>" * (n // 12) + "</div>" * (n // 12),
    "ends of nothing": lambda n: "<p>" * (n // 7) + "</b>" * (n // 7),
    "paragraphs": lambda n: "<p>" * (n // 3),
    "lists": lambda n: "<ul>" + "<li>" * (n // 4),
    "lists far from their items": lambda n: "<ul>" + ("<li>" + "<b>" * 60) * (n // 184),
    "lists in lists": lambda n: "<ul><li>" * (n // 8),
    "rows": lambda n: "<table>" + "<tr><td>" * (n // 8),
    "a wide cell": lambda n: f"<table><tr><td>{'x' * (n // 2)}{'<tr><td>' * (n // 16)}",
    "tables": lambda n: "<table><tr><td>" * (n // 15),
    "tables and ends": lambda n: "<table><tr><td>" * (n // 30) + "</table>" * (n // 16),
    "hidden elements": lambda n: "<b hidden>x</b>y" * (n // 16),
    "what shows nothing": lambda n: "a\u200b" * (n // 2),
    "joiners": lambda n: "😀\u200d" * (n // 2),
    "data": lambda n: "data:" * (n // 5),
}


@pytest.mark.parametrize("case", READ)
def test_html_becomes_the_text_that_a_reader_sees(case: str) -> None:
    html, text = READ[case]
    assert html_to_text(html) == text


@pytest.mark.parametrize("way", HIDDEN)
def test_what_is_hidden_from_the_reader_is_not_shown(way: str) -> None:
    assert html_to_text(f"<p>a</p>{HIDDEN[way]}<p>b</p>") == "a\nb"


@pytest.mark.parametrize("way", SHOWN_AGAIN)
def test_what_is_seen_although_something_near_it_is_hidden_is_shown(way: str) -> None:
    assert html_to_text(SHOWN_AGAIN[way]) == "seen"


WORDS = st.text("abcXYZéß &<>\"'", min_size=1, max_size=12)


def _element(name: str, within: list[str]) -> str:
    return f"<{name} class='a>b'>{''.join(within)}</{name}>"


def _framed(frame: str, within: list[str]) -> str:
    return frame.format("".join(within))


FRAMES = ("<div>{}</div>", "<table><tr><td>{}</td></tr></table>", "<blockquote>{}</blockquote>", "<center>{}</center>")
NAMES = st.sampled_from(["b", "i", "span", "em", "font"])


def _inline(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(_element, NAMES, st.lists(inner, max_size=3))


def _flow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(_framed, st.sampled_from(FRAMES), st.lists(inner, max_size=3))


ESCAPED: st.SearchStrategy[str] = WORDS.map(escape)
INLINE = st.recursive(ESCAPED, _inline, max_leaves=6)
PARAGRAPHS = st.builds(_element, st.just("p"), st.lists(INLINE, max_size=3))
FLOW = st.recursive(INLINE | PARAGRAPHS, _flow, max_leaves=10)


@settings(max_examples=150)
@given(st.lists(FLOW, min_size=1, max_size=4).map("".join))
def test_well_formed_html_holds_the_words_that_libxml2_finds(html: str) -> None:
    page = lxml_html.document_fromstring(f"<html><body>x{html}</body></html>")
    assert "".join(html_to_text(f"x{html}").split()) == "".join(page.text_content().split())


PIECES = (
    *(
        "<",
        ">",
        "</",
        "/>",
        "<p",
        "</p>",
        "<td",
        "</td>",
        "<table>",
        "</table>",
        "<caption>",
        "<li>",
        "<div>",
        "</div>",
    ),
    *("<!--", "-->", '"', "'", "=", "style", "hidden", "display:none", "&#", "&", "x", " ", "<pre>", "<textarea>"),
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_html_is_read(html: str) -> None:
    assert len(html_to_text(html)) <= 3 * len(html) + 3


@pytest.mark.parametrize("attack", ATTACKS)
def test_twice_the_html_takes_at_most_two_and_a_half_times_the_time(attack: str) -> None:
    assert grows_evenly(html_to_text, ATTACKS[attack], 30_000)


def test_html_that_is_too_long_is_cut_and_says_so() -> None:
    text = html_to_text("<p>word</p>" * 100_000)
    assert text.startswith("word\nword")
    assert text.endswith(f"… (+{11 * 100_000 - MOST_HTML:,} characters of HTML not read)")
    assert len(text) < MOST_HTML


def test_an_inline_picture_takes_no_room_from_the_text_after_it() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * MOST_HTML}">'
    assert html_to_text(f"<p>before</p>{picture}<p>after</p>") == "before\nafter"
