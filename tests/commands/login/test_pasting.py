"""Pasting the address back: what is accepted, what is asked for again, and when it ends."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import ConsentRefusedError
from outreach_mcp.api.tokens.authorization import ConsentRequest
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.commands.login.errors import LoginFailedError
from outreach_mcp.commands.login.pasting import code_by_pasting

BACK = "https://localhost/outreach-mcp"
APP = OAuthApp("the-app", SecretStr("s"), BACK, "https://api.outreach.io/oauth/token")
REQUEST = ConsentRequest(APP, ("users.read",), state="the-state", verifier="v")
GOOD = f"{BACK}?code=the-code&state=the-state"


def pasted(*answers: str) -> tuple[str, list[str]]:
    """Return the code that these answers lead to and the lines told; raises EOFError's outcome when they run out."""
    told: list[str] = []
    left: Iterator[str] = iter(answers)

    def ask(_: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return code_by_pasting(REQUEST, ask=ask, tell=told.append), told


def test_the_address_to_open_is_told() -> None:
    _, told = pasted(GOOD)
    assert f"\n  {REQUEST.url}\n" in told[0]


@pytest.mark.parametrize("text", [GOOD, f"  {GOOD}\n", GOOD.replace("&state", "\n &state"), f"{GOOD}#", f"{GOOD}#_=_"])
def test_the_address_is_taken_as_people_paste_it(text: str) -> None:
    assert pasted(text)[0] == "the-code"


@pytest.mark.parametrize(
    "text", ["", "the-code", BACK, "https://[", f"{BACK}?code=the-code", f"{BACK}?code=evil&state=other"]
)
def test_what_is_no_answer_is_asked_for_again(text: str) -> None:
    code, told = pasted(text, GOOD)
    assert (code, len(told)) == ("the-code", 2)


def test_a_refusal_that_is_pasted_ends_the_login() -> None:
    with pytest.raises(ConsentRefusedError, match="access_denied"):
        pasted(f"{BACK}?error=access_denied&state=the-state")


@pytest.mark.parametrize("attempts", [["wrong"], ["wrong"] * 9])
def test_the_end_of_input_or_of_patience_ends_the_login(attempts: list[str]) -> None:
    with pytest.raises(LoginFailedError, match="no address with an answer of Outreach was pasted"):
        pasted(*attempts)
