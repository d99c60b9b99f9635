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

_ATTRIBUTES = ("name", "description", "sequenceType", "shareType", "scheduleIntervalType", "primaryReplyAction",
               "secondaryReplyAction", "maxActivations", "throttleMaxAddsPerDay", "tags")  # fmt: skip

SEQUENCE = Resource(
    type="sequence",
    toolset="sequences",
    columns=("name", "enabled", "sequenceStepCount", "numContactedProspects", "numRepliedProspects", "openCount",
             "bounceCount", "owner", "lastUsedAt"),
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
    tools=(
        CreateTool(
            "create_sequence",
            "Start a new sequence (cadence, campaign). It is off, and without steps, until set up and activated.",
            attributes=_ATTRIBUTES,
            relationships=("owner", "ruleset"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_sequence", "sequence_id", "Delete a sequence (cadence) for good, for everybody in it."),
        GetTool("get_sequence", "sequence_id", "Show one sequence (cadence): settings, reply and open counts."),
        ListTool(
            "list_sequences",
            "Find sequences (cadences, campaigns) and how they perform: contacted, replied, bounced. Who is in one: "
            "list_sequence_states.",
        ),
        UpdateTool(
            "update_sequence",
            "sequence_id",
            "Change a sequence's (cadence's) name, sharing, reply behaviour, limits. On and off: set_sequence_action.",
            attributes=_ATTRIBUTES,
            relationships=("owner", "ruleset"),
        ),
        ActionTool(
            "set_sequence_action",
            "sequence_id",
            "Switch a sequence (cadence) on (activate) or off (deactivate), for everybody in it.",
            actions=("activate", "deactivate"),
        ),
        OptionsTool(
            "list_sequence_options",
            "List sequences (DDL)",
            "Sequence ids with names and whether enabled, to pick one.",
            label=("name", "enabled"),
        ),
    ),
)  # fmt: skip
