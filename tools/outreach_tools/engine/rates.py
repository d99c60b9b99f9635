"""Rates that lists show beside the counters of Outreach they are made of: the share of replies, as a percentage."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

from outreach_tools.engine.matching import find

REPLY_RATE = "replyRate"


@dataclass(frozen=True, slots=True)
class Rate:
    """The share that one counter of a record is of another one, over all time, as both counters are."""

    part: str
    whole: str


RATES: Mapping[str, Mapping[str, Rate]] = MappingProxyType(
    {
        # Of people, as the columns beside it are.
        "sequence": {REPLY_RATE: Rate("numRepliedProspects", "numContactedProspects")},
        "sequenceStep": {REPLY_RATE: Rate("replyCount", "deliverCount")},
        "template": {REPLY_RATE: Rate("replyCount", "deliverCount")},
    }
)
"""Type, then the name of the rate. Outreach has none of these: they cannot be filtered or sorted by."""


def rate_named(kind: str, name: str) -> tuple[str, Rate] | None:
    """Return the rate of a type that a name spells, and how it is called; None for any other name."""
    known = RATES.get(kind, {})
    found = find(name, known)
    return (found, known[found]) if found else None


def percentage(part: Any, whole: Any) -> float | None:
    """Return a share in percent with one decimal, halves rounded up; None where there is no whole or no number."""
    if not _counts(part) or not _counts(whole) or whole <= 0:
        return None
    return float((Decimal(100) * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP))


def shown(part: Any, whole: Any) -> str | None:
    """Return a share as a list shows it: `12.5%`."""
    found = percentage(part, whole)
    return None if found is None else f"{found:g}%"


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
