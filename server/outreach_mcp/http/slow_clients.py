"""Bounds what a client can hold by being slow: with its request's head, its body, or with reading an answer.

uvicorn waits for all three without end. Here a connection that waits for its client is looked at once in a while, which
costs a request nothing; what is unfinished at two looks that lie too far apart is ended.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from outreach_mcp.http.crowd import Crowd, Standing, address_of
from outreach_mcp.http.whole_writes import WholeWrites


@dataclass(frozen=True, slots=True)
class Patience:
    """The seconds that a client has: for a head, for a body, and for taking what is ready to be sent.

    A body of 256 KiB within the time for it is 70 Kbit a second. Clients that are slower need a proxy that
    waits for them.
    """

    head: float = 15.0
    body: float = 30.0
    answer: float = 60.0


class PatientProtocol(H11Protocol):
    """A connection of uvicorn's that knows since when it waits for its client, and gives way to others."""

    _waits_for: tuple[str, object] | None = None
    _since = 0.0
    _leaving = False
    address = ""
    """The owner of the connection."""
    since = 0.0
    """When it began to owe something, or to idle, by the event loop's time."""

    def __init__(self, *, crowd: Crowd, max_head_bytes: int, **uvicorns: Any) -> None:
        """Prepare to be one of a crowd; the rest is uvicorn's."""
        super().__init__(**uvicorns)
        self._crowd = crowd
        self._max_head_bytes = max_head_bytes
        self.conn = WholeWrites(max_head_bytes, self._write_soon)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take the connection, if there is room."""
        super().connection_made(transport)
        self.address = address_of(self.client)
        self.since = self.loop.time()
        if not self._crowd.come(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._crowd.leave(self)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if self.standing() == "idle":
            self.since = self.loop.time()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Begin to idle, without what came of a body that nobody wanted."""
        self.since = self.loop.time()
        self.cycle.body = bytearray()
        super().on_response_complete()

    def standing(self) -> Standing:
        """Return what the connection does now."""
        if self.transport.is_closing():
            return "closing"
        if self._wait() is not None:
            return "owing"
        return "idle" if self._is_answered() else "served"

    def give_way(self) -> None:
        """End, so that others find room; a client that has sent a part of something is told why."""
        waits_for = self._wait()
        if waits_for is None:
            self.transport.close()
        elif waits_for[0] in {"answer", "rest"}:
            self.transport.abort()
        else:
            message = f"Too many requests have an unfinished {waits_for[0]}, and this one has waited longest."
            self._give_up(HTTPStatus.SERVICE_UNAVAILABLE, message)

    def judge(self, patience: Patience, now: float) -> None:
        """End the connection if its client takes too long; `now` is the event loop's time."""
        waits_for = self._wait()
        if waits_for is None or waits_for != self._waits_for:
            self._waits_for, self._since = waits_for, now
            return
        kind, _ = waits_for
        allowed = {"head": patience.head, "body": patience.body, "answer": patience.answer, "rest": patience.head}[kind]
        if now - self._since < allowed:
            return
        if kind in {"answer", "rest"}:
            self.transport.abort()
        else:
            message = f"The {kind} of the request was not there within {allowed:g} seconds."
            self._give_up(HTTPStatus.REQUEST_TIMEOUT, message)

    def _should_upgrade(self) -> bool:
        # Nothing else is spoken here; uvicorn would advise, in the log, to install what does, for each who asks.
        return False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says more
        """Refuse what is not HTTP, or has a head that is larger than uvicorn reads."""
        error = sys.exc_info()[1]
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._end_with(hint, f"The head of the request is larger than {self._max_head_bytes} bytes.")
        else:
            self._end_with(400, "This is not an HTTP request.")

    def wait_for_first_request(self, seconds: float) -> None:
        """Before `shutdown`: keep a connection on which nothing came yet for so long, and serve what then comes."""
        if self._cycle() is None and not self._leaving:
            self._leaving = True
            self.loop.call_later(seconds, self._leave)

    def shutdown(self) -> None:
        """Close the connection when it is idle, else after the answer that is under way."""
        if not self._leaving:
            super().shutdown()

    def _write_soon(self, take: Callable[[], bytes]) -> None:
        self.loop.call_soon(lambda: self.transport.write(take()))

    def _leave(self) -> None:
        self._leaving = False
        if not self.transport.is_closing():
            super().shutdown()

    def _wait(self) -> tuple[str, object] | None:
        """Return what the client owes, None while it owes nothing."""
        if self.transport.get_write_buffer_size() and (self.flow.write_paused or self._is_answered()):
            return ("answer", self._cycle())
        if self.conn.their_state is h11.SEND_BODY:
            return ("rest" if self._is_answered() else "body", self._cycle())
        if self.conn.their_state is h11.IDLE and (self._cycle() is None or self.conn.trailing_data[0]):
            return ("head", self._cycle())
        return None

    def _cycle(self) -> RequestResponseCycle | None:
        return self.cycle  # uvicorn's annotation leaves out what it is before the first request

    def _is_answered(self) -> bool:
        cycle = self._cycle()
        return cycle is None or cycle.response_complete

    def _give_up(self, status: HTTPStatus, message: str) -> None:
        cycle = self._cycle()
        if cycle is not None and not cycle.response_complete:
            # What serves the request sees that its client is gone, and what it still sends goes nowhere.
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
                return
        self._end_with(status, message)

    def _end_with(self, status: int, message: str) -> None:
        body = json.dumps({"error": message}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        phrase = HTTPStatus(status).phrase.encode()
        events = (
            h11.Response(status_code=status, headers=headers, reason=phrase),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        try:
            self.transport.writelines([self.conn.send(event) or b"" for event in events])
        except h11.LocalProtocolError:  # an answer was under way already
            self.transport.abort()
        else:
            self.transport.close()


def wait_for_first_requests(connections: Iterable[object], seconds: float) -> None:
    """Let those connections on which nothing came yet outlast a `shutdown` by so long."""
    for connection in connections:
        if isinstance(connection, PatientProtocol):
            connection.wait_for_first_request(seconds)


class Watch:
    """Looks at all connections of a server, often enough for the shortest patience."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._pause = min(1.0, patience.head / 4, patience.body / 4, patience.answer / 4)
        self._next = 0.0

    def look(self, connections: Iterable[object]) -> None:
        """Judge each connection, if it is time to."""
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + self._pause
            for connection in [*connections]:
                if isinstance(connection, PatientProtocol):
                    connection.judge(self._patience, now)
