"""Puts records that share a key into one group, and those that share one with any of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from outreach_tools.engine.duplicates.keys import STRENGTH, Key


@dataclass(frozen=True, slots=True)
class Group:
    """Records that may be the same: their ids in order, and the kinds of key that they share, the strongest first."""

    ids: tuple[int, ...]
    by: tuple[str, ...]


@dataclass(slots=True)
class Groups:
    """Records that were looked at, each by its id, joined where they share a key."""

    _first: dict[Key, int] = field(default_factory=dict[Key, int])
    _parent: dict[int, int] = field(default_factory=dict[int, int])
    _shared: dict[int, set[str]] = field(default_factory=dict[int, set[str]])

    def add(self, number: int, keys: Iterable[Key]) -> None:
        """Look at one more record."""
        for key in keys:
            other = self._first.setdefault(key, number)
            if other != number:
                self._join(other, number, key[0])

    def found(self) -> list[Group]:
        """Return the groups of more than one record: what is most certain first, then what is oldest."""
        members: dict[int, list[int]] = {}
        for number in self._parent:
            members.setdefault(self._root(number), []).append(number)
        groups = [
            Group(tuple(sorted(ids)), tuple(sorted(self._shared[root], key=STRENGTH.index)))
            for root, ids in members.items()
        ]
        return sorted(groups, key=lambda group: (STRENGTH.index(group.by[0]), -len(group.by), group.ids))

    def _join(self, one: int, other: int, kind: str) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        kinds = self._shared.setdefault(first, set()) | {kind}
        if first != second:
            self._parent[second] = first
            kinds |= self._shared.pop(second, set())
        self._shared[first] = kinds

    def _root(self, number: int) -> int:
        root = number
        while (parent := self._parent.setdefault(root, root)) != root:
            root = parent
        while self._parent[number] != root:
            self._parent[number], number = root, self._parent[number]
        return root
