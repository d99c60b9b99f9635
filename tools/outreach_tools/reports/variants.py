"""Templates tried against each other in a step: intervals of their shares of replies, and no winner by chance.

Intervals are Wilson's for a share and Newcombe's, made of those, for the difference of two (R. G. Newcombe, 1998), both
at 95%; of more than two templates each is compared with the best at a level divided by their number (Bonferroni). What
is still needed is the sample that shows the difference seen with a power of 80% (Fleiss).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.95
POWER = 0.80
LEAST_DELIVERIES = 30
"""Deliveries of a template below which nothing is said of it."""

LEAST_DIFFERENCE = 0.02
"""The difference of two shares below which none is looked for."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A template that was tried: how much of it was delivered and replied to."""

    delivered: int
    replied: int

    @property
    def rate(self) -> float:
        """The share that was replied to."""
        return self.replied / self.delivered if self.delivered else 0.0


def wilson(part: int, whole: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share; anything is possible of nothing."""
    if whole <= 0:
        return 0.0, 1.0
    z = _quantile(level)
    share, square = part / whole, z * z / whole
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / whole + square / (4 * whole)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(one: Tried, other: Tried, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of how much more of one template is replied to than of another."""
    (low, high), (other_low, other_high) = (wilson(each.replied, each.delivered, level) for each in (one, other))
    apart = one.rate - other.rate
    return (
        apart - math.hypot(one.rate - low, other_high - other.rate),
        apart + math.hypot(high - one.rate, other.rate - other_low),
    )


def verdicts(tried: Sequence[Tried]) -> list[str]:
    """Return what can be said of each template of one step, in the order given; nothing of a single one."""
    if len(tried) < 2:
        return [""] * len(tried)
    level = 1 - (1 - LEVEL) / (len(tried) - 1)
    order = sorted(range(len(tried)), key=lambda index: (-tried[index].rate, -tried[index].delivered))
    best, others = order[0], order[1:]
    behind = [index for index in others if _is_ahead(tried[best], tried[index], level)]
    more = sum(missing(tried[best], tried[index], level) for index in others if index not in behind)
    open_still = f"too early to tell: about {_about(more)} more deliveries" if more else "no clear difference"
    said = [open_still] * len(tried)
    for index in behind:
        said[index] = "behind"
    if len(behind) == len(others):
        said[best] = "ahead"
    return said


def missing(one: Tried, other: Tried, level: float = LEVEL) -> int:
    """Return how many more deliveries of two templates would show the difference that is seen between them."""
    shares = [(each.replied + 1) / (each.delivered + 2) for each in (one, other)]  # none is taken to be 0 or all
    apart = max(abs(shares[0] - shares[1]), LEAST_DIFFERENCE)
    mean = (shares[0] + shares[1]) / 2
    spread = sum(share * (1 - share) for share in shares)
    by_chance = _quantile(level) * math.sqrt(2 * mean * (1 - mean))
    needed = math.ceil(((by_chance + NormalDist().inv_cdf(POWER) * math.sqrt(spread)) / apart) ** 2)
    return sum(max(0, max(needed, LEAST_DELIVERIES) - each.delivered) for each in (one, other))


def _is_ahead(one: Tried, other: Tried, level: float) -> bool:
    enough = min(one.delivered, other.delivered) >= LEAST_DELIVERIES
    return enough and difference(one, other, level)[0] > 0


def _quantile(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def _about(number: int) -> str:
    """Round up to two digits."""
    step = int(10 ** max(0, len(str(number)) - 2))
    return f"{-(-number // step) * step:,}"
