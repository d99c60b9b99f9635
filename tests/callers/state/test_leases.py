"""Locks among processes: one holder at a time, and none for ever."""

import os
import signal
import sys
from threading import Event, Thread

import pytest

from outreach_mcp.callers.state.errors import LockTimeoutError
from outreach_mcp.callers.state.leases import locked
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.clock import Clock
from tests.callers.state.stores import started

HOLDER = """
import sys
from outreach_mcp.callers.state.leases import locked
from tests.callers.state.stores import store_of

with locked(store_of(sys.argv[1]), "a", 1, lease=float(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_lock_that_is_held_cannot_be_had(store: StateStore) -> None:
    with locked(store, "a", 1), pytest.raises(LockTimeoutError, match="for 0 seconds"), locked(store, "a", 0):
        pass


def test_a_lock_that_was_released_can_be_had(store: StateStore) -> None:
    for _ in range(2):
        with locked(store, "a", 0):
            pass
    assert store.names("lock:") == []


def test_a_lock_is_released_by_an_error(store: StateStore) -> None:
    with pytest.raises(ZeroDivisionError), locked(store, "a", 0):
        raise ZeroDivisionError
    with locked(store, "a", 0):
        pass


def test_locks_of_other_names_are_others(store: StateStore) -> None:
    with locked(store, "a", 0), locked(store, "b", 0):
        assert len(store.names("lock:")) == 2


def test_who_waits_gets_the_lock_when_it_is_released(store: StateStore) -> None:
    order, waiting = list[str](), Event()

    def wait(seconds: float) -> None:
        waiting.set()
        released.wait(seconds)

    def second() -> None:
        with locked(store, "a", 60, clock=Clock(block=wait)):
            order.append("second")

    released = Event()
    thread = Thread(target=second)
    with locked(store, "a", 0):
        thread.start()
        assert waiting.wait(60)
        order.append("first")
    released.set()
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_is_prolonged_while_its_holder_lives(store: StateStore) -> None:
    with locked(store, "a", 0, lease=2), pytest.raises(LockTimeoutError), locked(store, "a", 2.5):
        pass


def test_an_owner_gets_back_the_lock_that_it_could_not_release(store: StateStore) -> None:
    store.set("lock:a", b"me")
    with pytest.raises(LockTimeoutError), locked(store, "a", 0, owner=b"another"):
        pass
    with locked(store, "a", 0, owner=b"me"):
        pass
    assert store.get("lock:a") is None


def test_who_lost_a_lock_does_not_release_that_of_the_next(store: StateStore) -> None:
    with locked(store, "a", 0):
        store.set("lock:a", b"the next holder")
    assert store.get("lock:a") == b"the next holder"


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by a signal")
def test_the_lock_of_a_process_that_was_killed_ends_by_itself(address: str, store: StateStore) -> None:
    process = started(HOLDER, address, "0.5")
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(LockTimeoutError), locked(store, "a", 0):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    with locked(store, "a", 60):
        pass
