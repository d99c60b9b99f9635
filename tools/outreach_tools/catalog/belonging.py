"""The relations between types: those that are a part of others, attributes that repeat others, and administration.

Judgement that the official schema does not give. Where a type is kept from somebody, what is a part of it and what
repeats it has to be kept with it.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from outreach_tools.catalog.loader import resource_types

OWNERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "accountNote": frozenset({"account"}),
        # Who changed what, and from which values to which: these are audited (the official list of events).
        "auditLog": frozenset(
            {"user", "sequence", "sequenceStep", "sequenceTemplate", "callDisposition", "callPurpose"}
        ),
        "batch": frozenset({"prospect", "account"}),  # `payload` and `summary` repeat what was changed
        "batchItem": frozenset({"batch"}),
        "complianceRequest": frozenset({"prospect"}),  # `pii` is the address of the person to be erased
        "contentCategoryMembership": frozenset({"contentCategory"}),
        "contentCategoryOwnership": frozenset({"contentCategory"}),
        "emailAddress": frozenset({"prospect"}),
        # `body` and `payload` repeat what the event is about: a reply, a call, a person.
        "event": frozenset({"prospect", "account", "mailing", "call", "task", "opportunity", "sequence"}),
        "favorite": frozenset({"user"}),
        "import": frozenset({"prospect", "account"}),
        "kaiaRecording": frozenset({"account", "opportunity"}),
        "mailAlias": frozenset({"mailbox"}),
        "mailing": frozenset({"prospect"}),  # written to one person
        "opportunityProspectRole": frozenset({"opportunity", "prospect"}),
        "phoneNumber": frozenset({"prospect"}),
        "prospectNote": frozenset({"prospect"}),
        "purchase": frozenset({"account"}),
        "recipient": frozenset({"prospect", "user"}),
        "sequenceState": frozenset({"prospect", "sequence"}),
        "sequenceStep": frozenset({"sequence"}),
        "sequenceTemplate": frozenset({"sequenceStep", "template"}),
    }
)
"""The types that each type's records are a part of: without those they would not be, and they say what those hold."""

COPIES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
    {
        ("prospect", "company"): ("account",),  # the name of the related account (documented)
        # Outreach sends these beside it (recorded); nobody has published whose they are.
        **{
            ("prospect", name): ("account",)
            for name in (
                "accountName", "companyFollowers", "companyFoundedAt", "companyIndustry", "companyLinkedIn",
                "companyLinkedInEmployees", "companyLocality", "companyNatural", "companySize", "companyStartDate",
                "companyType",
            )
        },
        ("prospect", "contactHistogram"): ("call", "mailing"),
        ("prospect", "emailContacts"): ("emailAddress",),
        ("prospect", "personaName"): ("persona",),
        ("prospect", "stageName"): ("stage",),
        ("kaiaRecording", "host"): ("user",),
        ("kaiaRecording", "participants"): ("prospect", "user"),
        ("mailing", "mailboxAddress"): ("mailbox",),
        ("mailing", "attributableSequenceName"): ("sequence",),
        ("mailing", "followUpSequenceName"): ("sequence",),
        ("task", "compiledSequenceTemplateHtml"): ("template",),
        ("call", "to"): ("phoneNumber",),
        ("call", "from"): ("phoneNumber",),
        ("user", "duties"): ("customDuty", "duty"),
        ("user", "jobRoleByName"): ("role",),
        ("user", "activeProspectsCount"): ("prospect",),
        ("user", "mailingsDeliveredCount"): ("mailing",),
        ("user", "mailingsRepliedCount"): ("mailing",),
        ("user", "tasksDueCount"): ("task",),
        ("auditLog", "agent"): ("user",),
        ("auditLog", "agentEmail"): ("user",),
    }
)  # fmt: skip
"""Attributes (and filters) of a type that repeat what records of another hold."""

LABELLED: Final = frozenset({"account", "opportunity", "opportunityProspectRole", "product", "prospect", "purchase"})
"""The types whose custom fields `GET /types` describes (official contract)."""

ADMINISTRATION: Final = frozenset({"customDuty", "mailbox", "orgSetting", "profile", "role", "team", "user", "webhook"})
"""The types by which an organisation is run: who is in it, what they may do, and where its data and mail go."""


SEEN: Final = frozenset({"mailbox", "team", "user"})
"""The part of administration that everybody may see: the users, and the mailboxes they write from."""


CALLED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"user": frozenset({"mailbox"})}  # which one is the caller's own, where none is named to send from
)
"""The attributes shown of a type's records beside their name, where a record is named instead of given by its id."""


@cache
def with_parts(types: frozenset[str]) -> frozenset[str]:
    """Return types together with all that is a part of them, and of those parts."""
    found = types
    while more := {kind for kind, owners in OWNERS.items() if owners & found} - found:
        found = found | more
    return found


@cache
def copied_from(types: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Return, by type, the attributes that repeat what records of some other types hold."""
    found: dict[str, set[str]] = {}
    for (kind, name), sources in COPIES.items():
        if types.intersection(sources) and kind not in types and name in resource_types()[kind].attributes:
            found.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in found.items()}
