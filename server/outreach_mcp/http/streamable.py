"""Answers requests over streamable HTTP, without sessions: the SDK's managers, kept where that is safe."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any, TypeAlias

from mcp.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import Scope

OLD_VERSIONS = frozenset(version.encode() for version in HANDSHAKE_PROTOCOL_VERSIONS)
"""The protocol versions with a handshake, as headers spell them."""

# Each keeps its server, and anybody can name any number of paths.
_KEPT_MANAGERS = 16

_Kind: TypeAlias = tuple[Server[Any], bool]
"""A server, and whether it answers with JSON alone."""


class Managers:
    """The managers of any number of servers.

    At 2026-07-28 a request is served in its own task and one manager does for all, which saves a tenth of a cheap
    call. Before, it leaves tasks to its manager: those must end with it, so that each has one of its own.
    """

    def __init__(self, max_body_bytes: int) -> None:
        """Prepare; a manager is made when the first request needs it."""
        self._max_body_bytes = max_body_bytes
        self._kept: dict[_Kind, asyncio.Future[StreamableHTTPSessionManager]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ready(self, server: Server[Any], scope: Scope, *, json: bool = False) -> StreamableHTTPSessionManager | None:
        """Return what serves a request at once; None where `serving` has to prepare it first.

        With `json` the answer is never a stream.
        """
        kept = self._kept.get((server, json))
        return kept.result() if kept is not None and kept.done() and _is_modern(scope) else None

    @asynccontextmanager
    async def serving(
        self, server: Server[Any], scope: Scope, *, json: bool = False
    ) -> AsyncGenerator[StreamableHTTPSessionManager]:
        """Give what serves one request; see `ready`."""
        kind = (server, json)
        room = kind in self._kept or len(self._kept) < _KEPT_MANAGERS
        if not _is_modern(scope) or not room:
            manager = self._new(kind)
            async with manager.run():
                yield manager
        else:
            yield await asyncio.shield(self._running(kind))

    def _running(self, kind: _Kind) -> asyncio.Future[StreamableHTTPSessionManager]:
        kept = self._kept.get(kind)
        if kept is None:
            loop = asyncio.get_running_loop()
            kept = self._kept[kind] = loop.create_future()
            # In a context of its own: the first caller's must not stay with it.
            task = loop.create_task(_run(self._new(kind), kept), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return kept

    def _new(self, kind: _Kind) -> StreamableHTTPSessionManager:
        # SSE-capable where the client is: an answer as one JSON body loses progress, and cancelling by leaving.
        server, json = kind
        return StreamableHTTPSessionManager(
            server, stateless=True, json_response=json, max_request_body_size=self._max_body_bytes
        )


def _is_modern(scope: Scope) -> bool:
    version = next((value for name, value in scope["headers"] if name == b"mcp-protocol-version"), None)
    return version is not None and version not in OLD_VERSIONS


async def _run(manager: StreamableHTTPSessionManager, ready: asyncio.Future[StreamableHTTPSessionManager]) -> None:
    """Run a manager until the process ends, when the loop cancels this."""
    async with manager.run():
        ready.set_result(manager)
        await asyncio.Event().wait()
