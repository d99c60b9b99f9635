"""The sources of a timeline: which types tell of a person, an account or an opportunity, and by which fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from outreach_tools.engine.declaration import Resource
from outreach_tools.resources.account import ACCOUNT
from outreach_tools.resources.call import CALL
from outreach_tools.resources.event import EVENT
from outreach_tools.resources.mailing import MAILING
from outreach_tools.resources.notes import ACCOUNT_NOTE, PROSPECT_NOTE
from outreach_tools.resources.opportunity import OPPORTUNITY
from outreach_tools.resources.prospect import PROSPECT
from outreach_tools.resources.sequence_state import SEQUENCE_STATE
from outreach_tools.resources.task import TASK
from outreach_tools.timeline import entries
from outreach_tools.timeline.entries import Tell

Subject: TypeAlias = Literal["prospect", "account", "opportunity"]
"""The types of record that there is a timeline of."""

Link: TypeAlias = Literal["itself", "people", "account"]
"""The records by which those of a source are found: the subject, the people of it, or the account that it is of."""


@dataclass(frozen=True, slots=True)
class Source:
    """A type whose records tell of a subject.

    `by` says, for each type of subject, by which fields they are found and whose ids those take. `times` are the
    attributes of which one lies after a moment if anything of a record does. `fields` are read of each, with the names
    of related records.
    """

    declared: Resource
    tell: Tell
    by: Mapping[Subject, tuple[tuple[str, Link], ...]]
    times: tuple[str, ...]
    fields: tuple[str, ...]
    only_linked: frozenset[Subject] = frozenset()
    """The subjects that a record has to be linked to beside, which Outreach does not filter by."""


_WITH_ALL: Mapping[Subject, tuple[tuple[str, Link], ...]] = MappingProxyType(
    {
        "prospect": (("prospect.id", "itself"),),
        "account": (("prospect.id", "people"), ("account.id", "itself")),
        "opportunity": (("opportunity.id", "itself"),),
    }
)
_BY_PEOPLE: Mapping[Subject, tuple[tuple[str, Link], ...]] = MappingProxyType(
    {**_WITH_ALL, "account": (("prospect.id", "people"),)}
)

SOURCES: tuple[Source, ...] = (
    Source(
        MAILING,
        entries.of_mailing,
        _BY_PEOPLE,
        # All of them by themselves: whether a reply moves `updatedAt` is documented nowhere.
        ("deliveredAt", "repliedAt", "bouncedAt", "unsubscribedAt"),
        ("subject", "deliveredAt", "repliedAt", "bouncedAt", "unsubscribedAt", "openCount", "clickCount", "prospect",
         "user"),
    ),
    Source(
        CALL,
        entries.of_call,
        _BY_PEOPLE,
        ("createdAt",),  # a call is written down when it was made, or later
        ("dialedAt", "answeredAt", "createdAt", "direction", "outcome", "note", "prospect", "user", "callDisposition"),
    ),
    Source(
        TASK,
        entries.of_task,
        _WITH_ALL,
        ("createdAt", "stateChangedAt"),
        ("action", "state", "note", "dueAt", "createdAt", "completedAt", "stateChangedAt", "prospect", "owner",
         "completer", "mailing", "call"),
    ),
    Source(
        PROSPECT_NOTE,
        entries.of_note,
        {
            "prospect": (("prospect.id", "itself"),),
            "account": (("prospect.id", "people"),),
            "opportunity": (("prospect.id", "people"),),
        },
        ("createdAt",),
        ("message", "createdAt", "prospect", "creator", "opportunity"),
        only_linked=frozenset(("opportunity",)),
    ),
    Source(
        ACCOUNT_NOTE,
        entries.of_note,
        {"account": (("account.id", "itself"),), "opportunity": (("account.id", "account"),)},
        ("createdAt",),
        ("message", "createdAt", "account", "creator", "opportunity"),
        only_linked=frozenset(("opportunity",)),
    ),
    Source(
        SEQUENCE_STATE,
        entries.of_sequence_state,
        _WITH_ALL,
        ("createdAt", "stateChangedAt"),
        ("state", "createdAt", "stateChangedAt", "prospect", "sequence", "creator"),
    ),
    Source(
        EVENT,
        entries.of_event,
        _WITH_ALL,
        ("eventAt",),
        ("name", "body", "eventAt", "prospect", "user", "mailing", "call", "task"),
    ),
    Source(
        OPPORTUNITY,
        entries.of_opportunity,
        {"account": (("account.id", "itself"),)},
        ("createdAt",),
        ("name", "createdAt", "creator"),
    ),
)  # fmt: skip
"""All sources, in the order in which they are read."""

SUBJECTS: Mapping[Subject, Resource] = MappingProxyType(
    {"prospect": PROSPECT, "account": ACCOUNT, "opportunity": OPPORTUNITY}
)
"""The types that have a timeline."""

OF_SUBJECT: Mapping[Subject, tuple[str, ...]] = MappingProxyType(
    {
        "prospect": ("name", "createdAt", "optedOutAt", "trashedAt", "creator"),
        "account": ("name", "createdAt", "trashedAt", "creator"),
        "opportunity": ("name", "createdAt", "trashedAt", "creator", "account"),
    }
)
"""The parts that are read of the subject itself."""

OPERATIONS: frozenset[tuple[str, str]] = frozenset(
    (
        *((each, "get") for each in SUBJECTS),
        *((each.declared.type, "list") for each in SOURCES),
        ("prospect", "list"),
        ("opportunityProspectRole", "list"),
    )
)
"""All that a timeline asks of Outreach."""
