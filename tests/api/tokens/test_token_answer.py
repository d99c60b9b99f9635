"""The token endpoint's possible answers, and what is made of each: a pair that can be used, or one clear error."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import UnreadableAnswerError
from outreach_mcp.api.tokens.store import entry_of, tokens_of
from outreach_mcp.api.tokens.token_answer import pair_in

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
URL = "https://api.outreach.io/oauth/token"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("access_token", "refresh_token", "expires_in", "scope", "token_type", "created_at")


def read(**answer: Any) -> Any:
    return pair_in({"access_token": "access-1", **answer}, url=URL, asked_at=NOW, now=NOW)


def refused(**answer: Any) -> str:
    with pytest.raises(UnreadableAnswerError) as caught:
        read(**answer)
    return str(caught.value)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (7200, 7200),
        ("7200", 7200),
        (600.5, 600.5),
        (1, 60),
        (10**400, 7200),
        (1e300, 86400),
        ("1e300", 86400),
        (86401, 86400),
        *((each, 7200) for each in (0, -1, -1e300, math.nan, math.inf, -math.inf, "nan", "inf", "-5", "soon", "")),
        *((each, 7200) for each in (True, False, None, [], [60], {}, {"seconds": 60})),
    ],
)
def test_a_token_lives_as_long_as_it_is_said_to_where_that_can_be(told: Any, seconds: float) -> None:
    assert read(expires_in=told).expires_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("token_type", ["DPoP", "dpop", "mac", "N_A", "", 7, True, ["Bearer"], {}])
def test_a_token_of_another_type_is_not_taken_for_a_bearers(token_type: Any) -> None:
    assert refused(token_type=token_type) == (
        f"{URL} answered with an access token of another type than Bearer. Check OUTREACH_TOKEN_URL, then try again."
    )


@pytest.mark.parametrize("token_type", [None, "Bearer", "bearer", "BEARER"])
def test_a_bearers_token_is_taken(token_type: Any) -> None:
    assert read(token_type=token_type).access_token == "access-1"


@pytest.mark.parametrize("token", [None, "", 7, True, [], {}, ["access-1"]])
def test_an_answer_without_an_access_token_is_refused(token: Any) -> None:
    assert "answered without an access token" in refused(access_token=token)


@pytest.mark.parametrize(
    "token", ["a b", "a\r\nX: y", "\ud800", "tökén", "a\x00", " access-1", "access-1\n", "x" * 20_000]
)
def test_an_access_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    said = refused(access_token=token)
    assert "with an access token of characters that no bearer token has" in said
    assert token not in said


@pytest.mark.parametrize("token", ["a\n", "\ud800", "ü", "x" * 20_000])
def test_a_refresh_token_that_no_form_can_carry_is_refused_and_not_repeated(token: str) -> None:
    said = refused(refresh_token=token)
    assert "with a refresh token of characters that no token has" in said
    assert token not in said


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)))
def test_whatever_is_answered_ends_in_a_pair_that_can_be_kept_or_in_one_error(answer: dict[str, Any]) -> None:
    try:
        pair = pair_in({"access_token": "access-1", **answer}, url=URL, asked_at=NOW, now=NOW)
    except UnreadableAnswerError:
        return
    assert pair.expires_at is not None
    assert timedelta(minutes=1) <= pair.expires_at - NOW <= timedelta(days=1)
    if pair.refresh_token:
        assert tokens_of(json.loads(json.dumps(entry_of(pair)).encode())) == pair
