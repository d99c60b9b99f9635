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
            "Add a new outcome for calls (disposition).",
            attributes=("name", "outcome", "order"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_call_disposition", "call_disposition_id", "Remove a call outcome (disposition)."),
        GetTool("get_call_disposition", "call_disposition_id", "What one call outcome (disposition) is."),
        ListTool("list_call_dispositions", "All call outcomes (results, dispositions), their order."),
        UpdateTool(
            "update_call_disposition",
            "call_disposition_id",
            "Rename, reorder a call outcome (disposition), count it as answered or not.",
            attributes=("name", "outcome", "order"),
        ),
        OptionsTool(
            "list_call_disposition_options",
            "List call dispositions (DDL)",
            "Dropdown to choose a call outcome (disposition): id, label.",
            label=("name", "outcome"),
        ),
    ),
)
