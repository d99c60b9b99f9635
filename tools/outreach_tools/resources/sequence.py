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
            "Build a new sequence (cadence, campaign), empty and off.",
            attributes=_ATTRIBUTES,
            relationships=("owner", "ruleset"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_sequence", "sequence_id", "Remove a sequence (cadence) for good, for everybody in it."),
        GetTool(
            "get_sequence",
            "sequence_id",
            "How one sequence (cadence) performs: opens, replies, bounces, settings.",
        ),
        ListTool(
            "list_sequences",
            "Which sequences (cadences, campaigns) are active, which have the best reply rate. People in one: "
            "list_sequence_states.",
        ),
        UpdateTool(
            "update_sequence",
            "sequence_id",
            "Rename a sequence (cadence), change sharing, reply behaviour, limits. On, off: set_sequence_action.",
            attributes=_ATTRIBUTES,
            relationships=("owner", "ruleset"),
        ),
        ActionTool(
            "set_sequence_action",
            "sequence_id",
            "Turn a sequence (cadence) on, live (activate) or off (deactivate), for everybody.",
            actions=("activate", "deactivate"),
        ),
        OptionsTool(
            "list_sequence_options",
            "List sequences (DDL)",
            "Dropdown to pick a sequence: id, label.",
            label=("name", "enabled"),
        ),
    ),
)  # fmt: skip
