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
            "Add a prospect stage, like 'Interested'. For deals use create_opportunity_stage.",
            attributes=("name", "order", "color"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_stage", "stage_id", "Delete a prospect stage for good."),
        GetTool("get_stage", "stage_id", "Show one prospect stage."),
        ListTool("list_stages", "Prospect stages (statuses of people). Of deals: list_opportunity_stages."),
        UpdateTool(
            "update_stage",
            "stage_id",
            "Rename, reorder or recolour a prospect stage.",
            attributes=("name", "order", "color"),
        ),
        OptionsTool(
            "list_stage_options",
            "List stages (DDL)",
            "Prospect stage ids with names, to pick one.",
            label=("name", "order"),
        ),
    ),
)
