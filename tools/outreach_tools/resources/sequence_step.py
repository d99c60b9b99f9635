"""Sequence steps: what happens when in a sequence."""

from outreach_tools.engine.declaration import CreateTool, GetTool, ListTool, OptionsTool, Resource, UpdateTool

STEP_TYPES = (
    "auto_email",
    "manual_email",
    "call",
    "task",
    "linkedin_send_message",
    "linkedin_send_connection_request",
    "linkedin_view_profile",
    "linkedin_interact_with_post",
    "linkedin_other",
    "sms",
)
"""The kinds of a step: the first four are the contract's, live records hold the others."""

_ATTRIBUTES = ("stepType", "order", "interval", "taskNote")

SEQUENCE_STEP = Resource(
    type="sequenceStep",
    toolset="sequences",
    columns=(
        "sequence",
        "order",
        "displayName",
        "stepType",
        "interval",
        "date",
        "deliverCount",
        "openCount",
        "replyCount",
        "replyRate",
    ),
    values={"stepType": STEP_TYPES},
    apart=dict.fromkeys(("create_sequence_step", "update_sequence_step"), "content"),
    unlisted=("calls.id", "sequence.enabledAt", "sequenceTemplates.id", "tasks.id", "updater.id"),
    tools=(
        GetTool(
            "get_sequence_step",
            "sequence_step_id",
            "Details of one sequence or cadence step: what it does, its wait (interval, seconds).",
        ),
        ListTool(
            "list_sequence_steps",
            "All steps of a sequence or cadence: emails and calls, touches, days between (interval, seconds), which "
            "step gets most replies.",
        ),
        CreateTool(
            "create_sequence_step",
            "Add (append, insert) another step, touch to a sequence or cadence: email, phone call, task, LinkedIn "
            "after an interval (seconds).",
            attributes=_ATTRIBUTES,
            relationships=("sequence", "taskPriority"),
            required=("attributes.stepType", "relationships.sequence"),
        ),
        UpdateTool(
            "update_sequence_step",
            "sequence_step_id",
            "Change one step, touch of a sequence: its wait (interval, seconds, days later), order (swap, position), "
            "instruction (taskNote).",
            attributes=("order", "interval", "taskNote"),
            relationships=("taskPriority",),
        ),
        OptionsTool(
            "list_sequence_step_options",
            "List sequence steps (DDL)",
            "Dropdown to choose a sequence step: id, label.",
            label=("displayName", "order", "stepType", "sequence"),
        ),
    ),
)
