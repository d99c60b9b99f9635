"""Call purposes: why a call is made, as a ready-made choice."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

CALL_PURPOSE = Resource(
    type="callPurpose",
    toolset="settings",
    columns=("name", "order"),
    tools=(
        CreateTool(
            "create_call_purpose",
            "Add a call reason (purpose) reps can pick, like 'Demo request'.",
            attributes=("name", "order"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_call_purpose", "call_purpose_id", "Delete a call reason (purpose) for good."),
        GetTool("get_call_purpose", "call_purpose_id", "Show one call reason (purpose)."),
        ListTool("list_call_purposes", "Call reasons (purposes) reps can pick."),
        UpdateTool(
            "update_call_purpose",
            "call_purpose_id",
            "Rename or reorder a call reason (purpose).",
            attributes=("name", "order"),
        ),
        OptionsTool(
            "list_call_purpose_options",
            "List call purposes (DDL)",
            "Call purpose ids with names, to pick one for create_call.",
            label=("name",),
        ),
    ),
)
