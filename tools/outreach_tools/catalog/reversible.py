"""The operations known to be harmless, whose effect can be taken back, each with the reason.

It is a list of the good. What it does not name counts as final: whoever asks a person before what cannot be taken back
asks about it, be it a type, an action or a path that nobody has heard of. Mail cannot be taken back, so what changes
the contents or the receivers of mail that goes out by itself is not on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Reversible:
    """Operations on some types that can be taken back, and why that is so.

    Where `members` names any, it is so of requests alone that set nothing but those.
    """

    types: tuple[str, ...]
    operations: tuple[str, ...]
    reason: str
    members: tuple[str, ...] = ()


REVERSIBLE: tuple[Reversible, ...] = (
    Reversible(
        ("prospect", "account", "opportunity", "opportunityProspectRole", "phoneNumber", "call", "task",
         "prospectNote", "accountNote", "product", "purchase", "persona"),
        ("create", "update"),
        "a record of customers or of work: what was made can be deleted, and what was changed set to its old value",
    ),
    Reversible(
        ("template", "snippet"),
        ("create",),
        "new content, which nothing uses yet: it reaches nobody before a sequence or a mailing is made of it",
    ),
    Reversible(
        ("sequence",),
        ("create",),
        "a new sequence, which is not active: its steps, which may be another's, are not for it to take",
        ("description", "finishOnReply", "maxActivations", "name", "owner", "primaryReplyAction",
         "primaryReplyPauseDuration", "ruleset", "salesMotion", "schedule", "scheduleIntervalType",
         "secondaryReplyAction", "secondaryReplyPauseDuration", "sequenceType", "shareType", "tags",
         "throttleCapacity", "throttleMaxAddsPerDay", "throttlePaused", "transactional"),
    ),
    Reversible(
        ("sequence", "template", "snippet"),
        ("update",),
        "how it is called, found and shared; all else changes what goes out by itself, to whom, when and how much",
        ("archived", "description", "name", "owner", "salesMotion", "shareType", "tags"),
    ),
    Reversible(
        ("callDisposition", "callPurpose", "taskDisposition", "taskPurpose", "stage", "opportunityStage"),
        ("create", "update"),
        "a label for records: it can be deleted or renamed, and nothing is done because of it",
    ),
    Reversible(("favorite",), ("create",), "a mark of the user's own, which can be deleted"),
    Reversible(
        ("mailing",),
        ("create", "update"),
        "a draft, and only where the request itself says that it stays one: it is not on its way to anybody",
    ),
    Reversible(
        ("sequenceState",),
        ("create", "action:pause", "action:resume", "action:finish"),
        "one person's way through a sequence: it can be paused, resumed, and begun anew; e-mail follows the schedule, "
        "to that person alone",
        ("mailbox", "prospect", "sequence"),
    ),
    Reversible(
        ("sequence",),
        ("action:deactivate", "action:lock", "action:unlock"),
        "it stops or guards what a sequence does, until it is activated or unlocked again",
    ),
    Reversible(("sequenceTemplate",), ("action:deactivate",), "it stops a template, until it is activated again"),
    Reversible(
        ("task",),
        ("action:advance", "action:logMeetInPerson", "action:markComplete", "action:reassignOwner",
         "action:reschedule", "action:snooze", "action:updateNote", "action:updateOpportunityAssociation"),
        "one task of one person: it can be made again, assigned, dated or worded as before",
    ),
    Reversible(("batch",), ("action:cancel",), "it stops a bulk action, and changes no record"),
    Reversible(
        ("import",),
        ("action:generateUploadLink", "action:validateUpload"),
        "a step before an import: no record is made or changed by it",
    ),
)  # fmt: skip


OPT_OUTS: Final[Mapping[str, frozenset[object]]] = MappingProxyType(
    {
        "optedOut": frozenset({True}),
        "emailOptedOut": frozenset({True}),
        "callOptedOut": frozenset({True}),
        "emailsOptStatus": frozenset({"opted_out"}),
        "callsOptStatus": frozenset({"opted_out"}),
        "optedOutAt": frozenset(),
    }
)
"""The members that say that a person opted out, with the values that keep mail back: any other lets it out."""


@cache
def reversible_operations() -> Mapping[tuple[str, str], frozenset[str]]:
    """Return every operation that is known to be harmless, as a type and what is done to it.

    With each come the only members of which that is known, none where it is known of all.
    """
    return {
        (kind, what): frozenset(each.members) for each in REVERSIBLE for kind in each.types for what in each.operations
    }
