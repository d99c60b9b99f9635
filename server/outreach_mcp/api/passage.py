"""Knows how far a request is on its way to Outreach, and who may still end it.

Until a change goes out, whoever asked for it may cancel it, and then it was not sent. From then on it is finished
whatever becomes of them, so that it is recorded as what it was: only the end of the server gives it up.
"""

from types import TracebackType
from typing import Self

import anyio


class Passage:
    """A context in which one request is made."""

    __slots__ = ("_given_up", "_held", "_is_taken", "is_out")

    def __init__(self) -> None:
        self.is_out = False
        """Whether the request, a change, may have reached Outreach."""
        self._is_taken = False
        # Of the two the outer one keeps cancelling out, the inner one ends the request all the same.
        self._held = anyio.CancelScope()
        self._given_up = anyio.CancelScope()

    def take(self) -> None:
        """Begin the one way of a request to Outreach; raises `RuntimeError` for a second one."""
        if self._is_taken:
            raise RuntimeError("a request that was prepared is sent once")
        self._is_taken = True

    def note(self, *, is_out: bool) -> None:
        """Note that the request, a change, goes out, or that nothing was done of it after all."""
        self.is_out = self._held.shield = is_out

    def give_up(self) -> None:
        """End the request, wherever it is."""
        self._given_up.cancel()

    def __enter__(self) -> Self:
        """Begin."""
        self._held.__enter__()
        self._given_up.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        """End; the exception of a request that was given up goes no further."""
        if self._given_up.__exit__(exc_type, exc_val, exc_tb):
            self._held.__exit__(None, None, None)
            return True
        return self._held.__exit__(exc_type, exc_val, exc_tb)
