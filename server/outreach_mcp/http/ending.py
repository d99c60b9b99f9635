"""How what is being served learns that the server ends."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import anyio

_log = logging.getLogger(__name__)


class Ending:
    """The end of a server: first announced, so that balancers look elsewhere, then asked for, then enforced.

    uvicorn enforces it by itself, but leaves what it cancels without an end, and a traceback each in the log.
    """

    def __init__(self) -> None:
        self.draining = False
        """Whether the end is announced: calls are still taken, and each answer closes its connection."""
        self.asked = anyio.Event()
        """Set when the server is to end."""
        self._scopes: set[anyio.CancelScope] = set()

    @contextmanager
    def droppable(self) -> Generator[anyio.CancelScope]:
        """Run a block that `drop` cancels; the scope says whether it did."""
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield scope
            finally:
                self._scopes.discard(scope)

    def drop(self) -> None:
        """Cancel what is still being served."""
        if self._scopes:
            _log.warning("ended without waiting any longer for %d requests", len(self._scopes))
        for scope in self._scopes:
            scope.cancel()
