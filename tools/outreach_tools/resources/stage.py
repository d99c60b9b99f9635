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
    unlisted=("prospects.id",),
    tools=(
        CreateTool(
            "create_stage",
            "Settings: add a lead status (prospect stage). Deals: create_opportunity_stage.",
            attributes=("name", "order", "color"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_stage", "stage_id", "Settings: remove a prospect stage (lead status)."),
        GetTool("get_stage", "stage_id", "Settings of a prospect stage (lead status): name, order, color."),
        ListTool(
            "list_stages",
            "Lead statuses (prospect stages) and their order. Of deals: list_opportunity_stages.",
            sort="order",
        ),
        UpdateTool(
            "update_stage",
            "stage_id",
            "Settings: rename, reorder a lead, prospect stage (status), change its color.",
            attributes=("name", "order", "color"),
        ),
        OptionsTool(
            "list_stage_options",
            "List stages (DDL)",
            "Dropdown to choose a prospect, contact stage (lead status): id, label.",
            label=("name", "order"),
        ),
    ),
)
