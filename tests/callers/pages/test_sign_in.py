"""The ID token names who signed in; one that is not this provider's, for this server and this sign-in is refused."""

import time
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from outreach_mcp.callers.identity.errors import IdentityUnavailableError
from outreach_mcp.callers.pages.sign_in import Attempt, SignedIn, SignIn, SignInError
from tests.callers.identity.provider import ALICE, Person, Provider, Registered, new_key, provided, sign_in

BACK = "https://mcp.example.com/connect/signed-in"
SECRET = SecretStr("a secret: 50%+")


@dataclass(slots=True)
class Forging(Provider):
    """A provider whose ID tokens are not what they should be."""

    changed: dict[str, Any] = field(default_factory=dict[str, Any])
    header: dict[str, Any] = field(default_factory=dict[str, Any])
    answer: str = ""

    def id_token(self, person: Person, client_id: str, nonce: str | None = None, **changed: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": person.subject, "aud": client_id, "exp": now + 600, "iat": now}
        claims |= {"nonce": nonce, "name": person.name}
        return self.answer or self.signed(claims | changed | self.changed, typ="JWT", **self.header)


async def signed_in(
    provider: Provider, secret: SecretStr | None = SECRET, *, attempt: Attempt | None = None
) -> SignedIn:
    """Sign Alice in at a provider, for `attempt` or one of its own."""
    provider.clients.append(Registered("the-server", (BACK,), None if secret is None else secret.get_secret_value()))
    way = SignIn(provider.issuer, "the-server", secret, BACK)
    begun = Attempt()
    address = await anyio.to_thread.run_sync(way.address, begun, "the-state")
    async with httpx.AsyncClient() as http:
        back = httpx.URL(await sign_in(http, address, ALICE))
    assert back.params["state"] == "the-state"
    return await anyio.to_thread.run_sync(way.signed_in, attempt or begun, back.params["code"])


@pytest.mark.parametrize("secret", [SECRET, None], ids=["with a secret", "public"])
async def test_who_signed_in_has_the_subject_of_their_calls(secret: SecretStr | None) -> None:
    async with provided() as provider:
        assert await signed_in(provider, secret) == SignedIn(f"{provider.issuer} {ALICE.subject}", ALICE.name)


async def test_a_provider_that_takes_the_secret_in_the_form_only_gets_it_there() -> None:
    async with provided() as provider:
        provider.changed_metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        assert (await signed_in(provider)).name == ALICE.name


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "https://mcp.example.com/mcp"},
        {"aud": ["the-server", "another"]},
        {"aud": ["the-server", "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": " "},
    ],
    ids=str,
)
async def test_an_id_token_that_is_for_another_is_refused(changed: dict[str, Any]) -> None:
    async with provided(Forging(changed=changed)) as provider:
        with pytest.raises(SignInError, match="cannot be trusted"):
            await signed_in(provider)


@pytest.mark.parametrize(
    "answer",
    [
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZS0xIn0.",  # alg: none
        "not a token",
        "a.b.c",
    ],
)
async def test_what_is_not_signed_is_refused(answer: str) -> None:
    async with provided(Forging(answer=answer)) as provider:
        with pytest.raises(SignInError, match="cannot be trusted"):
            await signed_in(provider)


async def test_an_id_token_signed_with_another_key_is_refused() -> None:
    async with provided(Forging()) as provider:
        shown = provider.keys[0].as_dict(private=False)
        provider.jwks = {"keys": [shown]}
        provider.keys = [new_key("first")]
        with pytest.raises(SignInError, match="cannot be trusted"):
            await signed_in(provider)


async def test_a_code_that_another_sign_in_asked_for_is_refused() -> None:
    async with provided() as provider:
        with pytest.raises(SignInError, match="does not accept the answer"):
            await signed_in(provider, attempt=Attempt())


async def test_a_wrong_secret_is_told_as_what_it_is() -> None:
    async with provided() as provider:
        provider.clients.append(Registered("the-server", (BACK,), "another"))
        with pytest.raises(SignInError, match="does not know this server"):
            await signed_in(provider)


async def test_a_provider_without_a_sign_in_is_told() -> None:
    async with provided() as provider:
        provider.changed_metadata = {"authorization_endpoint": None}
        with pytest.raises(IdentityUnavailableError, match="offers no sign-in"):
            await signed_in(provider)


def test_no_secret_of_a_sign_in_is_in_its_representation() -> None:
    assert repr(Attempt("nonce-1", "verifier-1")) == "Attempt()"
