"""Answers balancers and monitors: whether the process is alive, whether it is ready for calls, and its figures."""

import asyncio
import logging
from collections.abc import Callable

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.io.threads import full_pools

_log = logging.getLogger(__name__)

_TRUSTED_SECONDS = 1.0
"""Seconds for which the store is taken to be as it was found: several balancers may ask at once."""

_STORE_SECONDS = 3.0
"""A store that answers later than this is of no use to a call."""


class Readiness:
    """Whether this process should be sent calls: its store answers, no pool of threads is full, it is not ending."""

    def __init__(
        self,
        ending: Ending,
        ping: Callable[[], None] | None = None,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        """Prepare; `ping` asks the store, blocks, and raises an exception when it cannot be used."""
        self._ending = ending
        self._ping = ping
        self._clock = clock
        self._lock = asyncio.Lock()
        # Of its own: what is asked here is whether the others get an answer.
        self._thread = anyio.CapacityLimiter(1)
        self._is_reachable = False
        self._known_until = 0.0

    async def fault(self) -> str | None:
        """Return the reason why no calls should be sent, None when they should."""
        if self._ending.draining or self._ending.asked.is_set():
            return "the server is about to end"
        if self._ping is not None and not await self._answers(self._ping):
            return "the store does not answer"
        full = full_pools()
        return f"calls wait for a thread: all for {' and for '.join(full)} are taken" if full else None

    async def _answers(self, ping: Callable[[], None]) -> bool:
        async with self._lock:
            if self._clock.monotonic() >= self._known_until:
                self._is_reachable = await self._succeeds(ping)
                self._known_until = self._clock.monotonic() + _TRUSTED_SECONDS
            return self._is_reachable

    async def _succeeds(self, ping: Callable[[], None]) -> bool:
        try:
            with anyio.fail_after(_STORE_SECONDS):
                await anyio.to_thread.run_sync(ping, abandon_on_cancel=True, limiter=self._thread)
        except Exception as error:  # whatever it is, the answer is no, and the log has it
            _log.warning("not ready: %s", error)
            return False
        return True


def health_routes(readiness: Readiness) -> list[BaseRoute]:
    """Return the routes of /health, which says that the process runs, and /ready, which says whether to use it."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        fault = await readiness.fault()
        if fault is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": fault}, 503, {"Retry-After": "1"})

    return [Route("/health", health, methods=["GET"]), Route("/ready", ready, methods=["GET"])]


def metrics_routes() -> list[BaseRoute]:
    """Begin to count, and return the route of /metrics, which without the extra `metrics` says that it is missing."""
    try:
        from outreach_mcp.observability.metrics import CONTENT_TYPE_LATEST, Metrics  # noqa: PLC0415 - it may not be installed
    except ModuleNotFoundError as error:
        if error.name != "prometheus_client":
            raise

        async def missing(_: Request) -> Response:
            return PlainTextResponse("There are no figures: install `outreach-mcp[metrics]`.\n", 501)

        return [Route("/metrics", missing, methods=["GET"])]
    metrics = Metrics()
    metrics.start()

    async def figures(_: Request) -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [Route("/metrics", figures, methods=["GET"])]
