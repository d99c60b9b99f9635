"""Outreach's answers are cut to what can be shown before they are worked on, and the answer says what is missing."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.answers import render
from outreach_tools.engine.bounding import DENSEST, LONGEST_NAME, Few, bounded, bounded_text, is_slight
from outreach_tools.engine.fitting import MOST_AT_ONCE, fit_window, head
from outreach_tools.engine.marks import long_texts
from outreach_tools.engine.text import CELL_LIMIT, Cut, clean, one_line, trim
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools
from tests.support.counts import few_or_many
from tests.support.growth import stays_bounded

TOOLS = {tool.name: tool for tool in all_tools()}
BUDGET = 500
HEAVY = 40_000

# What a stranger may fill one value of a record with.
VALUES: dict[str, Callable[[int], Any]] = {
    "Chinese": lambda n: "漢" * n,
    "quotes": lambda n: '"' * n,
    "JSON": lambda n: '{"a":' * (n // 5),
    "families": lambda n: "👩\u200d" * (n // 2),
    "flags": lambda n: "🇩" * n,
    "tags": lambda n: "\U0001f3f4" + "\U000e0067" * n,
    "Mongolian": lambda n: "ᠨ\u180b" * (n // 2),
    "words": lambda n: "hello world " * (n // 12),
    "blanks": lambda n: " " * n,
    "an array": lambda n: ["x"] * (n // 8),
    "an array of texts": lambda n: ["漢" * 200] * (n // 16),
    "an object": lambda n: {str(place): "x" for place in range(n // 16)},
    "long names": lambda n: {f"{place}{'漢' * 100}": 1 for place in range(n // 16)},
    "arrays in arrays": lambda n: [[["漢"] * 10] * 10] * (n // 800),
}
API = "https://api.outreach.io/api/v2"
CALL = {"call_id": 1}
READERS: dict[str, tuple[str, JsonObject, str, int]] = {
    "get": ("get_call", CALL, "call", 1),
    "get with everything": ("get_call", {**CALL, "fields": ["*"]}, "call", 1),
    "get of one text": ("get_call", {**CALL, "fields": ["note"]}, "call", 1),
    "get of one text, read on": ("get_call", {**CALL, "fields": ["note"], "text_from": 10_000}, "call", 1),
    "get of several": ("get_call", {**CALL, "fields": ["note", "outcome"]}, "call", 1),
    "list": ("list_calls", {}, "call", 3),
    "list with a column": ("list_calls", {"fields": ["note"]}, "call", 3),
    "list with everything": ("list_calls", {"fields": ["*"]}, "call", 3),
    "raw": ("raw_http_request", {"method": "GET", "path": "/calls/1"}, "call", 1),
    "raw list": ("raw_http_request", {"method": "GET", "path": "/calls"}, "call", 3),
    "link": ("execute_link", {"link": f"{API}/calls/1"}, "call", 1),
    "link to what no tool reads": ("execute_link", {"link": f"{API}/prospectNotes/1"}, "prospectNote", 1),
}
"""Ways to read: the tool, its arguments, the type of the records that Outreach answers with, and how many it sends."""

RAW_NOTES: dict[str, tuple[str, JsonObject, str, int]] = {
    "raw, what no tool reads": ("raw_http_request", {"method": "GET", "path": "/prospectNotes/1"}, "prospectNote", 1),
    "raw list, what no tool reads": (
        "raw_http_request",
        {"method": "GET", "path": "/prospectNotes"},
        "prospectNote",
        3,
    ),
}


class Answering:
    """A client whose every answer is one document."""

    def __init__(self, document: JsonObject) -> None:
        self.document = document

    async def send(self, request: Request) -> Response:
        assert request.method == "GET"
        return Response(200, self.document)

    async def current_user_id(self) -> int:
        return 1


def shown(reader: str, attributes: JsonObject) -> str:
    """Return what a tool answers where each record that Outreach sends has these attributes."""
    tool, arguments, kind, number = (READERS | RAW_NOTES)[reader]
    record = {"type": kind, "id": 1, "attributes": attributes}
    document: JsonObject = {"data": record if number == 1 else [record] * number}

    async def answer() -> JsonObject:
        return await TOOLS[tool].run(Context(Answering(document), BUDGET), arguments)

    return render(asyncio.run(answer()))


# Each reader with a third of the values, each value with a third of the readers; the long run takes every pair.
PAIRS = [
    (reader, value)
    for place, reader in enumerate(READERS)
    for value in [*VALUES][place % few_or_many(3, 1) :: few_or_many(3, 1)]
]


@pytest.mark.parametrize(("reader", "value"), PAIRS)
def test_eight_times_as_much_as_can_be_shown_takes_no_more_time(reader: str, value: str) -> None:
    size = MOST_AT_ONCE + 1 if "one text" in reader else HEAVY
    assert stays_bounded(lambda given: shown(reader, {"note": given}), VALUES[value], size)


@pytest.mark.parametrize("reader", READERS)
def test_attributes_without_end_take_no_more_time_than_what_can_be_shown(reader: str) -> None:
    def many(number: int) -> JsonObject:
        return {"note": "漢" * 20_000} | {f"custom{place}": "漢" for place in range(number)}

    assert stays_bounded(lambda given: shown(reader, given), many, few_or_many(3_000, 10_000))


@pytest.mark.parametrize(
    "reader",
    ["get", "get with everything", "raw", "raw list", "link", "link to what no tool reads", *RAW_NOTES],
)
def test_a_text_that_was_cut_unread_is_told_with_the_length_it_had(reader: str) -> None:
    answer = shown(reader, {"note": "漢" * 1_000_000})
    assert "… (+99" in answer
    shown_characters = answer.count("漢")
    assert f"… (+{1_000_000 - shown_characters:,} characters)" in answer


@pytest.mark.parametrize("reader", ["get", "raw"])
def test_an_array_that_was_cut_unread_is_told_with_the_number_of_what_is_missing(reader: str) -> None:
    answer = json.loads(shown(reader, {"tags": ["x"] * 200_000}))
    record = answer["body"]["data"]["attributes"] if reader == "raw" else answer
    note = answer["note"]
    assert f"left out to fit: {200_000 - len(record['tags']):,} of " in note


JSON = st.recursive(
    st.text(max_size=30) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=8),
    max_leaves=30,
)


@given(JSON)
def test_what_can_be_shown_stays_as_it_is(value: Any) -> None:
    assert bounded(value, 6_000) == value


@given(st.lists(st.text(min_size=1, max_size=400).map(lambda text: text * 40), min_size=1, max_size=30))
def test_texts_are_cut_to_even_shares_and_short_ones_stay(texts: list[str]) -> None:
    kept = bounded(texts, BUDGET)
    cut = [len(each.beginning) for each in kept if isinstance(each, Cut)]
    assert [each.whole for each in kept if isinstance(each, Cut)] == [
        len(text) for text, each in zip(texts, kept, strict=True) if isinstance(each, Cut)
    ]
    whole = [len(each) for each in kept if not isinstance(each, Cut)]
    assert all(text == each for text, each in zip(texts, kept, strict=True) if not isinstance(each, Cut))
    assert not cut or max(whole, default=0) <= max(cut) + 40
    assert sum(cut) + sum(whole) <= max(BUDGET * DENSEST, CELL_LIMIT * len(texts))


def test_members_beyond_the_bound_are_counted_where_they_were() -> None:
    assert bounded([1] * 5_000, BUDGET)[-1] == "+3,000 more"
    few = bounded({"tags": ["x"] * 5_000}, BUDGET)["tags"]
    assert isinstance(few, Few)
    assert (len(few), few.left_out) == (2_000, 3_001)
    assert bounded({str(n): n for n in range(5_000)}, BUDGET)["…"] == "+3,000 more"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("x漢", max_size=3)
LENGTHS = st.sampled_from(("", "x" * CELL_LIMIT, "x" * (CELL_LIMIT + 1), "漢" * 9_000))


@given(
    st.lists(
        SCALARS
        | LENGTHS
        | st.lists(SCALARS | LENGTHS | st.lists(SCALARS), max_size=3)
        | st.dictionaries(LENGTHS, LENGTHS)
    )
)
def test_a_row_passed_over_as_slight_is_one_that_is_never_cut_and_needs_no_mark(row: list[Any]) -> None:
    # Within an object nothing is passed over.
    assert bounded(row, BUDGET) == bounded({"row": row}, BUDGET)["row"]
    if is_slight(row):
        assert bounded({"row": row}, BUDGET)["row"] == row
        assert not long_texts((str(place), cell) for place, cell in enumerate(row))
        assert not any(isinstance(cell, dict) for cell in row)


@pytest.mark.parametrize("row", [[["x"] * 2_000], [["x"] * 999, ["x"] * 1_000], ["x"] * 501], ids=len)
def test_a_row_with_more_members_than_are_kept_is_not_slight(row: list[Any]) -> None:
    assert not is_slight(row)
    assert is_slight([["x"] * 1_999])


def test_long_names_are_cut_and_stay_apart() -> None:
    given_names = [f"{'n' * LONGEST_NAME}{number:03}" for number in range(100)]
    kept = bounded(dict.fromkeys(given_names, 1), BUDGET)
    assert len(kept) == 100
    assert max(map(len, kept)) < LONGEST_NAME + 50


@pytest.mark.parametrize("limit", [10, 120, 600, 5_000])
@pytest.mark.parametrize("shorten", [trim, head], ids=["trim", "head"])
def test_what_is_cut_twice_tells_all_that_is_missing(shorten: Callable[[str, int], str], limit: int) -> None:
    text = bounded_text("word" * 100_000, BUDGET)
    twice = shorten(text, limit)
    beginning, _, missing = twice.partition("… (+")
    assert len(beginning) + int(missing.removesuffix(" characters)").replace(",", "")) == 400_000


def test_a_cut_text_is_cleaned_and_still_says_what_is_missing() -> None:
    text = "ab\u200b" * 100_000
    assert clean(bounded_text(text, BUDGET)) == f"{clean(text[: BUDGET * DENSEST])}… (+292,000 characters)"


def test_a_line_ends_in_dots_where_the_rest_was_not_read() -> None:
    assert one_line(f"word{' ' * 20_000}late") == "word…"
    assert len(one_line("x " * 20_000)) <= CELL_LIMIT


def _repeated(piece: str, end: str) -> str:
    return piece * (6_000 // len(piece)) + end


WINDOWS = st.builds(
    _repeated,  # each is some pieces long
    st.text(min_size=1, max_size=20).filter(lambda text: clean(text) == text)
    | st.sampled_from(
        [
            "word ",
            "می\u200cخواهم ",
            "👩\u200d🚀",
            "\n",
            "🇩🇪",
            "<p>",
            "ᠨ\u180b",
            "葛\U000e0100",
            "❤\ufe0f",
            "क\u094d\u200dष",
        ]
    ),
    st.text(max_size=40),
)


@given(WINDOWS)
def test_the_pieces_of_a_text_too_long_to_clean_at_once_are_all_of_it(text: str) -> None:
    pieces, place, steps = list[str](), 0, 0
    while True:
        answer = fit_window({"id": 1}, "note", text, place, BUDGET)
        pieces.append(answer["note"])
        if "more" not in answer:
            break
        assert answer["more"]["length"] == len(text)
        assert answer["more"]["text_from"] > place
        place, steps = answer["more"]["text_from"], steps + 1
        assert steps < 200
    assert "".join(pieces) == clean(text)
