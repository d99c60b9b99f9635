"""The settings choose where access tokens come from, and the sandbox on a port takes part in it."""

import threading
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from outreach_mcp.api.errors.tree import AuthenticationError, NetworkError
from outreach_mcp.api.tokens.choosing import token_source
from outreach_mcp.api.tokens.rotating import RotatingTokens
from outreach_mcp.api.tokens.server_to_server import InstallTokens
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.store import Store
from tests.settings.test_credentials import ACCESS, REFRESH, SERVER

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

# Port 9 discards; nothing listens there on a machine of today.
NOWHERE = {"OUTREACH_API_URL": "http://127.0.0.1:9/api/v2"}


def now() -> datetime:
    return NOW


@pytest.mark.parametrize(
    ("environ", "kind"), [(ACCESS, BearerToken), (REFRESH, RotatingTokens), (SERVER, InstallTokens)]
)
def test_each_way_has_its_source(environ: dict[str, str], kind: type[object]) -> None:
    assert type(token_source(Settings.from_environment(environ), Clock(now=now))) is kind


async def test_tokens_are_renewed_on_the_api_s_host_unless_told_otherwise(tmp_path: Path) -> None:
    file = {"OUTREACH_MCP_TOKEN_FILE": str(tmp_path / "tokens.json")}
    settings = Settings.from_environment({**REFRESH, **NOWHERE, **file})
    tokens = token_source(settings, Clock(now=now, block=lambda _: None))
    with pytest.raises(NetworkError, match=r"http://127\.0\.0\.1:9/oauth/token cannot be reached"):
        await tokens.access_token()


async def test_an_install_is_asked_on_the_api_s_host(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings = Settings.from_environment({**SERVER, **NOWHERE, "OUTREACH_S2S_KEY_FILE": str(file)})
    tokens = token_source(settings, Clock(now=now, block=lambda _: None))
    with pytest.raises(
        NetworkError, match=r"http://127\.0\.0\.1:9/api/app/installs/4711/actions/accessToken cannot be"
    ):
        await tokens.access_token()


async def test_a_static_token_cannot_be_renewed() -> None:
    tokens = token_source(Settings.from_environment(ACCESS), Clock(now=now))
    with pytest.raises(AuthenticationError, match="there is nothing to renew it with"):
        await tokens.renewed(await tokens.access_token())


@pytest.fixture
def sandbox_url() -> Generator[str]:
    store = Store()
    config = uvicorn.Config(build_sandbox(store, clock=now), port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    socket.close()
    store.close()


async def test_the_sandbox_gives_out_tokens_in_the_same_way(sandbox_url: str, tmp_path: Path) -> None:
    environ = {
        "OUTREACH_API_URL": f"{sandbox_url}/api/v2",
        "OUTREACH_REFRESH_TOKEN": "sandbox",
        "OUTREACH_CLIENT_ID": "sandbox",
        "OUTREACH_CLIENT_SECRET": "sandbox",
        "OUTREACH_REDIRECT_URI": "https://app.example/back",
        "OUTREACH_MCP_TOKEN_FILE": str(tmp_path / "tokens.json"),
    }
    settings = Settings.from_environment(environ)
    first, after_a_restart = [await token_source(settings, Clock(now=now)).access_token() for _ in range(2)]
    assert (len(first) > 16, first) == (True, after_a_restart)
