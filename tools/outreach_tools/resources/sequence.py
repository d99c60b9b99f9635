"""Sequences: series of e-mails, calls and tasks."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, OptionsTool, Resource

_REPLY_ACTIONS = ("finish", "continue", "pause")

SEQUENCE = Resource(
    type="sequence",
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
        "enabled": "POST /sequences/{id}/actions/activate or deactivate changes it",
        "locked": "POST /sequences/{id}/actions/lock or unlock changes it",
    },
    tools=(
        CreateTool(
            "create_sequence",
            "Start a new sequence (cadence, campaign). It is off, and without steps, until set up and activated.",
            attributes=("name", "description", "sequenceType", "shareType", "scheduleIntervalType",
                        "primaryReplyAction", "secondaryReplyAction", "maxActivations", "throttleMaxAddsPerDay",
                        "tags"),
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
        OptionsTool(
            "list_sequence_options",
            "List sequences (DDL)",
            "Sequence ids with names and whether enabled, to pick one.",
            label=("name", "enabled"),
        ),
    ),
)  # fmt: skip
