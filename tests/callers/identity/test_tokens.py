"""Callers by tokens of an identity provider: which are let in, and why the others are not."""

import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
import pytest
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from outreach_mcp.caller import Caller
from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError
from outreach_mcp.callers.identity.metadata import addresses_of
from outreach_mcp.callers.identity.signing_keys import SigningKeys
from outreach_mcp.callers.identity.tokens import TokenVerifier
from outreach_mcp.clock import MACHINE, Clock
from tests.callers.identity.provider import ALICE, BOB, READER, Provider, new_key, provided

HERE = "https://mcp.example.com/mcp"
BOTH = frozenset({"outreach:read", "outreach:write"})
NONE = frozenset[str]()
FIRST = "/.well-known/oauth-authorization-server"


@pytest.fixture
async def provider() -> AsyncGenerator[Provider]:
    async with provided() as it:
        yield it


def verifier(provider: Provider, clock: Clock = MACHINE, *, pause: float = 30) -> TokenVerifier:
    keys = SigningKeys(provider.issuer, pause_seconds=pause)
    return TokenVerifier(provider.issuer, [HERE], signing_keys=keys, clock=clock)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated:UserWarning")  # joserfc prefers its new name, Ed25519
async def test_a_token_with_an_edwards_curve_tells_its_caller(provider: Provider) -> None:
    provider.keys = [new_key("the-one", "EdDSA")]
    assert (await verifier(provider).caller_of(provider.token(ALICE, HERE))).name == "Alice Arden"


async def reason(provider: Provider, token: str) -> str:
    with pytest.raises(CredentialError) as refused:
        await verifier(provider).caller_of(token)
    assert token not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "RS256", "PS256"])
async def test_a_token_of_the_provider_tells_its_caller(provider: Provider, algorithm: str) -> None:
    provider.keys = [new_key("the-one", algorithm)]
    caller = await verifier(provider).caller_of(provider.token(ALICE, HERE))
    assert caller == Caller(f"{provider.issuer} alice-1", "Alice Arden", BOTH)


@pytest.mark.parametrize("path", ["", "/tenants/7"])
@pytest.mark.parametrize("place", ["oauth-authorization-server", "openid-configuration"])
async def test_the_keys_are_found_wherever_the_provider_keeps_its_metadata(place: str, path: str) -> None:
    async with provided(Provider(metadata_at=(place,)), path=path) as provider:
        assert (await verifier(provider).caller_of(provider.token(BOB, HERE))).name == "Bob Birch"


def test_metadata_are_looked_for_between_host_and_path_and_after_it() -> None:
    assert addresses_of("https://login.example.com/t/7") == (
        "https://login.example.com/.well-known/oauth-authorization-server/t/7",
        "https://login.example.com/.well-known/openid-configuration/t/7",
        "https://login.example.com/t/7/.well-known/openid-configuration",
    )


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "outreach:read"}, {"outreach:read"}),
        ({"scope": "outreach:write"}, BOTH),
        ({"scope": "openid outreach:read other"}, {"outreach:read"}),
        ({"scope": None, "scp": ["outreach:read"]}, {"outreach:read"}),
        ({"scope": None, "scp": "outreach:read outreach:write"}, BOTH),
        ({"scope": None}, NONE),
        ({"scope": "outreach:reader OUTREACH:READ"}, NONE),
        ({"scope": 7, "scp": {"outreach:read": True}}, NONE),
    ],
)
async def test_the_scopes_are_those_that_the_token_grants(
    provider: Provider, claims: dict[str, Any], scopes: set[str]
) -> None:
    assert (await verifier(provider).caller_of(provider.token(ALICE, HERE, **claims))).scopes == scopes


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({}, "Alice Arden"),
        ({"name": None}, "alice@example.com"),
        ({"name": None, "email": None, "preferred_username": "alice"}, "alice"),
        ({"name": None, "email": None}, "alice-1"),
        ({"name": "Alice\nroot logged in"}, "alice@example.com"),
        ({"name": "A" * 201}, "alice@example.com"),
        ({"name": ["Alice"]}, "alice@example.com"),
    ],
)
async def test_the_name_is_one_line_that_people_know_them_by(
    provider: Provider, claims: dict[str, Any], name: str
) -> None:
    assert (await verifier(provider).caller_of(provider.token(ALICE, HERE, **claims))).name == name


async def test_one_of_several_audiences_is_enough(provider: Provider) -> None:
    token = provider.token(ALICE, HERE, aud=["https://other.example.com", HERE])
    assert (await verifier(provider).caller_of(token)).name == "Alice Arden"


NOW = int(time.time())


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://other.example.com/mcp"}, "the token is not for this server (aud)"),
        ({"aud": HERE + "/"}, "the token is not for this server (aud)"),
        ({"aud": HERE.upper()}, "the token is not for this server (aud)"),
        ({"aud": "https://mcp.example.com"}, "the token is not for this server (aud)"),
        ({"aud": None}, "the token lacks aud"),
        ({"iss": "https://evil.example.com"}, "the token is not of this server's identity provider (iss)"),
        ({"iss": None}, "the token lacks iss"),
        ({"exp": NOW - 120}, "the token has expired"),
        ({"exp": None}, "the token lacks exp"),
        ({"nbf": NOW + 3600}, "the token is not valid yet"),
        ({"iat": NOW + 3600}, "the token is not valid yet"),
        ({"sub": None}, "the token lacks sub"),
        ({"sub": ""}, "the token does not say whom it is for (sub)"),
        ({"sub": " "}, "the token does not say whom it is for (sub)"),
        ({"sub": "alice\n"}, "the token does not say whom it is for (sub)"),
        ({"sub": "a" * 256}, "the token does not say whom it is for (sub)"),
        ({"sub": 7}, "the token is not a JWT that this server understands"),
        ({"exp": "soon"}, "the token is not a JWT that this server understands"),
    ],
)
async def test_a_token_that_says_something_wrong_is_refused(
    provider: Provider, claims: dict[str, Any], why: str
) -> None:
    assert await reason(provider, provider.token(ALICE, HERE, **claims)) == why


async def test_the_issuer_is_compared_to_the_letter(provider: Provider) -> None:
    token = provider.token(ALICE, HERE, iss=provider.issuer + "/")
    assert await reason(provider, token) == "the token is not of this server's identity provider (iss)"


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def by_hand(provider: Provider, sign: Callable[[bytes], bytes], **header: Any) -> str:
    """A token that no library would make: `sign` gives the signature."""
    claims = provider.token(ALICE, HERE).split(".")[1]
    signed = f"{part({'typ': 'at+jwt', 'kid': 'first', **header})}.{claims}"
    return f"{signed}.{part(sign(signed.encode()))}"


NOT_SIGNED = "the token is not signed with one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"


@pytest.mark.parametrize("none", ["none", "None", "NONE", "", None, "nOnE"])
async def test_a_token_that_nobody_signed_is_refused(provider: Provider, none: str | None) -> None:
    assert await reason(provider, by_hand(provider, lambda _: b"", alg=none)) == NOT_SIGNED


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "hs256"])
async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(provider: Provider, algorithm: str) -> None:
    for secret in (provider.keys[0].as_pem(private=False), json.dumps(provider.keys[0].as_dict()).encode()):
        token = by_hand(provider, partial(hmac.digest, secret, digest=hashlib.sha256), alg=algorithm)
        assert await reason(provider, token) == NOT_SIGNED


async def test_a_secret_that_the_provider_shows_by_mistake_signs_nothing(provider: Provider) -> None:
    secret = b"s" * 32
    provider.jwks = {"keys": [{"kty": "oct", "kid": "first", "k": part(secret)}]}
    for algorithm in ("HS256", "RS256"):
        token = by_hand(provider, lambda text: hmac.digest(secret, text, hashlib.sha256), alg=algorithm)
        assert await reason(provider, token) in (NOT_SIGNED, "the token is signed with a key that is not public")


async def test_a_token_signed_with_another_key_under_the_providers_key_id_is_refused(provider: Provider) -> None:
    async with provided() as impostor:
        impostor.issuer = provider.issuer
        assert await reason(provider, impostor.token(ALICE, HERE)) == "the token's signature is wrong"


async def test_a_token_whose_claims_were_changed_is_refused(provider: Provider) -> None:
    header, _, signature = provider.token(READER, HERE).split(".")
    _, claims, _ = provider.token(ALICE, HERE).split(".")
    assert await reason(provider, f"{header}.{claims}.{signature}") == "the token's signature is wrong"


async def test_a_token_that_brings_its_own_key_is_refused(provider: Provider) -> None:
    own = new_key("own")
    impostor = Provider(keys=[own], issuer=provider.issuer)
    claims = {"iss": provider.issuer, "sub": "alice-1", "aud": HERE, "exp": NOW + 600}
    for header in ({"jwk": own.as_dict(private=False)}, {"jku": "http://127.0.0.1:9/jwks"}):
        why = await reason(provider, by_hand_signed(impostor, claims, header))
        assert why == "the token is signed with a key that the identity provider does not show"


def by_hand_signed(provider: Provider, claims: dict[str, Any], header: dict[str, Any]) -> str:
    key = provider.keys[0]
    signed = f"{part({'alg': 'ES256', 'typ': 'at+jwt', 'kid': key.kid, **header})}.{part(claims)}"
    algorithm = JWSRegistry.algorithms["ES256"]
    return f"{signed}.{part(algorithm.sign(signed.encode(), key))}"


async def test_a_token_of_another_kind_is_refused(provider: Provider) -> None:
    claims = {"iss": provider.issuer, "sub": "alice-1", "aud": HERE, "exp": NOW + 600}
    for kind in ("logout+jwt", "dpop+jwt", "secevent+jwt"):
        assert await reason(provider, provider.signed(claims, typ=kind)) == "the token is not an access token"


async def test_an_id_token_of_a_client_is_no_access_token(provider: Provider) -> None:
    why = await reason(provider, provider.id_token(ALICE, "some-client"))
    assert why == "the token is not for this server (aud)"


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "application/at+jwt", "AT+JWT", None])
async def test_the_kinds_that_access_tokens_have_are_taken(provider: Provider, typ: str | None) -> None:
    claims = {"iss": provider.issuer, "sub": "alice-1", "aud": HERE, "exp": int(time.time()) + 600}
    caller = await verifier(provider).caller_of(provider.signed(claims, typ=typ))
    assert caller == Caller(f"{provider.issuer} alice-1", "alice-1", frozenset())


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "eyJ.eyJ.x", "x" * 5000, "e30.e30.", "bnVsbA.bnVsbA.", "a.b"])
async def test_what_is_no_token_is_refused(provider: Provider, text: str) -> None:
    with pytest.raises(CredentialError):
        await verifier(provider).caller_of(text)


async def test_a_token_that_does_not_name_its_key_is_refused(provider: Provider) -> None:
    claims = {"iss": provider.issuer, "sub": "alice-1", "aud": HERE, "exp": NOW + 600}
    why = await reason(provider, provider.signed(claims, kid=None))
    assert why == "the token does not say which key signed it (kid)"


async def test_a_critical_extension_that_is_not_understood_refuses_the_token(provider: Provider) -> None:
    sign: Callable[[bytes], bytes] = lambda _: b"x" * 64  # noqa: E731
    token = by_hand(provider, sign, alg="ES256", crit=["exp-ext"], **{"exp-ext": 1})
    assert await reason(provider, token) == "the token is not a JWT that this server understands"


async def test_the_provider_is_asked_once_for_all_tokens(provider: Provider) -> None:
    it = verifier(provider)
    async with anyio.create_task_group() as tasks:
        for person in (ALICE, BOB, READER) * 4:
            tasks.start_soon(it.caller_of, provider.token(person, HERE))
    assert provider.asked == {FIRST: 1, "/jwks": 1}


async def test_a_new_key_of_the_provider_is_found(provider: Provider) -> None:
    it = verifier(provider, pause=0)
    await it.caller_of(provider.token(ALICE, HERE))
    provider.rotate()
    assert (await it.caller_of(provider.token(BOB, HERE))).name == "Bob Birch"
    assert provider.asked["/jwks"] == 2


async def test_a_flood_of_invented_keys_does_not_reach_the_provider(provider: Provider) -> None:
    it = verifier(provider)
    await it.caller_of(provider.token(ALICE, HERE))
    for number in range(50):
        with pytest.raises(CredentialError):
            await it.caller_of(by_hand(provider, lambda _: b"x" * 64, alg="ES256", kid=f"invented-{number}"))
    assert provider.asked["/jwks"] == 1


@pytest.mark.parametrize("life", [31 * 24 * 3600 + 60, 100 * 365 * 24 * 3600, 10**15])
async def test_a_token_that_never_ends_is_refused(provider: Provider, life: int) -> None:
    assert await reason(provider, provider.token(ALICE, HERE, life=life)) == (
        "the token is good for more than 31 days (exp)"
    )
    assert (await verifier(provider).caller_of(provider.token(ALICE, HERE, life=30 * 24 * 3600))).name == "Alice Arden"


async def test_a_token_is_let_in_until_it_ends_and_no_longer(provider: Provider) -> None:
    clock = [time.time()]
    it = verifier(provider, Clock(now=lambda: datetime.fromtimestamp(clock[0], UTC)))
    token = provider.token(ALICE, HERE, life=600)
    await it.caller_of(token)
    clock[0] += 600
    await it.caller_of(token)  # the clocks may differ by half a minute
    clock[0] += 31
    with pytest.raises(CredentialError, match="the token has expired"):
        await it.caller_of(token)


async def test_a_verified_token_outlives_a_provider_that_does_not_answer() -> None:
    async with provided() as provider:
        it = verifier(provider)
        token = provider.token(ALICE, HERE)
        await it.caller_of(token)
    assert (await it.caller_of(token)).name == "Alice Arden"


async def test_a_provider_that_is_not_there_is_not_the_callers_fault() -> None:
    async with provided() as provider:
        token = provider.token(ALICE, HERE)
    it = verifier(provider)
    for _ in range(2):  # the second time nobody is asked
        with pytest.raises(IdentityUnavailableError) as unavailable:
            await it.caller_of(token)
        assert str(unavailable.value) == ("the identity provider's keys cannot be read now; try again in half a minute")


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example.com"},
        {"jwks_uri": None},
        {"jwks_uri": "http://keys.example.com/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
    ],
)
async def test_metadata_that_cannot_be_right_are_not_followed(provider: Provider, metadata: dict[str, Any]) -> None:
    provider.changed_metadata = metadata
    with pytest.raises(IdentityUnavailableError):
        await verifier(provider).caller_of(provider.token(ALICE, HERE))
    assert provider.asked["/jwks"] == 0


@pytest.mark.parametrize("jwks", [{"keys": []}, {}, {"keys": "none"}, {"keys": [{"kty": "?", "kid": "first"}]}])
async def test_a_provider_without_keys_is_not_the_callers_fault(provider: Provider, jwks: dict[str, Any]) -> None:
    provider.jwks = {**jwks, "x": 1}
    with pytest.raises(IdentityUnavailableError):
        await verifier(provider).caller_of(provider.token(ALICE, HERE))


@pytest.mark.parametrize(
    "confirmation",
    [
        {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
        {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},
        {"jwk": {}},
        {"kid": "1"},
        {},
        "jkt",
        7,
        True,
        ["jkt"],
    ],
)
async def test_a_token_that_is_bound_to_a_key_is_no_bearer_token(provider: Provider, confirmation: Any) -> None:
    said = await reason(provider, provider.token(ALICE, HERE, cnf=confirmation))
    assert said == "the token is bound to a key (cnf), so it is not a bearer token"


async def test_a_token_of_a_key_that_is_too_short_is_refused(provider: Provider) -> None:
    short: Any = {"kid": "short", "use": "sig", "alg": "RS256"}
    with pytest.warns(UserWarning, match="2048"):
        provider.keys = [RSAKey.generate_key(1024, short)]
    assert await reason(provider, provider.token(ALICE, HERE)) == (
        "the token is signed with a key that is too short, or none for its algorithm"
    )


ODD: list[Any] = [
    None,
    True,
    -1,
    10**400,
    float("nan"),
    float("inf"),
    1e300,
    "",
    "soon",
    "9" * 5000,
    [],
    [[]],
    {},
    {"a": 1},
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope", "scp", "name", "email"])
async def test_whatever_a_signed_token_claims_it_is_judged_and_nothing_else_is_raised(
    provider: Provider, claim: str
) -> None:
    it = verifier(provider)
    for odd in ODD:
        changed: dict[str, Any] = {claim: odd}
        token = provider.token(ALICE, HERE, **changed)
        with contextlib.suppress(CredentialError):
            caller = await it.caller_of(token)
            assert caller.subject.startswith(provider.issuer)


NO_KEYS: list[Any] = [[1], 7, {"keys": 7}, {"keys": [7]}, {"keys": [{}]}, {"keys": [{"kty": []}]}, "keys"]


@pytest.mark.parametrize("keys", NO_KEYS)
async def test_keys_that_are_no_keys_are_the_providers_fault(provider: Provider, keys: Any) -> None:
    token = provider.token(ALICE, HERE)
    provider.jwks = keys
    with pytest.raises(IdentityUnavailableError):
        await verifier(provider).caller_of(token)
