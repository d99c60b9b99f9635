"""Attacks on who calls: forged, foreign, old and misplaced credentials, and rights that were not granted."""

import base64
import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from outreach_mcp.callers.identity.errors import CredentialError
from outreach_mcp.callers.identity.key_giving import add_key, remove_key
from outreach_mcp.callers.identity.tokens import TokenVerifier
from tests.attacks.world import (
    ANN,
    MALLORY,
    PUBLIC,
    RITA,
    World,
    answer_in,
    asking,
    bearer,
    calling,
    post,
    standing,
    text_in,
    told,
)
from tests.callers.identity.provider import Provider, new_key, provided


def part(value: dict[str, Any]) -> str:
    """One part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a JWT."""
    middle = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return claims


def unsigned(world: World, algorithm: str) -> str:
    """Ann's token without a signature."""
    kid = world.provider.keys[-1].kid
    return f"{part({'alg': algorithm, 'typ': 'at+jwt', 'kid': kid})}.{part(claims_of(world.token(ANN)))}."


def signed_with_the_public_key(world: World) -> str:
    """Ann's token, signed with the provider's public key as if that were a secret."""
    key = world.provider.keys[-1]
    head = part({"alg": "HS256", "typ": "at+jwt", "kid": key.kid})
    text = f"{head}.{part(claims_of(world.token(ANN)))}"
    digest = hmac.new(key.as_pem(private=False), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def signed_by_mallory(world: World) -> str:
    """Ann's token, signed with a key of Mallory's under the name of the provider's."""
    kid = world.provider.keys[-1].kid
    key = new_key(str(kid))
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": str(kid)}, claims_of(world.token(ANN)), key)


def with_anns_claims(world: World) -> str:
    """Mallory's token, with Ann's claims put into it."""
    head, _, signature = world.token(MALLORY).split(".")
    return f"{head}.{part(claims_of(world.token(ANN)))}.{signature}"


FORGED: dict[str, Callable[[World], str]] = {
    "alg none": lambda world: unsigned(world, "none"),
    "alg None": lambda world: unsigned(world, "None"),
    "no signature": lambda world: unsigned(world, "ES256"),
    "public key as a secret": signed_with_the_public_key,
    "another key under the provider's name": signed_by_mallory,
    "another's claims": with_anns_claims,
    "another audience": lambda world: world.provider.token(ANN, "https://other.example/mcp"),
    "an audience that begins alike": lambda world: world.provider.token(ANN, f"{PUBLIC}/mcp.evil.example"),
    "another issuer": lambda world: world.token(ANN, iss="https://evil.example"),
    "an issuer with a slash": lambda world: world.token(ANN, iss=f"{world.provider.issuer}/"),
    "no audience": lambda world: world.token(ANN, aud=None),
    "no end": lambda world: world.token(ANN, exp=None),
    "expired": lambda world: world.token(ANN, exp=1_700_000_000),
    "not yet": lambda world: world.token(ANN, nbf=4_000_000_000),
    "an ID token": lambda world: world.provider.id_token(ANN, "outreach-mcp"),
    "no subject": lambda world: world.token(ANN, sub=None),
    "a subject of nothing": lambda world: world.token(ANN, sub=" "),
    "a subject with a line break": lambda world: world.token(ANN, sub="ann-1\nSet-Cookie: a=b"),
}


@pytest.mark.parametrize("kind", FORGED)
async def test_a_token_that_is_not_for_this_server_lets_nobody_in(world: World, kind: str) -> None:
    before = len(world.outreach.asked)
    async with httpx.AsyncClient() as http:
        answer = await post(http, world.url, FORGED[kind](world), calling("get_connection"))
        assert (answer.status_code, 'error="invalid_token"' in answer.headers["WWW-Authenticate"]) == (401, True)
        assert not any(word in answer.text for word in ("ann-1", "Ann Arden", "ann@", world.provider.issuer))
        assert len(world.outreach.asked) == before
        assert "ann@first.example" in await told(http, world.url, world.token(ANN), "get_connection")


async def test_a_token_that_names_where_its_key_is_is_not_followed(world: World) -> None:
    asked: list[str] = []
    mallorys = new_key("mallorys")

    async def jwks(scope: Any, receive: Any, send: Any) -> None:
        asked.append(Request(scope).url.path)
        answer: Response = JSONResponse({"keys": [mallorys.as_dict(private=False)]})
        await answer(scope, receive, send)

    async with standing(jwks) as evil, httpx.AsyncClient() as http:
        claims = claims_of(world.token(ANN))
        key = str(world.provider.keys[-1].kid)
        headers: list[dict[str, Any]] = [
            {"kid": "mallorys", "jku": f"{evil}/jwks"},
            {"kid": "mallorys", "x5u": f"{evil}/cert"},
            {"kid": key, "jwk": mallorys.as_dict(private=False)},
            *({"kid": kid} for kid in (f"{evil}/jwks", "../../../etc/passwd", f"{key}' OR '1'='1", "\x00", "")),
        ]
        for header in headers:
            text = f"{part({'alg': 'ES256', 'typ': 'at+jwt', **header})}.{part(claims)}"
            algorithm = {"alg": "ES256"}
            signature = jwt.encode(algorithm, claims, mallorys).split(".")[2]
            answer = await post(http, world.url, f"{text}.{signature}", calling("get_connection"))
            assert answer.status_code == 401, header
        fetched = (await http.get(f"{evil}/jwks")).status_code
    assert (fetched, asked) == (200, ["/jwks"])  # by this test alone


async def test_a_secret_among_the_providers_keys_signs_nothing(world: World) -> None:
    secret = OctKey.generate_key(256, {"kid": "shared"})
    shown = [each.as_dict(private=False) for each in world.provider.keys]
    world.provider.jwks = {"keys": [*shown, secret.as_dict(private=True)]}
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": "shared"}, claims_of(world.token(ANN)), secret)
    try:
        async with httpx.AsyncClient() as http:
            assert (await post(http, world.url, token, asking("tools/list"))).status_code == 401
            assert (await post(http, world.url, world.token(ANN), asking("tools/list"))).status_code == 200
    finally:
        world.provider.jwks = None


def huge(bits: int) -> str:
    return base64.urlsafe_b64encode(b"\xff" * (bits // 8)).rstrip(b"=").decode()


ODD_KEYS: dict[str, dict[str, Any]] = {
    "a modulus of 65536 bits": {"kty": "RSA", "n": huge(65_536), "e": "AQAB"},
    "an exponent of 16384 bits": {"kty": "RSA", "n": huge(16_384), "e": huge(16_376)},
    "an exponent of 1": {"kty": "RSA", "n": huge(2048), "e": "AQ"},
    "a point off the curve": {"kty": "EC", "crv": "P-256", "x": huge(256), "y": huge(256)},
    "an unknown curve": {"kty": "EC", "crv": "P-9000", "x": "AA", "y": "AA"},
    "an unknown kind": {"kty": "ML-DSA", "x": "AA"},
    "no kind": {"n": "AA"},
    "numbers for texts": {"kty": "RSA", "n": 7, "e": 7},
}


@pytest.mark.parametrize("kind", ODD_KEYS)
async def test_an_odd_key_among_the_providers_opens_and_stops_nothing(kind: str) -> None:
    """Whether it is an attack or a new algorithm of theirs: with it nobody gets in, and everybody else still does."""
    async with provided(Provider(people=[ANN])) as provider:
        shown = [each.as_dict(private=False) for each in provider.keys]
        provider.jwks = {"keys": [{"kid": "odd", "use": "sig", **ODD_KEYS[kind]}, *shown]}
        verifier = TokenVerifier(provider.issuer, [f"{PUBLIC}/mcp"])
        claims = claims_of(provider.token(ANN, f"{PUBLIC}/mcp"))
        for algorithm in ("RS256", "ES256"):
            forged = f"{part({'alg': algorithm, 'typ': 'at+jwt', 'kid': 'odd'})}.{part(claims)}.{huge(2048)}"
            with anyio.fail_after(5), pytest.raises(CredentialError):
                await verifier.caller_of(forged)
        assert (await verifier.caller_of(provider.token(ANN, f"{PUBLIC}/mcp"))).name == ANN.name


PLACES = ("access_token", "token", "key", "api_key", "authorization", "Access-Token", "anything")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ["/mcp", "/sse", "/messages/", "/mcp/readonly"])
async def test_a_credential_in_the_address_lets_nobody_in_and_is_not_logged(
    world: World, place: str, path: str
) -> None:
    async with httpx.AsyncClient() as http:
        for credential in (world.kims_key, world.token(ANN)):
            method = "GET" if path == "/sse" else "POST"
            alone = await http.request(method, world.url + path, params={place: credential})
            beside = await http.request(
                method, world.url + path, params={place: credential}, headers=bearer(world.token(MALLORY))
            )
            assert (alone.status_code, beside.status_code, alone.text) == (400, 400, beside.text)
            assert credential not in world.log + alone.text + str(alone.headers)


@pytest.mark.parametrize(
    "scheme", ["Basic {}", "Token {}", "Bearer: {}", "{}", "bearer={}", "Bearer {},Bearer {}", "Digest {}", "OMCP {}"]
)
async def test_a_credential_in_another_scheme_lets_nobody_in(world: World, scheme: str) -> None:
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": scheme.format(world.kims_key, world.kims_key)}
        answer = await http.post(f"{world.url}/mcp", json=calling("get_connection"), headers=headers)
        assert (answer.status_code, world.kims_key in answer.text + str(answer.headers)) == (401, False)
        assert "kim@second" in await told(http, world.url, world.kims_key, "get_connection")


async def test_the_digest_of_a_key_and_parts_of_it_let_nobody_in(world: World) -> None:
    key = world.kims_key
    async with httpx.AsyncClient() as http:
        answers = [
            await post(http, world.url, near, calling("get_connection"))
            for near in ("omcp_", key[:-1], f"{key}A", f"omcp_{hashlib.sha256(key.encode()).hexdigest()}", key * 2)
        ]
        # All alike: the answer does not tell which was near.
        assert {(answer.status_code, answer.headers["WWW-Authenticate"], answer.text) for answer in answers} == {
            (401, answers[0].headers["WWW-Authenticate"], answers[0].text)
        }
        assert "kim@second" in await told(http, world.url, key, "get_connection")


async def test_who_writes_into_the_file_of_keys_lets_nobody_in(world: World) -> None:
    """A file that others can write, or a link in its place, may hold anybody's keys."""
    path = world.folder / "keys.json"
    own = path.read_bytes()
    async with httpx.AsyncClient() as http:

        async def status() -> int:
            return (await post(http, world.url, world.kims_key, asking("tools/list"))).status_code

        assert await status() == 200
        path.chmod(0o666)
        path.write_bytes(own)
        os.utime(path)
        writable = await status()
        path.unlink()
        planted = world.folder / "planted.json"
        planted.write_bytes(own)
        planted.chmod(0o666)
        path.symlink_to(planted)
        linked = await status()
        path.unlink()
        path.write_bytes(own)
        path.chmod(0o600)
        assert (writable, linked, await status()) == (503, 503, 200)


async def test_a_name_that_was_given_to_somebody_else_inherits_nothing(world: World) -> None:
    path = world.folder / "keys.json"
    key = add_key(path, "lea", "ann@first.example")
    async with httpx.AsyncClient() as http:
        first = await told(http, world.url, key, "get_connection")
        remove_key(path, "lea")
        gone = await post(http, world.url, key, calling("get_connection"))
        remove_key(path, "kim")
        second = add_key(path, "kim", "mallory@second.example")
        said = await told(http, world.url, second, "get_connection")
    assert (first.startswith("Connect your"), gone.status_code, said.startswith("Connect your")) == (True, 401, True)


READ_ONLY_TRICKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("create_account", {"attributes": {"name": "x"}}),
    ("delete_prospect", {"prospect_id": 7}),
    ("raw_http_request", {"method": "POST", "path": "/accounts", "body": {"data": {"type": "account"}}}),
    ("raw_http_request", {"method": "DELETE", "path": "/prospects/7"}),
    ("raw_http_request", {"method": "delete", "path": "/prospects/7"}),
    ("raw_http_request", {"method": "GET\r\nX-HTTP-Method-Override: DELETE", "path": "/prospects/7"}),
    ("raw_http_request", {"method": "GET", "path": "/prospects/7", "query": {"_method": "DELETE"}}),
    ("raw_http_request", {"method": "GET", "path": "/prospects/7?_method=DELETE"}),
    ("raw_http_request", {"method": "GET", "path": "/prospects/7", "query": {"_METHOD[]": "DELETE"}}),
    ("raw_http_request", {"method": "GET", "path": "/prospects/7", "body": {"_method": "DELETE"}}),
    ("raw_http_request", {"method": "GET", "path": "/prospects/7 HTTP/1.1\r\nX-HTTP-Method-Override: DELETE\r\n\r\n"}),
    ("execute_link", {"link": "https://evil.example/api/v2/prospects/7"}),
    ("execute_link", {"link": "//evil.example/api/v2/prospects/7"}),
    ("execute_link", {"link": "/prospects/7?_method=DELETE"}),
    ("execute_link", {"link": "/../../oauth/token"}),
)


@pytest.mark.parametrize("path", ["/mcp", "/mcp/x/prospects", "/mcp/readonly", "/mcp/x/all"])
async def test_who_may_only_read_changes_nothing_by_any_way(world: World, path: str) -> None:
    before = len(world.outreach.asked)
    async with httpx.AsyncClient() as http:
        for tool, arguments in READ_ONLY_TRICKS:
            more = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-Scope": "outreach:write"}
            response = await post(http, world.url, world.token(RITA), calling(tool, **arguments), path=path, **more)
            answer: Any = answer_in(response) if response.status_code == 200 else {"error": "refused"}
            assert "error" in answer or answer["result"].get("isError"), (tool, arguments, response.text)
        honest = await post(http, world.url, world.token(RITA), calling("get_prospect", prospect_id=7), path=path)
    came = world.outreach.asked[before:]
    assert "Common" in text_in(honest)
    assert {each.method for each in came} == {"GET"}
    assert [each for each in came if "override" in str(each.headers).lower() or "_method" in each.path] == []


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "outreach:read outreach:writer"},
        {"scope": "outreach:read OUTREACH:WRITE"},
        {"scope": "outreach:read,outreach:write outreach:read"},
        {"scope": "outreach:read", "roles": ["outreach:write"]},
        {"scope": {"outreach:write": True}, "scp": "outreach:read"},
        {"scope": "outreach:read\u00a0outreach:write outreach:read"},
    ],
)
async def test_what_only_looks_like_the_right_to_write_is_none(world: World, claims: dict[str, Any]) -> None:
    async with httpx.AsyncClient() as http:
        token = world.token(MALLORY, **claims)
        answer = answer_in(await post(http, world.url, token, calling("create_account", attributes={"name": "x"})))
        assert answer.get("error", {}).get("message") == "Unknown tool: create_account"
        assert "Common" in await told(http, world.url, token, "get_prospect", prospect_id=7)


async def test_what_a_client_sends_never_reaches_outreach(world: World) -> None:
    sent = [world.token(ANN), world.token(MALLORY), world.kims_key]
    async with httpx.AsyncClient() as http:
        for credential in sent:
            more = {"Cookie": "session=mine", "X-Api-Key": credential, "Traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
            await post(http, world.url, credential, calling("get_prospect", prospect_id=7), **more)
    headers = str([each.headers for each in world.outreach.asked])
    assert world.outreach.asked
    assert {each.who for each in world.outreach.asked} <= {*world.outreach.tokens.values()}
    assert [credential for credential in sent if credential in headers] == []
    assert re.findall(r"session=mine|'x-api-key'|'cookie'", headers) == []
