"""Locks among the processes of a server, each held for seconds and prolonged while its holder lives.

A holder that is killed holds everybody up for one lease. One that is only stopped for longer than that goes on beside
the next, so a lock keeps work from being done twice, but what it guards is written by comparing (`StateStore.replace`).
"""

import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from outreach_mcp.callers.state.errors import LockTimeoutError, StateStoreError
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.clock import MACHINE, Clock

LEASE = 15.0
"""Seconds: half of what a call has, so that a call which waits for a dead process comes to its end all the same."""

_PAUSE = 0.05
"""Seconds between two tries to get a lock."""


@contextmanager
def locked(
    store: StateStore,
    name: str,
    timeout: float,
    *,
    owner: bytes | None = None,
    lease: float = LEASE,
    clock: Clock = MACHINE,
) -> Generator[None]:
    """Keep every other holder of this name out; `timeout` and `lease` are in seconds.

    An `owner` of one's own, which must not be used by two at once, gets back a lock that it could not release.
    Raises `LockTimeoutError` when the lock cannot be had in time, `StateStoreError` when the store cannot be used.
    """
    name, owner = f"lock:{name}", owner or new_owner()
    end = clock.monotonic() + timeout
    while not (store.add(name, owner, lease) or store.replace(name, owner, owner, lease)):
        if clock.monotonic() >= end:
            raise LockTimeoutError(
                f"Another process of this server has been at work on the same thing for {timeout:g} seconds. Try again."
            )
        clock.block(_PAUSE)
    released = Event()
    keeper = Thread(target=_keep, args=(store, name, owner, lease, released), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        released.set()
        keeper.join()
        with suppress(StateStoreError):  # then it ends by itself
            store.delete(name, owner)


def new_owner() -> bytes:
    """Return a name for one who holds locks."""
    return secrets.token_bytes(16)


def _keep(store: StateStore, name: str, owner: bytes, lease: float, released: Event) -> None:
    while not released.wait(lease / 3):
        with suppress(StateStoreError):
            if not store.replace(name, owner, owner, lease):
                return
