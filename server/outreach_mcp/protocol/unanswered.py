"""The requests of one connection that have no answer yet."""

from collections import Counter
from collections.abc import Callable

import anyio
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse


class Unanswered:
    """Counts requests by their ids, of which a client may use one twice."""

    def __init__(self, when_one_ends: Callable[[], None] = lambda: None) -> None:
        self._ids = Counter[str]()
        self._changed = anyio.Event()
        self._when_one_ends = when_one_ends

    @property
    def count(self) -> int:
        """How many there are."""
        return self._ids.total()

    async def none(self) -> None:
        """Wait until there is none."""
        while self._ids:
            self._changed = anyio.Event()
            await self._changed.wait()

    def came(self, message: JSONRPCMessage) -> None:
        """Take account of a message of the client: a request, or one that ends a request unanswered."""
        match message:
            case JSONRPCRequest(id=number):
                self._ids[str(number)] += 1
            case JSONRPCNotification(method="notifications/cancelled", params={"requestId": number}):
                self._end(number)
            case _:
                pass

    def went(self, message: JSONRPCMessage) -> None:
        """Take account of a message that was sent to the client."""
        match message:
            case JSONRPCResponse(id=number) | JSONRPCError(id=number):
                self._end(number)
            case _:
                pass

    def forget(self) -> None:
        """End what is left: the connection is over."""
        for number in [*self._ids.elements()]:
            self._end(number)

    def _end(self, number: object) -> None:
        name = str(number)
        if not self._ids[name]:
            return
        self._ids[name] -= 1
        if not self._ids[name]:
            del self._ids[name]
        self._when_one_ends()
        self._changed.set()
