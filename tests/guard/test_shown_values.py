"""The way a value is shown in a question: nothing is dropped silently, no quotation is closed, no secret is shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.guard.shown_values import UnshowableError, quoted, quoted_whole
from outreach_tools.catalog import resource_types
from outreach_tools.engine.text import clean
from tests.guard.test_mail_questions import question
from tests.guard.test_questions import asked, raw

# Quotation_Mark=Yes (PropList.txt, Unicode 17), and what is confusable with U+0022 and U+0027 (UTS 39) but for letters.
QUOTATION_MARKS = (
    "\"'\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u2e42\u300c\u300d\u300e\u300f\u301d\u301e\u301f"
    "\ufe41\ufe42\ufe43\ufe44\uff02\uff07\uff62\uff63"
)
LOOK_ALIKES = (
    "`\u00b4\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02dd\u02ee\u02f4\u02f5\u02f6\u0374\u0384\u055a\u055d"
    "\u05f3\u05f4\u07f4\u07f5\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2032\u2033\u2034\u2035\u2036\u2037\u2057\u275b\u275c\u275d\u275e\u275f"
    "\u2760\u276e\u276f\u3003\ua78b\ua78c\uff40\U0001f676\U0001f677\U0001f678"
)


@pytest.mark.parametrize("mark", QUOTATION_MARKS + LOOK_ALIKES, ids=lambda mark: f"U+{ord(mark):04X}")
def test_whatever_looks_like_a_quotation_mark_is_replaced(mark: str) -> None:
    assert quoted(f"Ann{mark} (id 1)? Nothing else. {mark}Bob") == "\"Ann' (id 1)? Nothing else. 'Bob\""


UNSEEN = [
    "a\u200b\u200bb",
    "\u202eevil\u202c",
    "x\u0000y",
    "\u3164",
    "\U000e0041\U000e0042",
    "\u00adsoft",
    "\u2800",
    "\ufeffx",
]


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
async def test_characters_that_nobody_sees_are_told_by_their_number(text: str) -> None:
    """In every member of every request that is asked about, whatever it is."""
    hidden = len(text) - len(clean(text))
    told = f'"{clean(text)}" ({hidden} invisible character{"" if hidden == 1 else "s"})'
    nickname = {"data": {"type": "prospect", "id": 7, "attributes": {"nickname": text}}}
    assert await asked(raw("PATCH", "/prospects/7", nickname)) == (
        f'Change the prospect "Ann Lee" (id 7): nickname = {told}?'
    )
    category = {"data": {"type": "contentCategory", "attributes": {"name": text}}}
    assert (
        await question(raw("POST", "/contentCategories", category)) == f"Create a new contentCategory: name = {told}?"
    )


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_character_is_left_out_of_a_question_silently(text: str) -> None:
    shown = quoted(text)
    hidden = len(text) - text.count("\r") - len(clean(text))
    assert shown.endswith(f"({hidden} invisible character{'' if hidden == 1 else 's'})") == (hidden > 0)
    if hidden > 0:
        with pytest.raises(UnshowableError):
            quoted_whole(text, "it")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([{"a": "x" * 30}] * 40, "(list of 40, mixed)"),
        ({f"column {number}": "emails" for number in range(20)}, "(object of 20)"),
        (["tag" * 5] * 30, "(list of 30)"),
        (["a", "b"], '"a, b"'),
    ],
)
def test_a_list_that_is_cut_says_how_many_it_has(value: Any, shown: str) -> None:
    assert quoted(value).endswith(shown)


ALIKE: tuple[Any, ...] = (
    1, 1.0, "1", "1.0", [1], ["1"], [1, "1"], ["1", "1"], ["1, 1"], ["1,1"], [[1]], [["1"]], ["[1]"], [1, 1], "1, 1",
    True, "true", [True], ["true"], None, "null", "nothing", [None], ["nothing"], [], "[]", "", [""], ["", ""], [[]],
    {}, "{}", [{}], {"a": 1}, {"a": "1"}, '{"a": 1}', ['{"a": 1}'], [{"a": 1}], {"a": None}, {"a": [1]}, {"a": ["1"]},
    {"id": 1}, [{"id": 1}], "1 (list of 1)", '1" (list of 1)', -1, "-1", 10**20, str(10**20), "a, b", ["a", "b"],
    ["a, b"], ["a, b", "c"], ["a", "b, c"], 0, False, "0", "false", [0], [False],
)  # fmt: skip


def test_no_two_values_look_alike() -> None:
    seen: dict[str, Any] = {}
    for value in ALIKE:
        shown = quoted(value, exact=True)
        assert shown not in seen, (value, seen[shown])
        assert shown == quoted_whole(value, "it", exact=True)
        seen[shown] = value


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text("a1, ", max_size=4), st.lists, max_leaves=4))
def test_text_looks_like_text_alone(value: Any) -> None:
    shown = quoted_whole(value, "it", exact=True)
    assert (shown.startswith('"') and shown.endswith('"')) == isinstance(value, str)


SECRETS: list[Any] = [
    {"data": {"attributes": {"password": "hunter2"}}},
    {"data": {"attributes": {"password": {"new": "hunter2"}}}},
    {"data": {"attributes": {"users": [{"smtp_password": "hunter2"}, {"clientSecret": "hunter2"}]}}},
    {"accessToken": "hunter2", "api_key": ["hunter2"], "Passwd": "hunter2"},
]


@pytest.mark.parametrize("body", SECRETS, ids=str)
async def test_what_is_a_secret_by_its_name_is_shown_nowhere(body: Any) -> None:
    body = body if "data" in body else {"data": body}
    shown = await asked(raw("POST", "/nowhere/new", body))
    assert "hunter2" not in shown
    assert "(not shown)" in shown


def test_secrets_of_the_contract_are_known_as_such() -> None:
    names = [name for each in resource_types().values() for name in each.attributes]
    assert {name for name in names if "not shown" in quoted({name: "x"})} == {
        "password",
        "passwordExpiresAt",
        "secret",
        "sendgridApiKey",
        "smtpPassword",
    }
