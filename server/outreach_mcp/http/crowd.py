"""Decides which connections give way when there are too many: those that wait for the client that has the most.

Nobody is locked out by others, not even behind a proxy from whose address all of them come: a connection whose request
is there is never ended for another, and one that has just come owes its request for a few milliseconds only. Who opens
a thousand and sends nothing ends their own.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Literal, Protocol, TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.http.guard import refusal

Standing: TypeAlias = Literal["owing", "idle", "served", "closing"]
"""The state of a connection: its client owes a head, a body or the taking of an answer; it is idle; its request
is being served; it is about to be gone."""

ALWAYS_ANSWERED = ("/health", "/ready")
"""The paths asked by monitors, which would end a server that does not answer."""

_MORE = 100
"""Connections beyond the limit, which are answered that there are too many."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections there may be, and for how many at once the clients of one address may owe something."""

    connections: int = 1000
    owing_each: int = 100


class Guest(Protocol):
    """A connection, as the crowd sees it."""

    @property
    def address(self) -> str:
        """The owner of the connection: `address_of` its client."""
        ...

    @property
    def since(self) -> float:
        """When it began to owe, or to idle."""
        ...

    def standing(self) -> Standing:
        """Return what it does now."""
        ...

    def give_way(self) -> None:
        """End."""
        ...


class Crowd:
    """The connections of one server.

    Many are ended together, as finding the right ones takes a millisecond when there are a thousand.
    """

    def __init__(self, room: Room) -> None:
        """Begin without connections."""
        self._room = room
        self._by_address = defaultdict[str, set[Guest]](set)
        self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether there are more connections than there may be, although all that could have given way."""
        return self._count > self._room.connections

    def come(self, guest: Guest) -> bool:
        """Take a new connection, others giving way where needed; return whether there is room for it."""
        if self._count >= self._room.connections + _MORE:
            return False
        self._by_address[guest.address].add(guest)
        self._count += 1
        most = self._room.owing_each
        if len(self._by_address[guest.address]) > most:
            owing = _waiting(self._by_address[guest.address], guest, ("owing",))
            if len(owing) >= most:
                self._dismiss(owing[: 1 + most // 8])
        if self.is_full:
            self._make_room(guest)
        return True

    def leave(self, guest: Guest) -> None:
        """Forget a connection that is gone; one that never found room is not known."""
        known = self._by_address.get(guest.address, set())
        if guest in known:
            known.remove(guest)
            self._count -= 1
        if not known:
            self._by_address.pop(guest.address, None)

    def _make_room(self, newest: Guest) -> None:
        waiting = [_waiting(guests, newest, ("owing", "idle")) for guests in self._by_address.values()]
        # Those of whoever has the most first; among equals, of whoever has waited for the longest.
        queue = [(-len(guests), guests[0].since, number) for number, guests in enumerate(waiting) if guests]
        heapq.heapify(queue)
        enough = self._count - self._room.connections + self._room.connections // 16
        leaving: list[Guest] = []
        while queue and len(leaving) < enough:
            _, _, number = heapq.heappop(queue)
            leaving.append(waiting[number].pop(0))
            if rest := waiting[number]:
                heapq.heappush(queue, (-len(rest), rest[0].since, number))
        self._dismiss(leaving)

    def _dismiss(self, guests: Iterable[Guest]) -> None:
        for guest in guests:
            self.leave(guest)  # its file is closed before the next request is read
            guest.give_way()


class Admission:
    """An ASGI application that serves nothing but `ALWAYS_ANSWERED` while there are too many connections (503)."""

    def __init__(self, app: ASGIApp, crowd: Crowd) -> None:
        self._app = app
        self._crowd = crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        if self._crowd.is_full and scope["path"] not in ALWAYS_ANSWERED:
            message = "This server has too many requests under way. Try again in 1 s."
            await refusal(503, message, {"Retry-After": "1", "Connection": "close"})(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def address_of(client: tuple[str, int] | None) -> str:
    """Return what the connections of a client are counted under.

    Of an IPv6 address that is its network of 64 bits: whoever has one has all of it.
    """
    if client is None:
        return "this machine"
    try:
        address = ip_address(client[0].partition("%")[0])
    except ValueError:
        return client[0]
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


def _waiting(guests: Iterable[Guest], newest: Guest, standings: tuple[Standing, ...]) -> list[Guest]:
    """Return those that could give way, but for the newest, the oldest first."""
    found = [guest for guest in guests if guest is not newest and guest.standing() in standings]
    return sorted(found, key=lambda guest: guest.since)
