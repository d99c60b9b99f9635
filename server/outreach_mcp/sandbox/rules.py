"""What a write must have, may say, and gets by default, as data.

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
    "mailing": ("mailbox",),
    "opportunityProspectRole": ("opportunity", "prospect"),
    "prospectNote": ("prospect",),
    "sequenceState": ("prospect", "sequence"),
    "sequenceStep": ("sequence",),
    "sequenceTemplate": ("sequenceStep", "template"),
    "task": ("subject", "owner"),
}

_OUTCOMES = ("completed", "no_answer", "Answered", "Not Answered")
_SHARE_TYPES = ("private", "read_only", "shared")
_REPLY_ACTIONS = ("finish", "continue", "pause")
_OPT_STATUSES = ("opted_in", "opted_out")
_NOTE_TYPES = ("note", "call", "coffee", "beer", "meeting")
_ASSOCIATIONS = ("recent_created", "recent_updated")

CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    # The words the official descriptions name; for outcomes also those that were recorded.
    ("accountNote", "noteType"): _NOTE_TYPES,
    ("accountNote", "opportunityAssociationRule"): _ASSOCIATIONS,
    ("call", "direction"): ("inbound", "outbound"),
    ("call", "outcome"): _OUTCOMES,
    ("call", "sequenceAction"): ("Advance", "Finish", "Finish - No Reply", "Finish - Replied"),
    ("call", "userCallType"): ("bridge", "voip"),
    ("callDisposition", "outcome"): _OUTCOMES,
    ("mailing", "followUpTaskType"): ("follow_up", "no_reply"),
    # A new mailing is a draft or is to be sent; the other states are reached by sending (inferred).
    ("mailing", "state"): ("drafted", "scheduled", "queued"),
    ("phoneNumber", "phoneType"): ("mobile", "work", "home", "voip", "other"),
    ("prospect", "callsOptStatus"): _OPT_STATUSES,
    ("prospect", "emailsOptStatus"): _OPT_STATUSES,
    ("prospectNote", "noteType"): _NOTE_TYPES,
    ("prospectNote", "opportunityAssociationRule"): _ASSOCIATIONS,
    ("recipient", "recipientType"): ("to", "cc", "bcc"),
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
        "linkedin_interact_with_post",
        "linkedin_other",
        "linkedin_send_connection_request",
        "linkedin_send_message",
        "linkedin_view_profile",
        "sms",
    ),
    ("snippet", "shareType"): ("private", "shared"),
    ("task", "action"): ("action_item", "call", "email", "in_person"),
    ("task", "opportunityAssociation"): (*_ASSOCIATIONS, "noop"),
    ("template", "shareType"): _SHARE_TYPES,
    ("user", "inboundCallBehavior"): ("inbound_bridge", "inbound_voicemail"),
    ("user", "inboundPhoneType"): ("bridge", "voip", "bridge_and_voip"),
    ("user", "phoneType"): ("bridge", "voip"),
}

DEFAULTS: dict[str, dict[str, Any]] = {
    # Recorded: hull 2018 (account), amp-labs 2025 (sequence), frigg (task), hull 2018 (prospect); others inferred.
    "account": {"externalSource": "outreach-api", "named": True},
    "mailing": {"state": "drafted", "mailingType": "single", "clickCount": 0, "openCount": 0, "retryCount": 0},
    "opportunityStage": {"isClosed": False},
    "prospect": {
        "externalSource": "outreach-api",
        "optedOut": False,
        "emailOptedOut": False,
        "callOptedOut": False,
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
