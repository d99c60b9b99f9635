"""Opportunities: deals."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

_ATTRIBUTES = ("name", "amount", "closeDate", "probability", "nextStep", "lostReason", "description", "tags")

OPPORTUNITY = Resource(
    type="opportunity",
    toolset="opportunities",
    columns=("name", "account", "opportunityStage", "amount", "currencyType", "probability", "closeDate", "owner"),
    hints={"stage": "set 'opportunityStage'"},
    unlisted=("opportunityStage.id",),  # the same as stage.id, which is what Outreach calls it
    offered=("tags",),
    tools=(
        CreateTool(
            "create_opportunity",
            "Create a new deal (opp) with amount, close date: a company wants to buy.",
            attributes=_ATTRIBUTES,
            relationships=("account", "owner", "opportunityStage"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_opportunity", "opportunity_id", "Remove one deal (opp) for good: duplicate, test."),
        GetTool(
            "get_opportunity", "opportunity_id", "Open one deal (opp) with all details: how big, stage, close date."
        ),
        ListTool(
            "list_opportunities",
            "Which deals close this month? What is in my open pipeline, what did we win or lose, biggest deals, "
            "forecast of a rep or company? Newest first; sort by amount, closeDate.",
            sort="-createdAt",
        ),
        UpdateTool(
            "update_opportunity",
            "opportunity_id",
            "Set the stage, amount, close date, next step of a deal (opp): move to negotiation, won, lost, worth more.",
            attributes=_ATTRIBUTES,
            relationships=("account", "owner", "opportunityStage"),
        ),
        OptionsTool(
            "list_opportunity_options",
            "List opportunities (DDL)",
            "Dropdown to pick a deal (opp): id, label.",
            label=("name", "amount", "closeDate"),
        ),
    ),
)
