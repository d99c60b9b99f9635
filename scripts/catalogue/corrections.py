"""Faults of the official schema files, mended: each with its reason and its source.

A correction that changes nothing stops the build, so that none outlives the fault it mends.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Correction:
    """A change to the entry of a type, or of its `member` (an attribute or a relationship); None removes."""

    type: str
    member: str
    change: dict[str, Any]
    reason: str
    source: str


CORRECTIONS: tuple[Correction, ...] = (
    Correction(
        type="account",
        member="",
        change={"filters": ["q"]},
        reason="The prefix search is a filter parameter without an attribute, which the files have no place for.",
        source="https://developers.outreach.io/api/making-requests, filter[q] on accounts and prospects",
    ),
    Correction(
        type="prospect",
        member="",
        change={"filters": ["q"]},
        reason="The prefix search is a filter parameter without an attribute, which the files have no place for.",
        source="https://developers.outreach.io/api/making-requests, filter[q] on accounts and prospects",
    ),
    Correction(
        type="sequence",
        member="primaryReplyAction",
        change={"max_length": None},
        reason="The length of 4 that the files give does not hold the values they name: finish, continue, pause.",
        source="the attribute's own prose in the OpenAPI; amp-labs/connectors recorded 'finish' on a new sequence",
    ),
    Correction(
        type="sequence",
        member="secondaryReplyAction",
        change={"max_length": None},
        reason="The length of 4 that the files give does not hold the values they name: finish, continue, pause.",
        source="the attribute's own prose in the OpenAPI; amp-labs/connectors recorded 'finish' on a new sequence",
    ),
)
