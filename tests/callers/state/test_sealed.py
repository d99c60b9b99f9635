"""A reader of the store learns next to nothing, and a writer can do next to nothing."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_mcp.callers.state.errors import WrongKeyError
from outreach_mcp.callers.state.keys import derived_key, request_state_key
from outreach_mcp.callers.state.opening import open_state
from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.settings.settings import Settings, SettingsError
from tests.callers.state.stores import ANOTHER_ENCRYPTION_KEY, ENCRYPTION_KEY, KEY, settings_for

OTHER_KEY = bytes(reversed(KEY))


@pytest.fixture
def section(store: StateStore) -> Sealed:
    return Sealed(store, "people", KEY)


def everything(store: StateStore) -> bytes:
    return b"".join(name.encode() + (store.get(name) or b"") for name in store.names(""))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters()), st.binary())
def test_what_is_sealed_is_read(section: Sealed, name: str, value: bytes) -> None:
    section.set(name, value)
    assert (section.get(name), section.take(name), section.get(name)) == (value, value, None)


def test_neither_names_nor_values_can_be_read_in_the_store(store: StateStore, section: Sealed) -> None:
    section.set("ana@example.com", b"refresh-token-of-ana")
    assert not any(text in everything(store) for text in (b"ana", b"example", b"refresh", b"token"))


def test_equal_values_look_different(store: StateStore, section: Sealed) -> None:
    section.set("a", b"1")
    section.set("b", b"1")
    assert len({store.get(name) for name in store.names("")}) == 2


def test_a_value_put_in_the_place_of_another_is_not_accepted(store: StateStore, section: Sealed) -> None:
    section.set("ana", b"1")
    section.set("bob", b"2")
    store.set(section.name_of("bob"), store.get(section.name_of("ana")) or b"")
    with pytest.raises(WrongKeyError):
        section.get("bob")


def test_a_value_of_another_section_is_not_accepted(store: StateStore, section: Sealed) -> None:
    section.set("ana", b"1")
    other = Sealed(store, "others", KEY)
    store.set(other.name_of("ana"), store.get(section.name_of("ana")) or b"")
    with pytest.raises(WrongKeyError):
        other.get("ana")


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x02" + bytes(40), b"\x01" + bytes(40)])
def test_a_damaged_value_is_not_accepted_and_not_changed(store: StateStore, section: Sealed, damaged: bytes) -> None:
    store.set(section.name_of("ana"), damaged)
    with pytest.raises(WrongKeyError, match="another OUTREACH_MCP_ENCRYPTION_KEY, or is damaged"):
        section.replace("ana", b"1", b"2")
    assert store.get(section.name_of("ana")) == damaged


def test_adding_and_replacing_compare_what_was_sealed(section: Sealed) -> None:
    assert (section.add("a", b"1"), section.add("a", b"1")) == (True, False)
    assert (section.replace("a", b"0", b"2"), section.replace("a", b"1", b"2"), section.get("a")) == (
        False,
        True,
        b"2",
    )


def test_all_values_of_a_section_are_listed(store: StateStore, section: Sealed) -> None:
    section.set("a", b"1")
    section.set("b", b"2")
    Sealed(store, "others", KEY).set("c", b"3")
    assert sorted(section.values()) == [b"1", b"2"]


def test_the_key_is_in_no_representation(section: Sealed) -> None:
    assert "key" not in repr(section)


def test_a_store_that_was_made_with_another_key_is_known_at_once(address: str) -> None:
    first, second = open_state(settings_for(address)), open_state(settings_for(address, ANOTHER_ENCRYPTION_KEY))
    first.ping()
    with pytest.raises(WrongKeyError):
        second.ping()
    first.ping()  # nothing was changed
    first.close()
    second.close()


def test_every_purpose_has_a_key_of_its_own() -> None:
    given = settings_for("/nowhere/state")
    keys = [derived_key(given, purpose) for purpose in ("connections", "tickets", "creates")]
    assert all(len(key) == 32 for key in keys)
    assert all(one != other for one, other in itertools.combinations([*keys, request_state_key(given)], 2))


def test_every_replica_has_the_same_request_state_key() -> None:
    assert request_state_key(settings_for("/one", ENCRYPTION_KEY.upper())) == request_state_key(
        settings_for("/other", ENCRYPTION_KEY)
    )


def test_without_an_encryption_key_nothing_is_opened() -> None:
    with pytest.raises(SettingsError, match="OUTREACH_MCP_ENCRYPTION_KEY is missing"):
        open_state(Settings.from_environment({"OUTREACH_MCP_SANDBOX": "1"}))
