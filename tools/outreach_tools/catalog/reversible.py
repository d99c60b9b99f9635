"""What is known to be harmless: the operations whose effect can be taken back, each with the reason.

It is a list of the good. What it does not name counts as final: whoever asks a person before what cannot be taken back
asks about it, be it a type, an action or a path that nobody has heard of.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Reversible:
    """Operations on some types that can be taken back, and why that is so."""

    types: tuple[str, ...]
    operations: tuple[str, ...]
    reason: str


REVERSIBLE: tuple[Reversible, ...] = (
    Reversible(
        ("prospect", "account", "opportunity", "opportunityProspectRole", "emailAddress", "phoneNumber", "call",
         "task", "prospectNote", "accountNote", "product", "purchase", "persona", "recipient"),
        ("create", "update"),
        "a record of customers or of work: what was made can be deleted, and what was changed set to its old value",
    ),
    Reversible(
        ("sequence", "template", "snippet"),
        ("create", "update"),
        "content: it reaches nobody before a sequence is activated, a person enrolled or a mailing made of it",
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
        "one person's way through a sequence: it can be paused, resumed, and begun anew; e-mail follows the schedule",
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


@cache
def reversible_operations() -> frozenset[tuple[str, str]]:
    """Return every operation that is known to be harmless, as a type and what is done to it."""
    return frozenset((kind, what) for each in REVERSIBLE for kind in each.types for what in each.operations)
