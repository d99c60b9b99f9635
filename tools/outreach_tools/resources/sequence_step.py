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
            "Show what one step of a cadence does and how long it waits (interval, seconds).",
        ),
        ListTool(
            "list_sequence_steps",
            "Steps of a sequence (cadence): order, touch type, wait between (interval, seconds), opens, replies.",
        ),
        OptionsTool(
            "list_sequence_step_options",
            "List sequence steps (DDL)",
            "Dropdown to pick a sequence step: id, label.",
            label=("displayName", "order", "stepType", "sequence"),
        ),
    ),
)
