"""The rules of writes as data: what is required, what is allowed, and the defaults.

Nothing here is in the official contract's types: each table says where it comes from.
"""

from typing import Any

REQUIRED_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    # "Name can't be blank." is documented for sequences; for accounts clients rely on it; the rest is inferred.
    "account": ("name",),
    "callDisposition": ("name",),
    "callPurpose": ("name",),
    "contentCategory": ("name",),
    "emailAddress": ("email",),
    "opportunity": ("name",),
    "opportunityStage": ("name",),
    "persona": ("name",),
    "phoneNumber": ("number",),
    "product": ("name",),
    "profile": ("name",),
    "role": ("name",),
    "ruleset": ("name",),
    "sequence": ("name",),
    "sequenceStep": ("stepType",),
    "snippet": ("name",),
    "stage": ("name",),
    "task": ("action",),
    "taskDisposition": ("name",),
    "taskPurpose": ("name",),
    "team": ("name",),
    "webhook": ("url",),
}

REQUIRED_RELATIONSHIPS: dict[str, tuple[str, ...]] = {
    # Clients always send these; that the others may be left out is recorded or inferred.
    "accountNote": ("account",),
    "contentCategoryMembership": ("contentCategory", "content"),
    "contentCategoryOwnership": ("contentCategory", "owner"),
    "favorite": ("target",),
    "mailing": ("mailbox",),
    "opportunityProspectRole": ("opportunity", "prospect"),
    "prospectNote": ("prospect",),
    "sequenceState": ("prospect", "sequence"),
    "sequenceStep": ("sequence",),
    "sequenceTemplate": ("sequenceStep", "template"),
    "task": ("subject", "owner"),
}

KEPT_ONCE_GIVEN: dict[str, tuple[str, ...]] = {
    # What a new record gets where it names none, and cannot be without afterwards (assumed); relationships by `.id`.
    "call": ("user.id",),
    "mailing": ("state",),
    "task": ("dueAt",),
    "webhook": ("authorizer.id",),
}

FIXED_RELATIONSHIPS = frozenset({("sequenceStep", "sequence")})
"""Relationships that cannot be changed: mail, tasks and enrolments stand at a step of one sequence (assumed)."""

_OUTCOMES = ("completed", "no_answer", "Answered", "Not Answered")
_ELSEWHERE = (
    "linkedin_interact_with_post",
    "linkedin_other",
    "linkedin_send_connection_request",
    "linkedin_send_message",
    "linkedin_view_profile",
    "sms",
)  # what steps ask for outside Outreach, and the tasks that they make

_SHARE_TYPES = ("private", "read_only", "shared")
_REPLY_ACTIONS = ("finish", "continue", "pause")
_OPT_STATUSES = ("opted_in", "opted_out")
_NOTE_TYPES = ("note", "call", "coffee", "beer", "meeting")
_ASSOCIATIONS = ("recent_created", "recent_updated")

CHOICES: dict[tuple[str, str], tuple[str | int, ...]] = {
    # The words the official descriptions name; for outcomes also those that were recorded.
    ("accountNote", "noteType"): _NOTE_TYPES,
    ("accountNote", "opportunityAssociationRule"): _ASSOCIATIONS,
    ("call", "direction"): ("inbound", "outbound"),
    ("call", "outcome"): _OUTCOMES,
    ("call", "sequenceAction"): ("Advance", "Finish", "Finish - No Reply", "Finish - Replied"),
    ("call", "userCallType"): ("bridge", "voip"),
    ("callDisposition", "outcome"): _OUTCOMES,
    ("emailAddress", "emailType"): ("work", "personal"),
    ("mailbox", "ewsSslVerifyMode"): (0, 1, 2, 4),
    ("mailbox", "exchangeVersion"): (
        "Exchange2007",
        "Exchange2007_SP1",
        "Exchange2010",
        "Exchange2010_SP1",
        "Exchange2010_SP2",
        "Exchange2013",
        "Exchange2013_SP1",
    ),
    ("mailbox", "sendMethod"): ("ews", "sendgrid", "smtp"),
    ("mailbox", "syncMethod"): ("ews", "gmail_api", "imap"),
    ("mailing", "followUpTaskType"): ("follow_up", "no_reply"),
    # A new mailing is a draft or is to be sent; the other states are reached by sending (inferred).
    ("mailing", "state"): ("drafted", "scheduled", "queued"),
    ("phoneNumber", "phoneType"): ("mobile", "work", "home", "voip", "other"),
    ("product", "classification"): ("Own", "Competitor", "Complimentary"),
    ("prospect", "callsOptStatus"): _OPT_STATUSES,
    ("prospect", "emailsOptStatus"): _OPT_STATUSES,
    ("prospectNote", "noteType"): _NOTE_TYPES,
    ("prospectNote", "opportunityAssociationRule"): _ASSOCIATIONS,
    ("recipient", "recipientType"): ("to", "cc", "bcc"),
    ("ruleset", "permitDuplicateProspects"): ("allow", "disallow", "only_if_inactive"),
    ("ruleset", "sequenceExclusivity"): ("all_sequences", "exclusive_sequences", "none"),
    ("sequence", "primaryReplyAction"): _REPLY_ACTIONS,
    ("sequence", "scheduleIntervalType"): ("calendar", "schedule"),
    ("sequence", "secondaryReplyAction"): _REPLY_ACTIONS,
    ("sequence", "sequenceType"): ("date", "interval"),
    ("sequence", "shareType"): _SHARE_TYPES,
    # Live records also hold LinkedIn and SMS steps.
    ("sequenceStep", "stepType"): (
        "auto_email",
        "manual_email",
        "call",
        "task",
        *_ELSEWHERE,
    ),
    ("snippet", "shareType"): ("private", "shared"),
    ("task", "action"): ("action_item", "call", "email", "in_person"),
    ("task", "opportunityAssociation"): (*_ASSOCIATIONS, "noop"),
    ("template", "shareType"): _SHARE_TYPES,
    ("user", "inboundCallBehavior"): ("inbound_bridge", "inbound_voicemail"),
    ("user", "inboundPhoneType"): ("bridge", "voip", "bridge_and_voip"),
    ("user", "inboundVoicemailMessageTextVoice"): ("man", "woman"),
    ("user", "inboundVoicemailPromptType"): ("automated", "recorded", "off"),
    ("user", "phoneType"): ("bridge", "voip"),
    ("webhook", "action"): (
        "*",
        "created",
        "updated",
        "destroyed",
        "finished",
        "bounced",
        "delivered",
        "opened",
        "replied",
        "advanced",
        "completed",
    ),
    ("webhook", "payloadVersion"): (1, 2),
    ("webhook", "resource"): (
        "*",
        "account",
        "call",
        "emailAddress",
        "import",
        "kaiaRecording",
        "mailing",
        "opportunity",
        "opportunityProspectRole",
        "prospect",
        "sequence",
        "sequenceState",
        "task",
        "user",
    ),
}

ALSO_READ: dict[tuple[str, str], tuple[str, ...]] = {
    # What records hold beside the words that may be written: states reached by sending (documented), and actions of
    # tasks that sequences make (recorded).
    ("mailing", "state"): ("bounced", "delivered", "delivering", "failed", "opened", "placeholder", "replied"),
    ("task", "action"): _ELSEWHERE,
}

RANGES: dict[tuple[str, str], tuple[int, int]] = {
    # What `amountPrecise` can hold in its 15 characters, as it is written here.
    ("opportunity", "amount"): (0, 999_999_999_999),
    # "Represented as a percentage", "a % of potential" (documented).
    ("opportunity", "probability"): (0, 100),
    ("purchase", "saturation"): (0, 100),
    # Ports of TCP.
    ("mailbox", "imapPort"): (1, 65_535),
    ("mailbox", "smtpPort"): (1, 65_535),
}
COUNTED = (0, 2**31 - 1)
"""The range of every other writable integer: they count, order or time something, or name a record, so that none is
negative, and none needs more than four bytes (assumed)."""

QUANTITIES = frozenset(
    ("purchase", name) for name in ("potentialQuantity", "potentialValue", "totalQuantity", "totalValue")
)
"""Numbers with a fraction that are never negative (assumed); a custom score may be."""

DECIMALS: dict[tuple[str, str], str] = {("opportunity", "amountPrecise"): "amount"}
"""Texts that are decimal numbers, not negative (inferred from the description), and the whole number that each says
more precisely: rounded, they are in its range."""

WEB_ADDRESSES = frozenset({("call", "recordingUrl"), ("kaiaVoiceImport", "recordingUrl"), ("webhook", "url")})
"""Texts that must begin with http or https: documented for recordings of calls, inferred for the others. A company's
site is also written without (the description of its domain shows one)."""

UNIQUE: dict[tuple[str, str], str] = {
    # "Email has already been taken" is a client's note; the other two are called unique by their descriptions.
    ("product", "code"): "Code has already been taken.",
    ("user", "email"): "Email has already been taken.",
    ("user", "username"): "Username has already been taken.",
}

FIXED = frozenset({("user", "email")})
"""Members that are given once and cannot be updated (documented)."""

DEFAULTS: dict[str, dict[str, Any]] = {
    # Recorded: hull 2018 (account), amp-labs 2025 (sequence), frigg (task), hull 2018 (prospect); others inferred.
    "account": {"externalSource": "outreach-api", "named": True},
    "mailing": {"state": "drafted", "mailingType": "single", "clickCount": 0, "openCount": 0, "retryCount": 0},
    "opportunityStage": {"isClosed": False},
    "prospect": {
        "externalSource": "outreach-api",
        "engagedScore": 0,
        "contactHistogram": [[0, 0]] * 12,
    },
    "sequence": {
        "enabled": False,
        "locked": False,
        "shareType": "shared",
        "sequenceType": "interval",
        "scheduleIntervalType": "calendar",
        "maxActivations": 150,
        "primaryReplyAction": "finish",
        "secondaryReplyAction": "finish",
        "throttlePaused": False,
        "transactional": False,
        "automationPercentage": 0,
    },
    "sequenceState": {"state": "pending"},
    "sequenceTemplate": {"enabled": True, "isReply": False},
    "task": {"state": "incomplete", "taskType": "manual"},
    "template": {"archived": False, "shareType": "shared", "trackLinks": True, "trackOpens": True},
    "user": {"locked": False},
    "webhook": {"active": True, "resource": "*", "action": "*", "payloadVersion": 1},
}

COUNTED_MOMENTS = {
    # "The total count of opened mailings" and the like (documented): which moment of a mailing each counter counts.
    "deliverCount": "deliveredAt",
    "openCount": "openedAt",
    "clickCount": "clickedAt",
    "replyCount": "repliedAt",
    "bounceCount": "bouncedAt",
    "optOutCount": "unsubscribedAt",
}
COUNTED_STATES = {"scheduled": "scheduleCount", "failed": "failureCount"}
"""The counters that count the mailings in a state (documented)."""
