"""The sandbox as an ASGI app: what stands before every request (faults, token, limit, media type), and its answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from outreach_mcp.sandbox import errors, identity
from outreach_mcp.sandbox.access import SANDBOX_TOKENS, Access, RateLimits, acting_user, bearer_token
from outreach_mcp.sandbox.errors import JSON_API, ApiError
from outreach_mcp.sandbox.faults import Faults, answer_of
from outreach_mcp.sandbox.parameters import Parameters
from outreach_mcp.sandbox.routes import Answer, serve
from outreach_mcp.sandbox.session import Session
from outreach_mcp.sandbox.store import Store
from outreach_mcp.sandbox.switches import Switches

BASE_URL = "https://api.outreach.io/api/v2"
"""Where the real API is; the sandbox answers links below it unless it is told another place."""


def _now() -> datetime:
    return datetime.now(UTC)


def build_sandbox(
    store: Store,
    *,
    tokens: Mapping[str, Access] = SANDBOX_TOKENS,
    clock: Callable[[], datetime] = _now,
    switches: Switches = Switches(),  # noqa: B008 - it is frozen
    faults: Faults | None = None,
    base_url: str = BASE_URL,
) -> Starlette:
    """Return an Outreach of its own over a store.

    `tokens` are the bearer tokens it accepts; the mapping is looked up at every request, so it may grow. `base_url` is
    what its links begin with, and its path is where it listens.
    """
    sandbox = _Sandbox(store, tokens, clock, switches, faults or Faults(), base_url.rstrip("/"))
    return Starlette(routes=[Route("/{path:path}", sandbox)])


@dataclass(slots=True)
class _Sandbox:
    store: Store
    tokens: Mapping[str, Access]
    clock: Callable[[], datetime]
    switches: Switches
    faults: Faults
    base_url: str
    base_path: str = field(init=False)
    limits: RateLimits = field(init=False)

    def __post_init__(self) -> None:
        self.base_path = urlsplit(self.base_url).path
        self.limits = RateLimits(self.clock, self.switches)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        response = self._respond(request, await request.body())
        await response(scope, receive, send)

    def _respond(self, request: Request, body: bytes) -> Response:
        headers: dict[str, str] = {}
        try:
            answer = self._answer(request, body, headers)
        except ApiError as error:
            content = error.body if isinstance(error.body, str) else _json(error.body)
            return Response(content, error.status, {**headers, **error.headers}, error.media_type)
        content = b"" if answer.body is None else _json(answer.body)
        return Response(content, answer.status, headers, None if answer.body is None else JSON_API)

    def _answer(self, request: Request, body: bytes, headers: dict[str, str]) -> Answer:
        path = request.url.path
        profile = path == f"{self.base_path.rpartition('/')[0]}/userprofile"
        below = path.removeprefix(self.base_path)
        if not profile and (not path.startswith(self.base_path) or not below.startswith(("", "/")[bool(below)])):
            raise errors.gateway_route_not_found()
        fault = self.faults.take(request.method, below)
        if fault is not None:
            raise answer_of(fault, self.clock, self.switches.hourly_limit)
        access = self.tokens.get(bearer_token(request.headers.get("authorization", "")))
        if access is None:
            raise errors.invalid_token(plain_text=self.switches.plain_text_401)
        spent, within = self.limits.spend(access.user)
        headers.update(spent)
        if not within:
            raise errors.rate_limit_exceeded(self.switches.hourly_limit, int(spent["X-RateLimit-Reset"]))
        session = Session(
            store=self.store,
            moment=self.clock(),
            access=access,
            user=acting_user(access, self.store),
            parameters=Parameters(tuple(request.query_params.multi_items())),
            switches=self.switches,
            base_url=self.base_url,
        )
        if profile and request.method == "GET":
            return Answer(200, identity.user_profile(session))
        self._demand_media_type(request, body)
        return serve(session, request.method, below, body)

    def _demand_media_type(self, request: Request, body: bytes) -> None:
        policy = self.switches.content_type
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (policy == "always" or (policy == "bodies" and body)) and given != JSON_API:
            raise errors.unsupported_media_type()


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
