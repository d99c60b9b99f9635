"""A server on two pipes of this process, whose sandbox holds a change for as long as a test wants."""

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread
import httpx
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.stdio.session import Session
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.faults import Fault, Faults
from outreach_sandbox.store import Store
from outreach_tools.toolsets import all_tools
from tests.stdio.messages import lines
from tests.support.processes import SECONDS
from tests.support.workbench import API, NOW, OPEN


@dataclass(slots=True)
class Held:
    """Lets the sandbox hold what a fault makes it hold."""

    came: anyio.Event = field(default_factory=anyio.Event)
    released: anyio.Event = field(default_factory=anyio.Event)
    count: int = 0

    async def hold(self, _: float) -> None:
        self.count += 1
        self.came.set()
        await self.released.wait()


@dataclass(slots=True)
class Piped:
    """The client's side of a session."""

    session: Session
    to_server: int
    from_server: int
    held: Held
    faults: Faults
    outreach: OutreachClient
    ended: anyio.Event = field(default_factory=anyio.Event)
    _rest: bytes = b""

    def hold_changes(self) -> None:
        """Let the sandbox hold the next request that changes something."""
        for method in ("POST", "PATCH", "PUT", "DELETE"):
            self.faults.add(Fault(effect="hang", method=method))

    def say(self, *messages: Any) -> None:
        """Send messages; bytes go out as they are, with a line's end."""
        for message in messages:
            os.write(self.to_server, message + b"\n" if isinstance(message, bytes) else lines(message))

    def hang_up(self) -> None:
        """Close the server's stdin."""
        if self.to_server >= 0:
            os.close(self.to_server)
        self.to_server = -1

    async def hear(self) -> dict[str, Any] | None:
        """Return the next message of the server, None when there is none any more."""
        while b"\n" not in self._rest:
            data = await anyio.to_thread.run_sync(os.read, self.from_server, 65536, abandon_on_cancel=True)
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    async def answer(self, number: int | str) -> dict[str, Any]:
        """Return the answer to a request; what comes before it is passed over."""
        while (message := await self.hear()) is not None:
            if message.get("id") == number and "method" not in message:
                return message
        raise AssertionError(f"no answer to {number!r}")


@asynccontextmanager
async def piped(
    store: Store, *, guard: Guard = OPEN, grace_seconds: float = SECONDS, most_bytes: int = 4 * 1024 * 1024
) -> AsyncGenerator[Piped]:
    """Serve one client over pipes, on a sandbox over `store`."""
    held, faults = Held(), Faults()
    sandbox = build_sandbox(store, clock=lambda: NOW, sleep=held.hold, faults=faults)
    outreach = OutreachClient(
        API, BearerToken(SecretStr("sandbox")), transport=httpx.ASGITransport(sandbox), clock=Clock(now=lambda: NOW)
    )
    source, to_server = os.pipe()
    from_server, sink = os.pipe()
    session = Session(source, sink, most_bytes=most_bytes, give_up=outreach.give_up, grace_seconds=grace_seconds)
    it = Piped(session, to_server, from_server, held, faults, outreach)

    async def serve() -> None:
        await session.serve(build_server(all_tools(), outreach, guard, now=lambda: NOW))
        os.close(sink)
        it.ended.set()

    try:
        with anyio.fail_after(SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(serve)
                try:
                    yield it
                finally:
                    held.released.set()
                    it.hang_up()
        await outreach.aclose()
    finally:
        with suppress(OSError):
            os.close(from_server)
        # What reads the source may still be about to see its end.
