"""Sends the head of an answer together with what follows it: one write costs half of two, at both ends."""

from collections.abc import Callable

import h11


class WholeWrites(h11.Connection):
    """A server's side of HTTP whose heads wait for the body, if that comes at once.

    `later` is told, once per answer, what takes the head that nothing followed: it has to run before anything waits.
    """

    def __init__(self, most_bytes: int, later: Callable[[Callable[[], bytes]], None]) -> None:
        """Begin; heads of requests have at most so many bytes."""
        super().__init__(h11.SERVER, most_bytes)
        self._later = later
        self._head = b""

    def send(self, event: h11.Event) -> bytes | None:  # type: ignore[override]  # without h11's overloads
        """Return what is to be written now."""
        data = super().send(event)
        if isinstance(event, h11.Response):
            self._head = data or b""
            self._later(self.take_head)
            return b""
        if self._head:
            return self.take_head() + (data or b"")
        return data

    def take_head(self) -> bytes:
        """Return the head that waits, empty where it is written."""
        head, self._head = self._head, b""
        return head
