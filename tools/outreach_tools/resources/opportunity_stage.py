"""Opportunity stages: the steps of the pipeline."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

OPPORTUNITY_STAGE = Resource(
    type="opportunityStage",
    toolset="settings",
    columns=("name", "order", "isClosed", "color"),
    tools=(
        CreateTool(
            "create_opportunity_stage",
            "Settings: new deal stage in the pipeline, step of the sales process.",
            attributes=("name", "order", "color", "isClosed"),
            required=("attributes.name",),
        ),
        DeleteTool(
            "delete_opportunity_stage",
            "opportunity_stage_id",
            "Settings: remove a deal stage (pipeline), step of the sales process.",
        ),
        GetTool(
            "get_opportunity_stage",
            "opportunity_stage_id",
            "Settings of one deal stage (pipeline): order, color, closed.",
        ),
        ListTool(
            "list_opportunity_stages",
            "Deal (pipeline) stages in order; which count as closed. Of people: list_stages.",
            sort="order",
        ),
        UpdateTool(
            "update_opportunity_stage",
            "opportunity_stage_id",
            "Settings: rename, reorder, recolour a deal stage (pipeline), mark closed.",
            attributes=("name", "order", "color", "isClosed"),
        ),
        OptionsTool(
            "list_opportunity_stage_options",
            "List opportunity stages (DDL)",
            "Dropdown (picklist): which deal stage can I choose or set? id, label.",
            label=("name", "order"),
        ),
    ),
)
