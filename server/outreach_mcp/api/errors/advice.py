"""The refusals that Outreach is known to give, each with its cause and what the person can do about it.

Outreach names a reason in words, not in a code of its own: nearly all of these are `validationError`. So they are
distinguished by words that were recorded, documented or reported by clients; `docs/refusals.md` has the evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach_mcp.api.errors.tree import ErrorDetail


@dataclass(frozen=True, slots=True)
class Refusal:
    """One known refusal: what it is called, the words it is known by, where it occurs, and what to say of it.

    `path` is matched from the start of the request's path below the API's root; `codes` are Outreach's codes that say
    the same without these words.
    """

    name: str
    words: re.Pattern[str]
    advice: str
    path: re.Pattern[str] = re.compile("")
    codes: frozenset[str] = frozenset()


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NONE = re.compile(r"(?!)")
_ENROLLING = re.compile(r"/sequenceStates\b")

REFUSALS: Sequence[Refusal] = (
    Refusal(
        "excluded e-mail",
        _words(r"excluded email"),
        "The organisation excludes this address or its domain from Outreach: leave it out, or ask an Outreach "
        "administrator to take it off the list of excluded addresses.",
    ),
    Refusal(
        "duplicate",
        _words(r"already been taken|already exists"),
        "A record with this value exists: look it up (a prospect with list_prospects, filter emails) and change that "
        "one instead.",
        codes=frozenset({"validationDuplicateValueError"}),
    ),
    Refusal(
        "already enrolled",
        _words(r"already (been )?(in|added to) this sequence|already (been )?enrolled"),
        "The prospect is or was in this sequence, and its ruleset allows nobody twice. list_sequence_states (filters "
        "prospect.id and sequence.id) shows where they stand; a paused enrolment can be resumed with "
        "set_sequence_state_action.",
        _ENROLLING,
    ),
    Refusal(
        "exclusive sequence",
        _words(r"exclusive"),
        "The prospect is active in a sequence that shares nobody. Finish that enrolment first "
        "(set_sequence_state_action), if the user wants that, or leave the prospect there.",
        _ENROLLING,
    ),
    Refusal(
        "opted out",
        _words(r"opted[ _-]?out|unsubscribed"),
        "The prospect asked not to be contacted this way. Do not work around it: only the prospect can opt in again.",
    ),
    Refusal(
        "mailbox not connected",
        _words(r"mailbox"),
        "Sending needs a mailbox that is connected: choose one from list_mailboxes, or reconnect it in Outreach under "
        "Settings, Mailboxes.",
    ),
    Refusal(
        "sequence disabled",
        _words(r"sequence\b.{0,80}?\b(not enabled|disabled|not active|inactive)"),
        "The sequence is switched off. set_sequence_action with activate switches it on, if the user wants that; then "
        "enrol again.",
    ),
    Refusal(
        "throttled",
        _words(r"throttl|adds per day|maximum (number )?of (active )?prospects|capacity"),
        "The sequence takes only so many prospects at once or a day. Try again tomorrow, or have its throttle raised "
        "in the sequence's settings.",
        _ENROLLING,
    ),
    Refusal(
        "user locked",
        _words(r"(user|owner) is locked"),
        "That user's seat in Outreach is locked: act as or choose another user (for an enrolment, with their mailbox), "
        "or ask an Outreach administrator to unlock it.",
    ),
    Refusal(
        "not the owner",
        _words(r"not the owner"),
        "It is private to its owner: ask them to share it or to do this themselves.",
    ),
    Refusal(
        "too long",
        _words(r"too long"),
        "One of the texts is longer than Outreach stores, and it does not say which: shorten the longest one.",
        codes=frozenset({"validationDataTooLongError"}),
    ),
)
"""Refusals with 400, 409 or 422, the most particular first."""

NO_OPPORTUNITIES = Refusal(
    "no licence for opportunities",
    _NONE,
    "Opportunities need a licence that includes deals, and the permission to see them: ask an Outreach administrator "
    "which of the two the token's user lacks.",
    re.compile(r"/opportunit"),
)

GOVERNANCE = Refusal(
    "governance",
    _NONE,
    "This is a matter of the user's profile in Outreach, not of the token: ask an Outreach administrator for the "
    "permission. Trying again or another way will not help.",
)


def advice_on(path: str, details: Sequence[ErrorDetail]) -> str:
    """Return the advice about a refused change, empty for a refusal that is not known."""
    for refusal in REFUSALS:
        if refusal.path.match(path) and any(
            detail.code in refusal.codes or refusal.words.search(detail.text) for detail in details
        ):
            return refusal.advice
    return ""


def advice_on_permission(path: str) -> str:
    """Return the advice about a 403 that names no scope."""
    return (NO_OPPORTUNITIES if NO_OPPORTUNITIES.path.match(path) else GOVERNANCE).advice
