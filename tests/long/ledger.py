"""The ledger of what was meant to happen, kept by whoever asks, and of what did, kept by the sandbox's database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from outreach_sandbox.schema import quoted, tables
from outreach_sandbox.store import Store

State: TypeAlias = Literal["not done", "done", "unknown"]

MARKERS = {
    "prospect": '"firstName"',
    "account": "name",
    "opportunity": "name",
    "task": "note",
    "call": "note",
    "sequenceState": '"prospect.id" || \' in \' || NEW."sequence.id"',
}
"""The column, or columns, that tell which create a record comes from."""

_WATCHED = {"task": "dueAt", "sequenceState": "state"}
"""Columns whose every change is an action."""


@dataclass(slots=True)
class Intent:
    """Something that is wanted once: a create, or an action on a record (`marker` is then the record's id)."""

    type: str
    marker: str
    action: str = ""
    state: State = "not done"
    record_id: int | None = None


@dataclass(slots=True)
class Kept:
    """A record that was created, the values its attribute may have, and what became of it."""

    type: str
    id: int
    marker: str
    attribute: str = ""
    values: set[str | None] = field(default_factory=lambda: {None})
    deleted: State = "not done"


class Journal:
    """Every insert, delete and action that the database has seen, written down by triggers of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.run("CREATE TABLE journal (type TEXT, what TEXT, record INTEGER, marker TEXT)")
        self.before = {name: self.ids(name) for name in MARKERS}
        for name, marker in MARKERS.items():
            table = quoted(tables()[name].write)
            self._watch(f"AFTER INSERT ON {table}", name, "insert", f"NEW.id, NEW.{marker}")
            self._watch(f"AFTER DELETE ON {table}", name, "delete", "OLD.id, NULL")
        for name, column in _WATCHED.items():
            table = quoted(tables()[name].write)
            when = f"AFTER UPDATE OF {quoted(column)} ON {table} WHEN OLD.{quoted(column)} IS NOT NEW.{quoted(column)}"
            self._watch(when, name, "action", "NEW.id, NEW.id")

    def ids(self, type_name: str) -> set[int]:
        """Return the ids of the records that there are now."""
        return {found for (found,) in self._store.rows(f"SELECT id FROM {quoted(tables()[type_name].write)}")}

    def inserted(self, type_name: str) -> dict[int, str]:
        """Return the marker of every record that was ever inserted, by id."""
        rows = self._store.rows("SELECT record, marker FROM journal WHERE type = ? AND what = 'insert'", (type_name,))
        return dict(rows)

    def count(self, what: str) -> Counter[tuple[str, str]]:
        """Return how often something happened, by type and marker."""
        rows = self._store.rows("SELECT type, marker FROM journal WHERE what = ?", (what,))
        return Counter((type_name, marker) for type_name, marker in rows)

    def value(self, kept: Kept) -> str | None:
        """Return what the attribute of a record holds."""
        table = quoted(tables()[kept.type].write)
        rows = self._store.rows(f"SELECT {quoted(kept.attribute)} FROM {table} WHERE id = ?", (kept.id,))
        return rows[0][0] if rows else None

    def _watch(self, when: str, type_name: str, what: str, values: str) -> None:
        name = quoted(f"journal {type_name} {what}")
        self._store.run(
            f"CREATE TRIGGER {name} {when} BEGIN INSERT INTO journal VALUES ('{type_name}', '{what}', {values}); END"
        )


@dataclass(slots=True)
class Ledger:
    """All that was wanted, and the records known to be its result."""

    intents: list[Intent] = field(default_factory=list[Intent])
    kept: list[Kept] = field(default_factory=list[Kept])

    def unknown(self, journal: Journal) -> tuple[int, int]:
        """Return how many outcomes remained unknown, and how many of those had happened."""
        created = journal.count("insert")
        unknown = [each for each in self.intents if each.state == "unknown" and not each.action]
        return len(unknown), sum(created[each.type, each.marker] > 0 for each in unknown)

    def breaches(self, journal: Journal) -> Iterator[str]:
        """Compare what was wanted with what happened; every difference is a sentence."""
        yield from self._about_creates(journal)
        yield from self._about_actions(journal)
        yield from self._about_records(journal)

    def _about_creates(self, journal: Journal) -> Iterator[str]:
        happened = journal.count("insert")
        wanted = {(each.type, each.marker): each for each in self.intents if not each.action}
        for key in happened.keys() - wanted.keys():
            yield f"{key} was created and nobody wanted it"
        for key, intent in wanted.items():
            count = happened[key]
            if count > 1:
                yield f"{key} was created {count} times ({intent.state})"
            if count == 0 and intent.state == "done":
                yield f"{key} was reported as created ({intent.record_id}) and was not"
            if count and intent.state == "not done":
                yield f"{key} was reported as not created and was"
        for type_name in MARKERS:
            markers = journal.inserted(type_name)
            for intent in self.intents:
                wrong = intent.record_id is not None and markers.get(intent.record_id) != intent.marker
                if intent.type == type_name and not intent.action and wrong:
                    yield f"{type_name} {intent.marker} was reported with the id of another, {intent.record_id}"

    def _about_actions(self, journal: Journal) -> Iterator[str]:
        happened = journal.count("action")
        wanted: dict[tuple[str, str], list[Intent]] = {}
        for intent in self.intents:
            if intent.action:
                wanted.setdefault((intent.type, intent.marker), []).append(intent)
        for key in happened.keys() | wanted.keys():
            states = Counter(intent.state for intent in wanted.get(key, []))
            least, most = states["done"], states["done"] + states["unknown"]
            if not least <= happened[key] <= most:
                yield f"{key} was acted on {happened[key]} times; wanted were {dict(states)}"

    def _about_records(self, journal: Journal) -> Iterator[str]:
        now = {name: journal.ids(name) for name in MARKERS}
        for name, before in journal.before.items():
            if lost := before - now[name]:
                yield f"{name} {sorted(lost)} were there before and nobody deleted them"
        for kept in self.kept:
            there = kept.id in now[kept.type]
            if there and kept.deleted == "done":
                yield f"{kept.type} {kept.id} was reported as deleted and is there"
            if not there and kept.deleted == "not done":
                yield f"{kept.type} {kept.id} was not deleted by anybody and is gone"
            if there and kept.attribute and (value := journal.value(kept)) not in kept.values:
                yield f"{kept.type} {kept.id} holds {value!r}, and should hold one of {kept.values}"
