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
            "Add a new call purpose, a reason for calling, like 'Demo'.",
            attributes=("name", "order"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_call_purpose", "call_purpose_id", "Remove a call purpose (reason for calling)."),
        GetTool("get_call_purpose", "call_purpose_id", "Show one call purpose (reason for calling)."),
        ListTool("list_call_purposes", "Every call purpose (reason for calling) and its order."),
        UpdateTool(
            "update_call_purpose",
            "call_purpose_id",
            "Edit the name or order of a call purpose (reason for calling).",
            attributes=("name", "order"),
        ),
        OptionsTool(
            "list_call_purpose_options",
            "List call purposes (DDL)",
            "Dropdown to pick a call purpose (reason): id, label.",
            label=("name",),
        ),
    ),
)
