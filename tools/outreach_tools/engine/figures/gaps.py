"""The ids of a selection that are still to be read: the gaps between those that were, each read from both of its ends.

An id belongs to one gap or to none, and what was read is taken out: however pages overlap, a record counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

End: TypeAlias = Literal["low", "high"]


@dataclass(slots=True, eq=False)
class Gap:
    """The ids from `low` to `high`, both included, None where open.

    `left` is how many records are in it, None where that is not known. `reading` are the ends being read from.
    """

    low: int | None = None
    high: int | None = None
    left: int | None = None
    reading: set[End] = field(default_factory=set[End])

    def holds(self, number: int) -> bool:
        """Return whether an id is in it."""
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)

    def took(self, number: int) -> None:
        """Count so many of its records as read."""
        if self.left is not None:
            self.left = max(self.left - number, 0)

    def is_for(self, end: End, size: int) -> bool:
        """Return whether a page of so many records from an end would bring what no page under way brings."""
        if end in self.reading:
            return False
        if not self.reading:
            return end == "low"  # its end is only known when a page says so
        return self.left is not None and self.left > size * len(self.reading)

    @property
    def width(self) -> int | None:
        """The number of ids in it, None where it is open."""
        return None if self.low is None or self.high is None else self.high - self.low + 1


@dataclass(slots=True)
class Gaps:
    """All gaps of a selection in the order of their ids; at first everything is one."""

    gaps: list[Gap] = field(default_factory=lambda: [Gap()])

    def __iter__(self) -> Iterator[Gap]:
        """Yield the gaps."""
        return iter(self.gaps)

    def find(self, number: int) -> Gap | None:
        """Return the gap that an id is in, None where it was read."""
        return next((gap for gap in self.gaps if gap.holds(number)), None)

    def cover(self, low: int | None, high: int | None) -> None:
        """Take out what was read: all ids from one to another, None where open.

        A page reaches from an end of what was a gap when it was asked for, so it never ends up inside of one.
        """
        for gap in self.gaps:
            if low is None or (gap.low is not None and low <= gap.low):
                if high is None or (gap.high is not None and high >= gap.high):
                    gap.low, gap.high = 1, 0
                elif gap.low is None or high >= gap.low:
                    gap.low = high + 1
            elif (high is None or (gap.high is not None and high >= gap.high)) and (
                gap.high is None or low <= gap.high
            ):
                gap.high = low - 1
        self.gaps = [gap for gap in self.gaps if gap.width is None or gap.width > 0]

    def split(self, gap: Gap, bounds: Sequence[int]) -> list[Gap]:
        """Divide a gap before each of some ids; return the gaps above the first of them.

        How many records are in each is not known then. A bound outside of the gap divides nothing.
        """
        inside = sorted({each for each in bounds if gap.holds(each) and each != gap.low})
        if not inside:
            return []
        ends = (*(each - 1 for each in inside[1:]), gap.high)
        above = [Gap(low, high) for low, high in zip(inside, ends, strict=True)]
        gap.high, gap.left = inside[0] - 1, None
        place = self.gaps.index(gap) + 1
        self.gaps[place:place] = above
        return above
