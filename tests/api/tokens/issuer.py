"""An endpoint that gives out tokens as Outreach does, with rotation, lives and the limit of one a minute."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import parse_qs

import anyio
import httpx
from pydantic import SecretStr

from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens
from outreach_mcp.api.tokens.store import TokenStore, token_key
from outreach_mcp.clock import Clock

SEED = "refresh-token-that-was-given"
CLIENT_SECRET = "secret-of-the-registered-app"
ORIGIN = "https://api.outreach.io"
APP = OAuthApp("the-app", SecretStr(CLIENT_SECRET), "https://app.example/back", f"{ORIGIN}/oauth/token")
KEY = token_key(SEED, APP.client_id, ORIGIN)

Fault = Callable[[httpx.Request], httpx.Response]


def answering(status: int, text: str = "") -> Fault:
    """Return the fault of answering so."""
    return lambda _: httpx.Response(status, text=text)


class Time:
    """Time that passes when it is told to; sleeping lets it pass."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, block=self.sleep)


class Issuer:
    """The state of the token endpoint; `faults` are answers to give instead, `losses` come after the work is done."""

    def __init__(self, clock: Time, *, life: int = 7200, interval: int = 60) -> None:
        self.clock = clock
        self.life = life
        self.interval = interval
        self.good_refresh_token = SEED
        self.received: list[str] = []
        self.refused: list[str] = []
        self.access: dict[str, datetime] = {}
        self.faults: list[Fault] = []
        self.losses: list[Callable[[], None]] = []
        self._minted_at: datetime | None = None
        self._lock = Lock()

    @property
    def minted(self) -> int:
        return len(self.access)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def accepts(self, token: str) -> bool:
        return token in self.access and self.clock.now() < self.access[token]

    def handle(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
            self.received.append(form["refresh_token"])
            if self.faults:
                return self.faults.pop(0)(request)
            answer = self._answer(form)
            if self.losses:
                self.losses.pop(0)()
            return answer

    def _answer(self, form: dict[str, str]) -> httpx.Response:
        now = self.clock.now()
        known = {"grant_type": "refresh_token", "client_id": "the-app", "redirect_uri": "https://app.example/back"}
        if form != {**known, "client_secret": CLIENT_SECRET, "refresh_token": form["refresh_token"]}:
            return httpx.Response(401, json={"error": "invalid_client", "error_description": "Unknown client."})
        if form["refresh_token"] != self.good_refresh_token:
            self.refused.append(form["refresh_token"])
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": "Not a good one."})
        if self._minted_at is not None and now < self._minted_at + timedelta(seconds=self.interval):
            return httpx.Response(429, json={"error": "too_many_requests"})
        number = self.minted + 1
        access, self.good_refresh_token = f"access-token-number-{number:04}", f"refresh-token-number-{number:04}"
        self.access[access] = now + timedelta(seconds=self.life)
        self._minted_at = now
        pair = {"access_token": access, "refresh_token": self.good_refresh_token, "token_type": "Bearer"}
        return httpx.Response(200, json={**pair, "expires_in": self.life, "created_at": int(now.timestamp())})


def tokens_of(issuer: Issuer, path: Path, *, interval: int = 60, seed: str = SEED) -> RotatingTokens:
    """Return a source on a store, as a process that starts has it."""
    return RotatingTokens(
        APP,
        SecretStr(seed),
        TokenStore(path, token_key(seed, APP.client_id, ORIGIN)),
        transport=issuer.transport,
        clock=issuer.clock.clock,
        mint_interval=timedelta(seconds=interval),
    )


async def at_once(call: Callable[[], Awaitable[str]], times: int) -> list[str]:
    """Return what `times` calls at the same time give."""
    found: list[str] = []

    async def one() -> None:
        found.append(await call())

    async with anyio.create_task_group() as group:
        for _ in range(times):
            group.start_soon(one)
    return found


@contextmanager
def served(issuer: Issuer) -> Generator[str]:
    """Serve the issuer on a port of this machine; yield the endpoint's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            answer = issuer.handle(httpx.Request("POST", ORIGIN, content=content))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/oauth/token"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
