"""The way to the sandbox on which one request in five suffers something."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

import httpx

from outreach_sandbox.faults import Fault, Faults
from tests.long.misbehaving import BEHAVIOURS, HEADER, Misbehaving

_PLACES = {"lost_connection_refused": "dead_port", "lost_connection_closed": "closing_port"}

_OF_SANDBOX: dict[str, Fault] = {
    "403": Fault(status=403),
    "429": Fault(status=429),
    "500": Fault(status=500),
    "502": Fault(status=502),
    "503": Fault(status=503),
    "504": Fault(status=504),
    "slow": Fault(effect="hang", seconds=3),
    "hang": Fault(effect="hang"),
    "drop_before": Fault(effect="drop_before"),
    "drop_after": Fault(effect="drop_after"),
    "cut_body": Fault(effect="cut_body"),
    "broken_json": Fault(effect="broken_json"),
}

KINDS = (*(f"sandbox {name}" for name in _OF_SANDBOX), *(f"socket {name}" for name in (*BEHAVIOURS, *_PLACES)))
"""Every kind of fault."""

# The sandbox asks for a minute's pause, in which every other call is refused here without being sent.
_RARE = {"sandbox 429": 0.2, "sandbox 503": 0.5}

# A change that comes late would overwrite a later one, whoever sends it; what must never happen twice is a POST.
_FOR_POST_ALONE = frozenset({"socket late_silent"})


@dataclass(slots=True)
class Unreliable(httpx.AsyncBaseTransport):
    """An httpx transport to the sandbox, in this process or through the misbehaving server, seeded by `random`."""

    sandbox: httpx.AsyncBaseTransport
    faults: Faults
    server: Misbehaving
    random: Random
    sleep: Callable[[float], Awaitable[None]]
    share: float
    requests: int = 0
    sent_again: int = 0
    suffered: Counter[str] = field(default_factory=Counter[str])
    _sockets: httpx.AsyncHTTPTransport = field(default_factory=lambda: httpx.AsyncHTTPTransport(trust_env=False))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and let happen to it what chance decides."""
        self.requests += 1
        self.sent_again += "sent" in request.extensions
        request.extensions = {**request.extensions, "sent": True}
        await self.sleep(self.random.uniform(0.01, 0.2))
        kind = self._chosen(request) if self.random.random() < self.share else ""
        where, _, name = kind.partition(" ")
        if kind:
            self.suffered[kind] += 1
        if where == "sandbox":
            fault = _OF_SANDBOX[name]
            self.faults.add(fault)
            return await self.sandbox.handle_async_request(request)
        if where == "socket" or self.random.random() < 0.4:
            return await self._over_socket(request, name or "serve")
        return await self.sandbox.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sockets.aclose()

    def _chosen(self, request: httpx.Request) -> str:
        kinds = [kind for kind in KINDS if request.method == "POST" or kind not in _FOR_POST_ALONE]
        return self.random.choices(kinds, [_RARE.get(kind, 1.0) for kind in kinds])[0]

    async def _over_socket(self, request: httpx.Request, behaviour: str) -> httpx.Response:
        port: int = getattr(self.server, _PLACES.get(behaviour, "port"))
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
        headers = request.headers.copy()
        headers["Host"] = request.url.host
        if behaviour not in _PLACES:
            headers[HEADER] = behaviour
        timeout = {"timeout": request.extensions["timeout"]}
        moved = httpx.Request(request.method, url, headers=headers, content=request.content, extensions=timeout)
        response = await self._sockets.handle_async_request(moved)
        response.request = request
        return response
