"""The token of each attempt, and what a 401 leads to."""

import httpx
import pytest

from outreach_mcp.api.errors.tree import AuthenticationError, NetworkError
from outreach_tools.client import Request
from tests.api.recording import Recorder, client_on

READ = Request("GET", "/accounts")
CREATE = Request("POST", "/personas", body={"data": {"type": "persona", "attributes": {"name": "Buyer"}}})


class Tokens:
    """Hands out one token after the other; a renewal makes the next."""

    def __init__(self, *, renewable: bool = True) -> None:
        self.number = 1
        self.renewals: list[str] = []
        self._renewable = renewable

    async def access_token(self) -> str:
        return f"token-{self.number}"

    async def renewed(self, refused: str) -> str:
        self.renewals.append(refused)
        if not self._renewable:
            raise AuthenticationError("Log in again.")
        self.number += 1
        return f"token-{self.number}"

    def redact(self, text: str) -> str:
        return text


def accepting(token: str) -> Recorder:
    """Answer 401 to every other token."""
    return Recorder(
        lambda request: (
            httpx.Response(200, json={"data": {"type": "persona", "id": 1}})
            if request.headers["Authorization"] == f"Bearer {token}"
            else httpx.Response(401, text="Invalid access token")
        )
    )


@pytest.mark.parametrize("request_", [READ, CREATE], ids=["read", "create"])
async def test_a_refused_token_is_renewed_and_the_call_sent_once_more(request_: Request) -> None:
    tokens, transport = Tokens(), accepting("token-2")
    assert (await client_on(transport, auth=tokens).send(request_)).status == 200
    assert (tokens.renewals, len(transport.requests)) == (["token-1"], 2)


async def test_a_renewed_token_that_is_refused_as_well_is_the_end() -> None:
    tokens, transport = Tokens(), accepting("none")
    with pytest.raises(AuthenticationError, match="had just been renewed"):
        await client_on(transport, auth=tokens).send(READ)
    assert (tokens.renewals, len(transport.requests)) == (["token-1"], 2)


async def test_a_renewal_that_fails_is_told_together_with_the_refusal() -> None:
    transport = accepting("none")
    with pytest.raises(AuthenticationError) as caught:
        await client_on(transport, auth=Tokens(renewable=False)).send(READ)
    assert str(caught.value) == "Outreach refused GET /accounts with 401: 'Invalid access token'. Log in again."
    assert len(transport.requests) == 1


async def test_each_attempt_carries_the_token_of_the_moment() -> None:
    tokens = Tokens()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "Bearer token-1":
            tokens.number = 2
            return httpx.Response(503)
        return httpx.Response(200, json={"data": []})

    transport = Recorder(answer)
    assert (await client_on(transport, auth=tokens).send(READ)).status == 200


async def test_a_token_that_cannot_be_had_keeps_the_call_from_being_sent() -> None:
    class Unreachable(Tokens):
        async def access_token(self) -> str:
            raise NetworkError("The token endpoint cannot be reached.")

    transport = accepting("none")
    with pytest.raises(NetworkError, match="token endpoint"):
        await client_on(transport, auth=Unreachable()).send(CREATE)
    assert transport.requests == []
