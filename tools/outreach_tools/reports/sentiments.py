"""The sentiments of replies, as Outreach counts it on enrolments: positive, neutral or negative.

A mailing's own `replySentiment` is outside the contract, and Outreach gives it only with whole records. An enrolment
counts the replies of each kind, so where all are of one kind that is what each of them said; of several it is not known
which said what.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from outreach_tools.client import JsonObject
from outreach_tools.reports.rows import count_of, id_of

POSITIVE: Final = "positive"
NEUTRAL: Final = "neutral"
NEGATIVE: Final = "negative"
UNRATED: Final = "unrated"

SENTIMENTS = (POSITIVE, NEUTRAL, NEGATIVE, UNRATED)
"""The sentiments by which replies are told apart; `unrated` ones have none, or one of several."""

FIELDS = ("positiveReplyCount", "neutralReplyCount", "negativeReplyCount")
"""The counters of an enrolment that say it."""


def sentiments_of(states: Iterable[JsonObject]) -> Mapping[int, str]:
    """Return by the id of an enrolment what its replies said; those of which it is not known are left out."""
    found: dict[int, str] = {}
    for state in states:
        number, kinds = id_of(state), _kinds(state)
        if number is not None and len(kinds) == 1:
            found[number] = kinds[0]
    return found


def _kinds(state: JsonObject) -> list[str]:
    names = (POSITIVE, NEUTRAL, NEGATIVE)
    return [name for name, counter in zip(names, FIELDS, strict=True) if count_of(state, counter) > 0]
