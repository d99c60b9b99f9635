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
            "Add a new call purpose (reason for calling).",
            attributes=("name", "order"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_call_purpose", "call_purpose_id", "Remove a purpose of calls (reason for calling)."),
        GetTool("get_call_purpose", "call_purpose_id", "Show one call purpose (reason for calling)."),
        ListTool("list_call_purposes", "All call purposes (reasons for calling), their order."),
        UpdateTool(
            "update_call_purpose",
            "call_purpose_id",
            "Rename, edit, reorder a call purpose (reason for calling).",
            attributes=("name", "order"),
        ),
        OptionsTool(
            "list_call_purpose_options",
            "List call purposes (DDL)",
            "Dropdown to choose a call purpose (reason): id, label.",
            label=("name",),
        ),
    ),
)
