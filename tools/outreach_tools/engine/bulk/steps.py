"""Many steps in little memory: a few hundred at a time are packed, and read again when they are asked for."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

from outreach_tools.engine.bulk.plan import Step, read_step, written_step
from outreach_tools.packing import packed, unpacked

PART = 500
"""Steps that are packed together."""

_AT_HAND = 4  # parts that stay unpacked: those that are worked on side by side


class Steps(Sequence[Step]):
    """Steps in their order, to which more can be added.

    100,000 of them take some ten megabytes, where as objects they would take some two hundred.
    """

    __slots__ = ("_at_hand", "_last", "_packed")

    def __init__(self, steps: Iterable[Step] = (), packed: Iterable[bytes] = ()) -> None:
        """Take parts as `parts` gave them, and after them more steps."""
        self._packed: list[bytes] = [*packed]
        self._last: list[Step] = []
        self._at_hand: OrderedDict[int, list[Step]] = OrderedDict()
        if self._packed:
            steps = [*_unpacked(self._packed.pop()), *steps]
        for step in steps:
            self.append(step)

    def append(self, step: Step) -> None:
        """Add a step."""
        self._last.append(step)
        if len(self._last) == PART:
            self._packed.append(_packed(self._last))
            self._last = []

    def parts(self) -> list[bytes]:
        """Return all steps packed, `PART` of them in each part but the last one."""
        return [*self._packed, _packed(self._last)] if self._last else [*self._packed]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._packed) * PART + len(self._last)

    def __iter__(self) -> Iterator[Step]:
        """Yield all, one part after the other."""
        for part in self._packed:
            yield from _unpacked(part)
        yield from self._last

    @overload
    def __getitem__(self, place: int) -> Step: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, place: int | slice) -> Step | tuple[Step, ...]:
        """Return the step at a place, or those at some. Raises `IndexError`."""
        if isinstance(place, slice):
            start, stop, stride = place.indices(len(self))
            return tuple(islice(self, start, stop, stride)) if stride > 0 else tuple(self)[place]
        place = place if place >= 0 else place + len(self)
        if not 0 <= place < len(self):
            raise IndexError(place)
        number, index = divmod(place, PART)
        return (self._last if number == len(self._packed) else self._part(number))[index]

    def _part(self, number: int) -> list[Step]:
        """Return the steps of a part, which stay at hand for a while."""
        found = self._at_hand.pop(number, None) or _unpacked(self._packed[number])
        self._at_hand[number] = found
        if len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
        return found


def _packed(steps: Iterable[Step]) -> bytes:
    return packed([written_step(step) for step in steps])


def _unpacked(part: bytes) -> list[Step]:
    """Return the steps of a part. Raises `ValueError` for anything else."""
    return [read_step(entry) for entry in unpacked(part)]
