"""Call dispositions: how a call went, as a ready-made choice."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

CALL_DISPOSITION = Resource(
    type="callDisposition",
    toolset="settings",
    columns=("name", "outcome", "order"),
    values={"outcome": ("completed", "no_answer")},
    spellings={"outcome": {"Answered": "completed", "Not Answered": "no_answer"}},
    tools=(
        CreateTool(
            "create_call_disposition",
            "Add a call result (disposition) reps can pick, like 'Left voicemail'.",
            attributes=("name", "outcome", "order"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_call_disposition", "call_disposition_id", "Delete a call result (disposition) for good."),
        GetTool("get_call_disposition", "call_disposition_id", "Show one call result (disposition)."),
        ListTool("list_call_dispositions", "Call results (dispositions) reps can pick, with outcome and order."),
        UpdateTool(
            "update_call_disposition",
            "call_disposition_id",
            "Rename or reorder a call result (disposition).",
            attributes=("name", "outcome", "order"),
        ),
        OptionsTool(
            "list_call_disposition_options",
            "List call dispositions (DDL)",
            "Call disposition ids with names, to pick one for create_call.",
            label=("name", "outcome"),
        ),
    ),
)
