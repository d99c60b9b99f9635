"""The sandbox as an ASGI app: routes a request, applies faults, and sends the answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from outreach_sandbox import errors
from outreach_sandbox.access import SANDBOX_TOKENS, Access
from outreach_sandbox.control import control_faults, control_labels
from outreach_sandbox.deliveries import ATTEMPTS, PAUSE, Delivery
from outreach_sandbox.errors import ApiError
from outreach_sandbox.faults import ConnectionDroppedError, Fault, Faults, answer_of
from outreach_sandbox.gateway import Gateway, error_response
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.oauth import SANDBOX_APP, App, OAuth
from outreach_sandbox.oauth_endpoints import authorize, mint
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.uploads import PATH as UPLOADS
from outreach_tools.clock import utc_now

Deliver: TypeAlias = Callable[[Delivery], Awaitable[None]]
"""Sends one request to the receiver of a webhook; raises `OSError` where no answer comes."""

BASE_URL = "https://api.outreach.io/api/v2"
"""The address of the real API; the sandbox answers links below it unless it is given another one."""


def build_sandbox(
    store: Store,
    *,
    tokens: Mapping[str, Access] = SANDBOX_TOKENS,
    apps: Sequence[App] = (SANDBOX_APP,),
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    switches: Switches = Switches(),  # noqa: B008 - it is frozen
    faults: Faults | None = None,
    base_url: str = BASE_URL,
    control: bool = False,
    custom_fields: CustomFields | None = None,
    deliver: Deliver | None = None,
) -> "Sandbox":
    """Return an Outreach of its own over a store.

    `tokens` are the bearer tokens it accepts beside those that its OAuth endpoints issue to the `apps`; the mapping is
    looked up at every request, so it may grow. `base_url` is what its links begin with, and its path is where it
    listens. `sleep` is what a fault hangs with. `control` opens `/sandbox/faults`, where faults are set from outside,
    and `/sandbox/labels`, where `custom_fields` get other labels; unless given they are the first organisation's.
    `deliver` sends what webhooks are told of, and raises `OSError` where no answer comes; without it nothing is sent.
    """
    oauth = OAuth(apps, clock, switches)
    fields = custom_fields or CustomFields()
    gateway = Gateway(store, tokens, oauth, clock, switches, base_url.rstrip("/"), fields)
    return Sandbox(gateway, oauth, faults or Faults(), sleep, control, deliver)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The app: the API at its base path; beside it the OAuth endpoints, uploads and, if opened, the control."""

    gateway: Gateway
    oauth: OAuth
    faults: Faults
    sleep: Callable[[float], Awaitable[None]]
    control: bool
    deliver: Deliver | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises `ConnectionDroppedError` where a fault says so."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        path = request.url.path
        below = path.removeprefix(self.gateway.base_path) if self._is_below_base(path) else path
        fault = None if path.startswith("/sandbox/") else self.faults.take(request.method, below)
        if fault is not None and fault.effect == "drop_before":
            raise ConnectionDroppedError
        if fault is not None and fault.effect == "hang":
            await self._hang(fault, receive)
        if fault is not None and fault.effect == "answer":
            response = error_response(answer_of(fault, self.gateway.clock, self.gateway.switches.hourly_limit))
        else:
            response = self._respond(request, body)
        if fault is not None and fault.effect == "drop_after":
            raise ConnectionDroppedError
        if fault is not None and fault.effect in {"cut_body", "broken_json"}:
            response = _halved(response, honest=fault.effect == "broken_json")
        await response(scope, receive, send)
        for each in self.gateway.outbox.take():
            if self.deliver is not None:
                await self._tell(self.deliver, each)

    async def _tell(self, deliver: Deliver, delivery: Delivery) -> None:
        """Send what a webhook is told, again where no answer comes; any answer ends it (documented)."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self.sleep(PAUSE)
            try:
                await deliver(delivery)
            except OSError:
                continue
            return

    def _is_below_base(self, path: str) -> bool:
        base = self.gateway.base_path
        return path == base or path.startswith(f"{base}/")

    def _respond(self, request: Request, body: bytes) -> Response:
        path = request.url.path
        try:
            if path == "/oauth/token" and request.method == "POST":
                return mint(self.oauth, request, body)
            if path == "/oauth/authorize" and request.method in {"GET", "POST"}:
                return authorize(self.oauth, self.gateway.store, request, body)
            if path == "/sandbox/faults" and self.control:
                return control_faults(self.faults, request, body)
            if path == "/sandbox/labels" and self.control:
                return control_labels(self.gateway.custom_fields, request, body)
            if path.startswith(f"{UPLOADS}/") and request.method == "PUT":
                kept = self.gateway.uploads.put(path.removeprefix(f"{UPLOADS}/"), body)
                return Response(status_code=200 if kept else 403)
            if self._is_below_base(path) or path == self.gateway.profile_path:
                return self.gateway.respond(request, body)
            raise errors.gateway_route_not_found()
        except ApiError as error:
            return error_response(error)

    async def _hang(self, fault: Fault, receive: Receive) -> None:
        """Wait as long as the fault says, or until the client has gone."""
        async with anyio.create_task_group() as group:

            async def until_it_is_gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(until_it_is_gone)
            await self.sleep(fault.seconds)
            group.cancel_scope.cancel()


def _halved(response: Response, *, honest: bool) -> Response:
    """Return an answer without its second half; unless it is `honest`, its length is still that of the whole."""
    content = bytes(response.body)
    half = Response(content[: len(content) // 2], response.status_code, media_type=response.headers.get("content-type"))
    half.raw_headers = [
        (name, value) for name, value in response.raw_headers if not (honest and name == b"content-length")
    ]
    if honest:
        half.headers["content-length"] = str(len(half.body))
    return half


async def _live(receive: Receive, send: Send) -> None:
    """Follow the server's life: there is nothing to start or to stop here."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
