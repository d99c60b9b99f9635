"""Sequences: series of e-mails, calls and tasks."""

from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

_REPLY_ACTIONS = ("finish", "continue", "pause")

_ATTRIBUTES = ("name", "description", "sequenceType", "shareType", "primaryReplyAction", "throttleMaxAddsPerDay",
               "tags")  # fmt: skip

SEQUENCE = Resource(
    type="sequence",
    toolset="sequences",
    columns=("name", "enabled", "sequenceStepCount", "numContactedProspects", "numRepliedProspects", "replyRate",
             "openCount", "bounceCount", "owner", "lastUsedAt"),
    values={
        "sequenceType": ("date", "interval"),
        "shareType": ("private", "read_only", "shared"),
        "scheduleIntervalType": ("calendar", "schedule"),
        "primaryReplyAction": _REPLY_ACTIONS,
        "secondaryReplyAction": _REPLY_ACTIONS,
    },
    near={"enabled": "enabledAt (not null)"},
    hints={
        "enabled": "use set_sequence_action",
        "locked": "POST /sequences/{id}/actions/lock or unlock changes it",
    },
    unlisted=("calls.id", "contentCategoryMemberships.id", "sequenceStates.id", "sequenceSteps.id", "tasks.id",
              "updater.id"),
    offered=("enabled", "tags"),
    tools=(
        CreateTool(
            "create_sequence",
            "Create a new sequence, build a fresh cadence or campaign (empty, off).",
            attributes=_ATTRIBUTES,
            relationships=("owner", "ruleset"),
            required=("attributes.name",),
        ),
        DeleteTool(
            "delete_sequence",
            "sequence_id",
            "Delete, remove a whole cadence (sequence) for good, with everybody in it.",
        ),
        GetTool(
            "get_sequence",
            "sequence_id",
            "How does one sequence or cadence perform: people contacted and replied, opens, bounces; settings.",
        ),
        ListTool(
            "list_sequences",
            "Show all sequences, cadences, campaigns: which are active or switched off, which get most replies; find "
            "one by name. People in one: list_sequence_states. Newest first.",
            sort="-createdAt",
        ),
        UpdateTool(
            "update_sequence",
            "sequence_id",
            "Edit a sequence or cadence: rename, description, limit new people a day, who can see it (private, "
            "shared). On, off: set_sequence_action.",
            attributes=_ATTRIBUTES,
            relationships=("owner", "ruleset"),
        ),
        ActionTool(
            "set_sequence_action",
            "sequence_id",
            "Activate or deactivate a whole cadence for everybody: turn on, go live, switch off.",
            actions=("activate", "deactivate"),
        ),
        OptionsTool(
            "list_sequence_options",
            "List sequences (DDL)",
            "Dropdown to choose a sequence: id, label.",
            label=("name", "enabled"),
        ),
    ),
)  # fmt: skip
