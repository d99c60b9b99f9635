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
            "Add a deal stage to the pipeline.",
            attributes=("name", "order", "color", "isClosed"),
            required=("attributes.name",),
        ),
        DeleteTool(
            "delete_opportunity_stage",
            "opportunity_stage_id",
            "Remove a stage from the pipeline that deals go through.",
        ),
        GetTool("get_opportunity_stage", "opportunity_stage_id", "Show one stage of the deal pipeline: order, color."),
        ListTool("list_opportunity_stages", "Stages of the deal pipeline and their order. Of people: list_stages."),
        UpdateTool(
            "update_opportunity_stage",
            "opportunity_stage_id",
            "Rename, reorder, recolour a stage of the deal pipeline.",
            attributes=("name", "order", "color", "isClosed"),
        ),
        OptionsTool(
            "list_opportunity_stage_options",
            "List opportunity stages (DDL)",
            "Dropdown to pick a deal (pipeline) stage: id, label.",
            label=("name", "order"),
        ),
    ),
)
