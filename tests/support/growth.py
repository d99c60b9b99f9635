"""How the time of some work grows with the size of what it is given: twice the size, at most 2.5 times the time."""

import gc
from collections.abc import Callable
from time import process_time
from typing import TypeVar

_T = TypeVar("_T")

_MOST = 2.5
_ROUNDS = 25  # others use the machine, too: the least of several tries is nearest to the work itself
_SURE, _FAR = 12, 3.5  # tries after which no chance makes so much out of twice the time
_UNMEASURABLE = 0.002  # seconds; work that grows with the square takes far more at the sizes asked for


def grows_evenly(work: Callable[[_T], object], make: Callable[[int], _T], size: int) -> bool:
    """Whether the work takes at most 2.5 times the processor's time for `2 * size` as for `size`."""
    small, large = make(size), make(2 * size)
    least_small = least_large = float("inf")
    for tried in range(_ROUNDS):
        least_small = min(least_small, _seconds(work, small))
        least_large = min(least_large, _seconds(work, large))
        if least_large <= _MOST * least_small + _UNMEASURABLE:
            return True
        if tried >= _SURE and least_large > _FAR * least_small:
            return False
    return False


def stays_bounded(work: Callable[[_T], object], make: Callable[[int], _T], size: int) -> bool:
    """Whether the work takes at most 2.5 times the processor's time for `8 * size` as for `size`, of all threads."""
    small, large = make(size), make(8 * size)
    least_small = least_large = float("inf")
    for _ in range(_SURE * 2):
        least_small = min(least_small, _seconds(work, small))
        least_large = min(least_large, _seconds(work, large))
        if least_large <= _MOST * least_small + _UNMEASURABLE:
            return True
    return False


def _seconds(work: Callable[[_T], object], given: _T) -> float:
    # The collector looks at all that is there, which is not the work's own.
    was_on = gc.isenabled()
    gc.disable()
    try:
        began = process_time()
        work(given)
        return process_time() - began
    finally:
        if was_on:
            gc.enable()
