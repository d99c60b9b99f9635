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
    ),
    tools=(
        GetTool(
            "get_sequence_step",
            "sequence_step_id",
            "Show one step of a sequence: type, wait (interval, seconds), counts.",
        ),
        ListTool(
            "list_sequence_steps", "Steps of a sequence in order: type, wait (interval, seconds), opens, replies."
        ),
        OptionsTool(
            "list_sequence_step_options",
            "List sequence steps (DDL)",
            "Sequence step ids with names and types, to pick one.",
            label=("displayName", "order", "stepType", "sequence"),
        ),
    ),
)
