"""An identity provider's keys over time: known ones outlive its trouble, withdrawn ones are soon found out."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError
from outreach_mcp.callers.identity.signing_keys import SigningKeys
from outreach_mcp.callers.identity.tokens import TokenVerifier
from outreach_mcp.clock import Clock
from tests.callers.identity.provider import ALICE, BOB, Provider, new_key, provided
from tests.support.processes import SECONDS

HERE = "https://mcp.example.com/mcp"
HOUR = 3600.0


@pytest.fixture
async def provider() -> AsyncGenerator[Provider]:
    async with provided() as it:
        yield it


@dataclass(slots=True)
class Unsteady(Provider):
    """A provider that does not answer with its keys for a while."""

    trouble: str = ""
    keys_held: anyio.Event = field(default_factory=anyio.Event)

    async def _jwks(self, request: Request) -> Response:
        answer = await Provider._jwks(self, request)
        if self.trouble == "hangs":
            await self.keys_held.wait()
        return {
            "fails": Response(status_code=503),
            "no keys": JSONResponse({"keys": "none"}),
            "no JSON": Response(b"[" * 100_000),
            "too long": Response(b" " * 2_000_000),
            "moved": Response(status_code=302, headers={"Location": str(request.url)}),
        }.get(self.trouble, answer)


@dataclass(slots=True)
class Watch:
    """Seconds that pass when they are told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def verifier_and_watch(provider: Provider, patience: float = SECONDS) -> tuple[TokenVerifier, Watch]:
    watch = Watch()
    keys = SigningKeys(provider.issuer, clock=Clock(monotonic=watch))
    return TokenVerifier(provider.issuer, [HERE], signing_keys=keys, patience=patience), watch


async def settled(reached: Callable[[], bool]) -> None:
    """Let the others run until something is reached."""
    with anyio.fail_after(SECONDS):
        while not reached():
            await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("trouble", ["fails", "no keys", "no JSON", "too long", "moved"])
async def test_known_keys_stay_good_for_hours_while_the_provider_is_in_trouble(trouble: str) -> None:
    provider = Unsteady()
    async with provided(provider):
        it, watch = verifier_and_watch(provider)
        seen, unseen = provider.token(ALICE, HERE), provider.token(BOB, HERE)
        await it.caller_of(seen)
        provider.trouble = trouble
        for moment in (HOUR, 11 * HOUR):
            watch.seconds = moment
            assert [(await it.caller_of(token)).name for token in (seen, unseen)] == ["Alice Arden", "Bob Birch"]
        watch.seconds = 12 * HOUR
        for token in (seen, unseen):
            with pytest.raises(IdentityUnavailableError):
                await it.caller_of(token)


async def test_known_keys_stay_good_for_hours_while_the_provider_is_gone() -> None:
    async with provided() as provider:
        it, watch = verifier_and_watch(provider)
        token = provider.token(ALICE, HERE)
        await it.caller_of(token)
    for moment in (HOUR, 11 * HOUR):
        watch.seconds = moment
        assert (await it.caller_of(token)).name == "Alice Arden"


@pytest.mark.parametrize("none_left", [False, True])
async def test_a_token_of_a_key_that_was_withdrawn_is_let_in_for_five_minutes_at_most(
    provider: Provider, none_left: bool
) -> None:
    it, watch = verifier_and_watch(provider)
    token = provider.token(ALICE, HERE)
    await it.caller_of(token)
    if none_left:
        provider.jwks = {"keys": []}
    else:
        provider.rotate()
    watch.seconds = 300
    with pytest.raises((CredentialError, IdentityUnavailableError)):
        await it.caller_of(token)


async def test_under_steady_use_keys_are_looked_at_beside_the_calls(provider: Provider) -> None:
    it, watch = verifier_and_watch(provider)
    token = provider.token(ALICE, HERE)
    await it.caller_of(token)
    provider.rotate()
    watch.seconds = 240
    await it.caller_of(token)
    await settled(lambda: provider.asked["/jwks"] == 2)
    with pytest.raises(CredentialError, match="does not show"):
        await let_in_for_ever(it, token)


async def let_in_for_ever(it: TokenVerifier, token: str) -> None:
    with anyio.fail_after(SECONDS):
        while True:
            await it.caller_of(token)


async def test_a_key_whose_id_is_used_for_another_one_is_withdrawn(provider: Provider) -> None:
    it, watch = verifier_and_watch(provider)
    token = provider.token(ALICE, HERE)
    await it.caller_of(token)
    provider.keys = [new_key(str(provider.keys[0].kid))]
    watch.seconds = 300
    with pytest.raises(CredentialError, match="signature is wrong"):
        await it.caller_of(token)


async def test_a_provider_that_hangs_makes_a_known_key_wait_no_longer_than_it_has_patience() -> None:
    provider = Unsteady()
    async with provided(provider):
        it, watch = verifier_and_watch(provider, patience=0.02)
        token = provider.token(ALICE, HERE)
        await it.caller_of(token)
        provider.trouble = "hangs"
        watch.seconds = 300
        assert (await it.caller_of(token)).name == "Alice Arden"
        assert provider.asked["/jwks"] == 2  # which was not answered
        provider.keys_held.set()
