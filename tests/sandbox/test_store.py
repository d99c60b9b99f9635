"""The store by itself."""

from contextlib import suppress
from pathlib import Path

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.store import Store
from tests.sandbox.service import ORGANISATION, record, sandbox


def test_a_new_store_is_empty_until_records_are_loaded() -> None:
    store = Store()
    assert store.is_empty()
    store.load([record("stage", 1, {"name": "Cold"})])
    assert not store.is_empty()


def test_a_file_keeps_the_records(tmp_path: Path) -> None:
    path = str(tmp_path / "sandbox.db")
    first = Store(path)
    first.load(ORGANISATION)
    first.close()
    again = Store(path)
    row = again.row("stage", 1) or {}
    assert (row["name"], row["order"], row["color"]) == ("Cold", 1, "#0000ff")
    again.close()


@pytest.mark.parametrize(
    "wrong",
    [
        Record("nonsense", 1),
        Record("stage", 1, {"nonsense": 1}),
        Record("stage", 1, {"createdAt": "yesterday"}),
        Record("stage", 1, {}, {"nonsense": None}),
        Record("prospect", 1, {}, {"owner": (Identifier("user", 1),)}),
    ],
)
def test_a_record_that_the_catalogue_does_not_know_is_not_loaded(wrong: Record) -> None:
    store = Store()
    with pytest.raises(ValueError, match=r"nonsense|createdAt|to-one"):
        store.load([record("stage", 9), wrong])
    assert store.is_empty()


def test_members_that_follow_from_the_other_side_are_left_to_it() -> None:
    store = Store()
    step = Identifier("sequenceStep", 1)
    store.load([Record("sequence", 1, {}, {"sequenceSteps": (step,)}), record("sequenceStep", 1)])
    assert store.related("sequence", "sequenceSteps", [1]) == {}


def test_an_attempt_that_fails_takes_back_its_own_part_of_a_transaction_only() -> None:
    store = Store()
    with store.transaction():
        store.insert("stage", {"name": "kept"})
        with suppress(KeyError), store.attempt():
            store.insert("stage", {"name": "taken back"})
            raise KeyError
        store.insert("stage", {"name": "kept too"})
    assert store.rows("SELECT name FROM stage ORDER BY id") == [("kept",), ("kept too",)]


async def test_two_sandboxes_know_nothing_of_one_another() -> None:
    async with sandbox(ORGANISATION) as one, sandbox(ORGANISATION) as other:
        await one.update("/stages/1", "stage", {"name": "Warm"})
        await one.http.get("/stages")
        assert (await other.get("/stages/1"))["data"]["attributes"]["name"] == "Cold"
        assert (await other.http.get("/stages")).headers["X-RateLimit-Remaining"] == "9998"
