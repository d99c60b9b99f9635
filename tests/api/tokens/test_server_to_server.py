"""Server-to-server access: a token that the app signs is traded for one that Outreach accepts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import anyio.from_thread
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from outreach_mcp.api.errors.tree import AuthenticationError, NetworkError, OutreachError, UnreadableAnswerError
from outreach_mcp.api.tokens.server_to_server import AppInstall, InstallTokens
from tests.api.tokens.issuer import Time, at_once

URL = "https://api.outreach.io/api/app/installs/4711/actions/accessToken"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Trader:
    """Gives an access token for every signed one, and keeps the requests."""

    def __init__(self) -> None:
        self.clock = Time()
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = self.mint

    def mint(self) -> httpx.Response:
        token = f"install-token-number-{len(self.requests):04}"
        return httpx.Response(201, json={"data": {"meta": {"accessToken": token}}})

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer()

    @property
    def claims(self) -> dict[str, Any]:
        signed = self.requests[-1].headers["Authorization"].removeprefix("Bearer ")
        # Its times are of another clock than this machine's.
        return jwt.decode(signed, KEY.public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False})


@pytest.fixture
def trader() -> Trader:
    return Trader()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(PEM)
    return path


def tokens_of(trader: Trader, key_file: Path) -> InstallTokens:
    install = AppInstall("the-guid-of-the-app", key_file, URL)
    transport = httpx.MockTransport(trader.handle)
    return InstallTokens(install, transport=transport, clock=trader.clock.clock)


async def complaint(trader: Trader, key_file: Path, kind: type[OutreachError]) -> str:
    with pytest.raises(kind) as caught:
        await tokens_of(trader, key_file).access_token()
    return str(caught.value).replace(str(key_file), "FILE")


async def test_the_install_is_asked_with_a_token_signed_by_the_app(trader: Trader, key_file: Path) -> None:
    token = await tokens_of(trader, key_file).access_token()
    asked = [f"{request.method} {request.url}" for request in trader.requests]
    assert (token, asked) == ("install-token-number-0001", [f"POST {URL}"])


async def test_the_signed_token_names_the_app_and_lives_less_than_an_hour(trader: Trader, key_file: Path) -> None:
    now = int(trader.clock.now().timestamp())
    await tokens_of(trader, key_file).access_token()
    assert trader.claims == {"iat": now - 60, "exp": now + 540, "iss": "the-guid-of-the-app"}


async def test_an_install_token_is_used_for_almost_an_hour(trader: Trader, key_file: Path) -> None:
    tokens = tokens_of(trader, key_file)
    await tokens.access_token()
    trader.clock.sleep(3600 - 121)
    early = await tokens.access_token()
    trader.clock.sleep(1)
    assert (early, await tokens.access_token()) == ("install-token-number-0001", "install-token-number-0002")


async def test_fifty_calls_at_once_trade_once(trader: Trader, key_file: Path) -> None:
    assert await at_once(tokens_of(trader, key_file).access_token, 50) == ["install-token-number-0001"] * 50
    assert len(trader.requests) == 1


async def test_fifty_refused_calls_at_once_trade_once_more(trader: Trader, key_file: Path) -> None:
    tokens = tokens_of(trader, key_file)
    refused = await tokens.access_token()
    assert await at_once(lambda: tokens.renewed(refused), 50) == ["install-token-number-0002"] * 50


async def test_a_call_after_a_cancelled_one_waits_for_what_that_asked_for(trader: Trader, key_file: Path) -> None:
    tokens = tokens_of(trader, key_file)
    scope, next_call = anyio.CancelScope(), Event()
    found: list[str] = []

    def cancel_before_the_answer() -> httpx.Response:
        anyio.from_thread.run_sync(scope.cancel)
        assert next_call.wait(10)
        return trader.mint()

    async def use() -> None:
        found.append(await tokens.access_token())

    trader.answer = cancel_before_the_answer
    with scope:
        await tokens.access_token()
    async with anyio.create_task_group() as group:
        group.start_soon(use)
        await anyio.wait_all_tasks_blocked()
        next_call.set()
    assert (found, len(trader.requests)) == (["install-token-number-0001"], 1)


async def test_the_same_token_again_is_no_renewal(trader: Trader, key_file: Path) -> None:
    trader.answer = lambda: httpx.Response(200, json={"data": {"meta": {"accessToken": "always-the-same"}}})
    tokens = tokens_of(trader, key_file)
    refused = await tokens.access_token()
    with pytest.raises(AuthenticationError, match="gives out the same one again"):
        await tokens.renewed(refused)


async def test_a_refused_app_token_says_what_to_check(trader: Trader, key_file: Path) -> None:
    trader.answer = lambda: httpx.Response(401, json={"errors": [{"id": "unauthorized", "detail": "No."}]})
    assert await complaint(trader, key_file, AuthenticationError) == (
        f"Outreach gave out no access token: {URL} refused with 401: unauthorized 'No.'. Check that the app with "
        "OUTREACH_S2S_GUID has the public half of the key in OUTREACH_S2S_KEY_FILE registered, that "
        "OUTREACH_INSTALL_ID is its install in this organisation, and that this machine's clock is right."
    )


async def test_a_refusal_is_not_asked_for_again_within_a_minute(trader: Trader, key_file: Path) -> None:
    trader.answer = lambda: httpx.Response(401)
    tokens = tokens_of(trader, key_file)
    for seconds in (0, 59):
        trader.clock.sleep(seconds)
        with pytest.raises(AuthenticationError):
            await tokens.access_token()
    trader.answer = trader.mint
    trader.clock.sleep(1)
    assert await tokens.access_token() == "install-token-number-0002"


async def test_an_unknown_install_names_its_setting(trader: Trader, key_file: Path) -> None:
    trader.answer = lambda: httpx.Response(404)
    assert await complaint(trader, key_file, AuthenticationError) == (
        f"Outreach gave out no access token: {URL} refused with 404: it gave no reason. Check OUTREACH_API_URL and "
        "OUTREACH_INSTALL_ID."
    )


@pytest.mark.parametrize("body", [b"{}", b'{"data": []}', b'{"data": {"meta": {"accessToken": 7}}}', b"<html>"])
async def test_an_answer_without_a_token_is_unreadable(trader: Trader, key_file: Path, body: bytes) -> None:
    trader.answer = lambda: httpx.Response(200, content=body)
    assert "Check OUTREACH_API_URL" in await complaint(trader, key_file, UnreadableAnswerError)


async def test_trouble_on_the_way_is_retried_briefly(trader: Trader, key_file: Path) -> None:
    def unreachable() -> httpx.Response:
        raise httpx.ConnectError("no route")

    trader.answer = unreachable
    begun = trader.clock.now()
    await complaint(trader, key_file, NetworkError)
    assert (len(trader.requests), trader.clock.now() - begun) == (3, timedelta(seconds=1.5))


def locked_pem() -> bytes:
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))


def elliptic_pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


NO_PEM = "it does not hold a private key in PEM form, or the key has a password"


@pytest.mark.parametrize(
    ("contents", "reason"),
    [(b"", NO_PEM), (b"\xff\x00", NO_PEM), (locked_pem(), NO_PEM), (elliptic_pem(), "its key is not an RSA key")],
)
async def test_a_key_that_cannot_sign_is_named(trader: Trader, tmp_path: Path, contents: bytes, reason: str) -> None:
    path = tmp_path / "wrong.pem"
    path.write_bytes(contents)
    assert await complaint(trader, path, AuthenticationError) == (
        f"No access token: the key in OUTREACH_S2S_KEY_FILE, 'FILE', cannot be used: {reason}. Nothing was sent."
    )


async def test_a_key_that_is_not_there_is_named(trader: Trader, tmp_path: Path) -> None:
    assert await complaint(trader, tmp_path / "none.pem", AuthenticationError) == (
        "No access token: the key in OUTREACH_S2S_KEY_FILE, 'FILE', cannot be used: No such file or directory. "
        "Nothing was sent."
    )


async def test_the_tokens_are_in_no_text(trader: Trader, key_file: Path) -> None:
    tokens = tokens_of(trader, key_file)
    await tokens.access_token()
    signed = trader.requests[0].headers["Authorization"]
    assert tokens.redact(f"{signed} install-token-number-0001") == "Bearer [app token] [access token]"
