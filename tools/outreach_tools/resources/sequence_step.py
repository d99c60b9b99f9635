"""Sequence steps: what happens when in a sequence."""

from outreach_tools.engine.declaration import GetTool, ListTool, OptionsTool, Resource

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
        OptionsTool(
            "list_sequence_step_options",
            "List sequence steps (DDL)",
            "Dropdown to choose a sequence step: id, label.",
            label=("displayName", "order", "stepType", "sequence"),
        ),
    ),
)
