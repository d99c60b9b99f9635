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
            "Add a stage to the deal pipeline.",
            attributes=("name", "order", "color", "isClosed"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_opportunity_stage", "opportunity_stage_id", "Delete a stage of the deal pipeline for good."),
        GetTool("get_opportunity_stage", "opportunity_stage_id", "Show one stage of the deal pipeline."),
        ListTool("list_opportunity_stages", "Stages of the deal pipeline. Stages of people: list_stages."),
        UpdateTool(
            "update_opportunity_stage",
            "opportunity_stage_id",
            "Rename, reorder or recolour a stage of the deal pipeline.",
            attributes=("name", "order", "color", "isClosed"),
        ),
        OptionsTool(
            "list_opportunity_stage_options",
            "List opportunity stages (DDL)",
            "Deal stage ids with names, to pick one for an opportunity.",
            label=("name", "order"),
        ),
    ),
)
