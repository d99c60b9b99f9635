"""The states of measures: what has been counted, added up or compared so far in one group, and the result of that."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from outreach_tools.engine.figures.exact import added, divided


class State(Protocol):
    """The state of a measure in one group."""

    def add(self, value: Any, /) -> None:
        """Take one record's value in."""
        ...

    def merge(self, other: Any, /) -> None:
        """Take in what the same measure came to in another group."""
        ...

    @property
    def result(self) -> Any:
        """The result; None where there is nothing to tell."""
        ...


@dataclass(slots=True)
class Tally:
    """The number of records, or of those that are like something."""

    number: int = 0

    def add(self, value: Any) -> None:
        """Count a record that is true."""
        self.number += bool(value)

    def merge(self, other: "Tally") -> None:
        """Count what another one counted."""
        self.number += other.number

    @property
    def result(self) -> Decimal:
        """The number."""
        return Decimal(self.number)


@dataclass(slots=True)
class Ratio:
    """The part of the records that are like something."""

    hits: int = 0
    number: int = 0

    def add(self, value: Any) -> None:
        """Count a record, and as one of the part where it is true."""
        self.hits += bool(value)
        self.number += 1

    def merge(self, other: "Ratio") -> None:
        """Count what another one counted."""
        self.hits += other.hits
        self.number += other.number

    @property
    def result(self) -> Decimal | None:
        """The part of one, to four places."""
        return divided(Decimal(self.hits), self.number) if self.number else None


@dataclass(slots=True)
class Sum:
    """The sum of numbers, and how many those are."""

    total: Decimal = Decimal(0)
    number: int = 0

    def add(self, value: Any) -> None:
        """Add a number."""
        if value is not None:
            self.total = added(self.total, value)
            self.number += 1

    def merge(self, other: "Sum") -> None:
        """Add another sum."""
        self.total = added(self.total, other.total)
        self.number += other.number

    @property
    def result(self) -> Decimal | None:
        """The sum, none of no numbers."""
        return self.total if self.number else None


@dataclass(slots=True)
class Mean(Sum):
    """The mean of numbers."""

    @property
    def result(self) -> Decimal | None:
        """The mean, to four places."""
        return divided(self.total, self.number) if self.number else None


@dataclass(slots=True)
class Median:
    """The number in the middle, or half way between the two there."""

    numbers: Counter[Decimal] = field(default_factory=Counter[Decimal])

    def add(self, value: Any) -> None:
        """Take a number in."""
        if value is not None:
            self.numbers[value] += 1

    def merge(self, other: "Median") -> None:
        """Take in what another one did."""
        self.numbers.update(other.numbers)

    @property
    def result(self) -> Decimal | None:
        """The median, half way to four places."""
        whole = self.numbers.total()
        if not whole:
            return None
        low, high = self._at((whole - 1) // 2), self._at(whole // 2)
        return low if low == high else divided(added(low, high), 2)

    def _at(self, place: int) -> Decimal:
        for number in sorted(self.numbers):
            place -= self.numbers[number]
            if place < 0:
                return number
        raise AssertionError(place)


@dataclass(slots=True)
class Extreme:
    """The least or the greatest of what can be put in order: pairs of that and what is shown of it."""

    greatest: bool
    best: tuple[Any, Any] | None = None

    def add(self, value: Any) -> None:
        """Take a value in."""
        if value is not None and (self.best is None or self._beats(value[0], self.best[0])):
            self.best = value

    def merge(self, other: "Extreme") -> None:
        """Take in what another one found."""
        self.add(other.best)

    @property
    def result(self) -> Any:
        """The value that was found, as it is shown."""
        return self.best[1] if self.best else None

    def _beats(self, one: Any, other: Any) -> bool:
        return bool(one > other) if self.greatest else bool(one < other)


@dataclass(slots=True)
class Variety:
    """The number of different values."""

    values: set[Hashable] = field(default_factory=set[Hashable])

    def add(self, value: Any) -> None:
        """Take the values of a record in."""
        self.values.update(each for each in value if each is not None)

    def merge(self, other: "Variety") -> None:
        """Take in what another one did."""
        self.values |= other.values

    @property
    def result(self) -> Decimal:
        """Their number."""
        return Decimal(len(self.values))
