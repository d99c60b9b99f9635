"""The promises of every store, whatever it is made of."""

import os
import stat
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.sqlite_store import SqliteStore
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.clock import Clock
from tests.callers.state.stores import started, store_of
from tests.support.redis_server import PASSWORD, running_redis

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def until(condition: Callable[[], bool]) -> None:
    """Wait for what comes by itself within milliseconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES, st.binary())
def test_what_is_stored_is_read(store: StateStore, name: str, value: bytes) -> None:
    store.set(name, value)
    assert store.get(name) == value


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "add", "replace", "take", "delete", "delete expected"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from([b"", b"1", b"2"]),
        st.sampled_from([b"", b"1", b"2"]),
    ),
    max_size=20,
)


def in_a_dictionary(held: dict[str, bytes], verb: str, name: str, expected: bytes, value: bytes) -> object:
    """Do in a dictionary what a step does in a store, and return what it should return."""
    found = held.get(name)
    if verb in {"take", "delete"} or (verb == "delete expected" and found == expected):
        held.pop(name, None)
        return found if verb == "take" else found is not None
    if verb == "set" or (verb == "add" and found is None) or (verb == "replace" and found == expected):
        held[name] = value
        return None if verb == "set" else True
    return False


def in_a_store(store: StateStore, verb: str, name: str, expected: bytes, value: bytes) -> object:
    match verb:
        case "set":
            store.set(name, value)
            return None
        case "add":
            return store.add(name, value)
        case "replace":
            return store.replace(name, expected, value)
        case "take":
            return store.take(name)
        case "delete":
            return store.delete(name)
        case _:
            return store.delete(name, expected)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_steps_do_what_they_would_do_in_a_dictionary(
    store: StateStore, steps: list[tuple[str, str, bytes, bytes]]
) -> None:
    for name in store.names(""):
        store.delete(name)
    held: dict[str, bytes] = {}
    for step in steps:
        assert in_a_store(store, *step) == in_a_dictionary(held, *step)
    assert {name: store.get(name) for name in store.names("")} == held


def test_what_was_never_stored_is_not_there(store: StateStore) -> None:
    assert (store.get("a"), store.take("a"), store.delete("a"), store.replace("a", b"", b"1")) == (
        None,
        None,
        False,
        False,
    )


def test_a_later_value_takes_the_place_of_an_earlier_one(store: StateStore) -> None:
    store.set("a", b"1")
    store.set("a", b"2")
    assert store.get("a") == b"2"


def test_adding_keeps_what_is_there(store: StateStore) -> None:
    assert (store.add("a", b"1"), store.add("a", b"2"), store.get("a")) == (True, False, b"1")


def test_replacing_needs_the_expected_value(store: StateStore) -> None:
    store.set("a", b"1")
    assert (store.replace("a", b"0", b"2"), store.replace("a", b"1", b"3"), store.get("a")) == (False, True, b"3")


def test_deleting_can_need_the_expected_value(store: StateStore) -> None:
    store.set("a", b"1")
    assert (store.delete("a", b"0"), store.get("a"), store.delete("a", b"1"), store.get("a")) == (
        False,
        b"1",
        True,
        None,
    )


def test_a_value_is_taken_once(store: StateStore) -> None:
    store.set("a", b"1")
    assert (store.take("a"), store.take("a")) == (b"1", None)


@pytest.mark.parametrize("prefix", ["a:", "a*", "a[b]", "a\\", "%", "_"])
def test_names_are_found_by_their_beginning_to_the_letter(store: StateStore, prefix: str) -> None:
    for name in (f"{prefix}2", f"{prefix}1", "a", "ab", "b"):
        store.set(name, b"x")
    assert store.names(prefix) == [f"{prefix}1", f"{prefix}2"]


def test_a_value_is_over_when_its_time_is(store: StateStore) -> None:
    store.set("a", b"1", 0.02)
    until(lambda: store.get("a") is None)
    assert (store.names(""), store.take("a"), store.add("a", b"2")) == ([], None, True)


def test_a_value_that_is_replaced_without_an_end_stays(store: StateStore) -> None:
    store.set("b", b"1", 0.02)
    store.set("a", b"1", 0.02)
    assert store.replace("a", b"1", b"2")
    until(lambda: store.get("b") is None)
    assert store.get("a") == b"2"


def test_a_store_that_is_opened_again_holds_what_it_held(address: str) -> None:
    first = store_of(address)
    first.set("a", b"1")
    first.close()
    second = store_of(address)
    assert second.get("a") == b"1"
    second.close()


def test_of_threads_that_add_at_once_one_succeeds(store: StateStore) -> None:
    together, added = Barrier(8), list[bool]()

    def add(number: int) -> None:
        together.wait()
        added.append(store.add("a", bytes([number])))

    threads = [Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False] * 7 + [True]


TAKER = """
import sys
from tests.callers.state.stores import store_of

store = store_of(sys.argv[1])
store.ping()
print("ready", flush=True)
sys.stdin.readline()
print(sum(store.take(f"ticket-{number}") is not None for number in range(200)))
store.close()
"""


def test_processes_take_each_value_once(address: str, store: StateStore) -> None:
    for number in range(200):
        store.set(f"ticket-{number}", b"1")
    processes = [started(TAKER, address) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 200


def test_a_file_forgets_what_is_over_when_the_clock_says_so(tmp_path: Path) -> None:
    moment = [100.0]
    store = SqliteStore(tmp_path / "state", clock=Clock(now=lambda: datetime.fromtimestamp(moment[0], UTC)))
    store.set("a", b"1", 60)
    moment[0] = 159.9
    before = store.get("a")
    moment[0] = 160.0
    assert (before, store.get("a")) == (b"1", None)
    store.close()


@posix
def test_only_the_user_can_read_the_files(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = SqliteStore(tmp_path / "new" / "state")
        store.set("a", b"1")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
        folder = stat.S_IMODE((tmp_path / "new").stat().st_mode)
        store.close()
    finally:
        os.umask(old)
    names = ("state", "state-shm", "state-wal", "state.lock")
    assert (modes, folder) == (dict.fromkeys(names, 0o600), 0o700)


@posix
def test_a_file_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.touch()
    path.chmod(0o666)
    with pytest.raises(StateStoreError, match=r"can be written by others .* another in OUTREACH_MCP_STORE"):
        SqliteStore(path).get("a")


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"something else, and longer than a header would be" * 50)
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(StateStoreError, match="cannot be used: file is not a database"):
        SqliteStore(path).set("a", b"1")
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415 - for this test alone

    path = tmp_path / "state"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (id)")
    other.close()
    path.chmod(0o600)
    with pytest.raises(StateStoreError, match="a database of another program or version"):
        SqliteStore(path).set("a", b"1")


def test_a_redis_that_does_not_run_is_named_without_its_password() -> None:
    with running_redis() as server:
        store = store_of(server.url)
        server.stop()
        with pytest.raises(StateStoreError) as caught:
            store.get("a")
        told = str(caught.value)
        assert told.startswith(f"The store redis://127.0.0.1:{server.port}/0 cannot be used (ConnectionError: ")
        assert PASSWORD not in told
        store.close()


def test_a_wrong_password_is_not_repeated() -> None:
    with running_redis() as server:
        store = store_of(server.url.replace(PASSWORD, "not-the-password-at-all"))
        with pytest.raises(StateStoreError) as caught:
            store.get("a")
        assert "not-the-password" not in str(caught.value)
        assert "AuthenticationError" in str(caught.value)
        store.close()


def test_a_redis_that_repeats_the_password_in_its_refusal_is_not_quoted_with_it() -> None:
    with running_redis("--rename-command", "HELLO", "", "--rename-command", "AUTH", "") as server:
        store = store_of(server.url)
        with pytest.raises(StateStoreError, match=r"cannot be used \(ResponseError\)\. Try again") as caught:
            store.get("a")
        assert PASSWORD not in str(caught.value)
        store.close()


def test_after_a_redis_has_failed_and_started_again_it_is_used_again() -> None:
    with running_redis() as server:
        store = store_of(server.url)
        store.set("a", b"1")
        server.stop()
        with pytest.raises(StateStoreError):
            store.get("a")
        server.start()
        assert store.get("a") == b"1"
        store.close()


def test_a_connection_that_broke_while_nobody_used_it_is_not_noticed() -> None:
    with running_redis() as server:
        store = store_of(server.url)
        store.set("a", b"1")
        server.stop()
        server.start()
        assert store.get("a") == b"1"
        store.close()
