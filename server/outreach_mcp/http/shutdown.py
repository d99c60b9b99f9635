"""Tells what is being served that the server ends."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType

import anyio

_log = logging.getLogger(__name__)


class Ending:
    """The end of a server: first announced, so that balancers look elsewhere, then asked for, then enforced.

    `give_up`, if there is one, ends what is under way at Outreach, so that calls are answered with how far they came.
    uvicorn enforces it by itself, but leaves what it cancels without an end, and a traceback each in the log.
    """

    def __init__(self, give_up: Callable[[], None] | None = None) -> None:
        self.give_up = give_up
        self.draining = False
        """Whether the end is announced: calls are still taken, and each answer closes its connection."""
        self.asked = anyio.Event()
        """Set when the server is to end."""
        self._scopes: set[anyio.CancelScope] = set()

    def droppable(self) -> AbstractContextManager[anyio.CancelScope]:
        """Return a context that `drop` cancels; its scope says whether it did."""
        return _Droppable(self._scopes)

    def drop(self) -> None:
        """Cancel what is still being served."""
        if self._scopes:
            _log.warning("ended without waiting any longer for %d requests", len(self._scopes))
        for scope in self._scopes:
            scope.cancel()


class _Droppable:
    """One thing that is being served, among all that may be dropped.

    A class, as every request passes it: a generator would take three times as long.
    """

    __slots__ = ("_scope", "_scopes")

    def __init__(self, scopes: set[anyio.CancelScope]) -> None:
        self._scope = anyio.CancelScope()
        self._scopes = scopes

    def __enter__(self) -> anyio.CancelScope:
        self._scopes.add(self._scope)
        return self._scope.__enter__()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        self._scopes.discard(self._scope)
        return self._scope.__exit__(exc_type, exc_val, exc_tb)
