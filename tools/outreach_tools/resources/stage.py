"""Stages: where a prospect stands."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

STAGE = Resource(
    type="stage",
    toolset="settings",
    columns=("name", "order", "color"),
    tools=(
        CreateTool(
            "create_stage",
            "Add a lead status (prospect stage). Deals: create_opportunity_stage.",
            attributes=("name", "order", "color"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_stage", "stage_id", "Remove a lead status (prospect stage)."),
        GetTool("get_stage", "stage_id", "Show one lead status (prospect stage)."),
        ListTool("list_stages", "Lead statuses (prospect stages) and their order. Of deals: list_opportunity_stages."),
        UpdateTool(
            "update_stage",
            "stage_id",
            "Rename, reorder, recolour a lead status (prospect stage).",
            attributes=("name", "order", "color"),
        ),
        OptionsTool(
            "list_stage_options",
            "List stages (DDL)",
            "Dropdown to pick a lead status (prospect stage): id, label.",
            label=("name", "order"),
        ),
    ),
)
