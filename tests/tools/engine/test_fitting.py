"""Fitting an answer into a budget of tokens, counted with the o200k tokenizer."""

import json
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.answers import render
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.fitting import fit, fit_text
from outreach_tools.engine.text import clean
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools

O200K = bpe_openai.get_encoding("o200k_base")
GET_MAILING = next(tool for tool in all_tools() if tool.name == "get_mailing")
# The estimate of tokens holds for what people write; letters that no language puts in a row may cost more.
WRITTEN = st.lists(
    st.sampled_from(
        ["word", "Outreach", "می\u200cخواهم", "да", "日本語", "👩\u200d🚀", "🇩🇪", "2026-01-31", "<p>", "\n", ", "]
    ),
    min_size=1,
    max_size=200,
).map(" ".join)
BUDGETS = st.integers(500, 3000)


def _repeated(piece: str, times: int, end: str) -> str:
    return piece * times + end


# Long texts, made of repeated pieces of whatever characters: words, scripts, emoji, what is hidden, single letters.
TEXTS = st.builds(
    _repeated,
    st.text(min_size=1, max_size=20)
    | st.sampled_from(["word ", "می\u200cخواهم ", "👩\u200d🚀", "\n", "x", "🇩🇪", "<p>"]),
    st.integers(1, 300),
    st.text(max_size=40),
)
JSON = st.recursive(
    WRITTEN | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.sampled_from("abcdefgh"), inner, max_size=8),
    max_leaves=10,
)


def tokens(answer: JsonObject) -> int:
    return len(O200K.encode(render(answer)))


class OneMailing:
    """A client whose every answer is one mailing with this text."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def send(self, request: Request) -> Response:
        assert request.method == "GET"
        data = {"type": "mailing", "id": 7, "attributes": {"bodyText": self.text}}
        return Response(200, {"data": data})

    async def current_user_id(self) -> int:
        return 1


async def walked(text: str, budget: int) -> list[JsonObject]:
    """Read a text to its end, as `more` says, and return the answers."""
    context = Context(OneMailing(text), budget)
    arguments: dict[str, Any] = {"mailing_id": 7, "fields": ["bodyText"]}
    answers = [await GET_MAILING.run(context, arguments)]
    while "more" in answers[-1]:
        answers.append(await GET_MAILING.run(context, {**arguments, "text_from": answers[-1]["more"]["text_from"]}))
    return answers


@given(TEXTS, BUDGETS)
@example("\u0307\u200c" * 122, 500)
@example("\u0628\u200c" * 122, 500)
async def test_the_pieces_of_a_text_are_the_whole_text_once(text: str, budget: int) -> None:
    answers = [json.loads(render(answer)) for answer in await walked(text, budget)]
    assert "".join(answer.get("bodyText", "") for answer in answers) == clean(text)


@given(WRITTEN.map(lambda text: text * 20), BUDGETS)
async def test_no_piece_of_a_text_is_over_the_budget(text: str, budget: int) -> None:
    assert max(map(tokens, await walked(text, budget))) <= budget


@pytest.mark.parametrize("character", ["👩\u200d👩\u200d👧", "🇩🇪", "e\u0301", "👍🏽", "❤\ufe0f", "1\ufe0f\u20e3"])
async def test_a_text_is_not_cut_inside_what_a_reader_takes_for_one_character(character: str) -> None:
    pieces = [answer["bodyText"] for answer in await walked(character * 2000, 500)]
    assert len(pieces) > 1
    assert [len(piece) % len(character) for piece in pieces] == [0] * len(pieces)


async def test_text_from_past_the_end_is_refused_with_the_length() -> None:
    context = Context(OneMailing("Hello"))
    with pytest.raises(ArgumentError, match="'text_from' is 9, and bodyText ends after 5 characters"):
        await GET_MAILING.run(context, {"mailing_id": 7, "fields": ["bodyText"], "text_from": 9})


@pytest.mark.parametrize("fields", [None, ["*"], ["subject", "bodyText"], ["openCount"], ["deliveredAt"], ["prospect"]])
async def test_text_from_without_one_text_is_refused(fields: list[str] | None) -> None:
    with pytest.raises(ArgumentError, match="'text_from' reads on in one text: name that text, and nothing else, in"):
        await GET_MAILING.run(Context(OneMailing("Hello")), {"mailing_id": 7, "fields": fields, "text_from": 3})


@pytest.mark.parametrize("number", [-1, 1.5, "x", True])
async def test_text_from_is_a_number_of_characters(number: object) -> None:
    with pytest.raises(ArgumentError, match="'text_from' takes the number of characters to skip, from 0, not"):
        await GET_MAILING.run(Context(OneMailing("x")), {"mailing_id": 7, "fields": ["bodyText"], "text_from": number})


@given(st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=8), BUDGETS)
def test_no_answer_is_over_the_budget(answer: JsonObject, budget: int) -> None:
    assert tokens(fit(answer, budget)) <= budget


@given(st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=8), BUDGETS)
def test_an_answer_that_lost_something_says_so(answer: JsonObject, budget: int) -> None:
    fitted = fit(answer, budget)
    assert fitted == answer or "to fit: " in fitted["note"]


def test_the_longest_text_is_cut_first() -> None:
    fitted = fit({"id": 1, "short": "word " * 20, "long": "word " * 3000}, 500)
    assert (fitted["id"], fitted["short"]) == (1, "word " * 20)
    assert fitted["note"] == "cut to fit: long (15,000 characters)"


def test_the_id_stays_when_nearly_everything_else_goes() -> None:
    answer = {**{f"custom{number}": "value " * 50 for number in range(1, 151)}, "id": 7}
    fitted = fit(answer, 500, advice="ask for less")
    assert fitted["id"] == 7
    assert "left out to fit: " in fitted["note"]
    assert fitted["note"].endswith(" more. ask for less")


def test_a_list_loses_items_from_its_end_whole() -> None:
    fitted = fit({"items": [{"n": number, "text": "word " * 10} for number in range(100)]}, 500)
    kept = len(fitted["items"])
    assert fitted["items"] == [{"n": number, "text": "word " * 10} for number in range(kept)]
    assert fitted["note"] == f"left out to fit: {100 - kept} of items"


@given(WRITTEN.map(lambda text: text * 20), BUDGETS)
def test_no_message_is_over_the_budget(text: str, budget: int) -> None:
    assert len(O200K.encode(fit_text(clean(text), budget))) <= budget


def test_a_long_message_keeps_its_start_and_its_end() -> None:
    shown = fit_text(f"Outreach refused it: {'blah ' * 3000}. Look the id up.", 500)
    assert shown.startswith("Outreach refused it: blah")
    assert shown.endswith("blah . Look the id up.")
    assert "characters left out" in shown


def test_a_note_of_the_record_s_own_stays_beside_ours() -> None:
    fitted = fit({"id": 1, "note": "Call back", "long": "word " * 3000}, 500)
    assert (fitted["note"], fitted["notice"]) == ("Call back", "cut to fit: long (15,000 characters)")
