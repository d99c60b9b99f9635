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

_ATTRIBUTES = ("name", "amount", "currencyType", "closeDate", "probability", "opportunityType", "nextStep",
               "forecastCategory", "leadSource", "lostReason", "description", "tags")  # fmt: skip

OPPORTUNITY = Resource(
    type="opportunity",
    toolset="opportunities",
    columns=("name", "account", "opportunityStage", "amount", "currencyType", "probability", "closeDate", "owner"),
    near={"amount": "probability (and sort by amount)", "closeDate": "updatedAt (and sort by closeDate)"},
    hints={"stage": "set 'opportunityStage'"},
    tools=(
        CreateTool(
            "create_opportunity",
            "Open a deal (opportunity): name, amount, close date, stage, account.",
            attributes=_ATTRIBUTES,
            relationships=("account", "owner", "opportunityStage"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_opportunity", "opportunity_id", "Delete a deal (opportunity) for good."),
        GetTool("get_opportunity", "opportunity_id", "Show one deal (opportunity) in full."),
        ListTool(
            "list_opportunities",
            "Find deals (opportunities): pipeline by stage, owner, account, probability; sort by amount or closeDate.",
        ),
        UpdateTool(
            "update_opportunity",
            "opportunity_id",
            "Move a deal (opportunity) to another stage, or change amount, close date, next step.",
            attributes=_ATTRIBUTES,
            relationships=("account", "owner", "opportunityStage"),
        ),
        OptionsTool(
            "list_opportunity_options",
            "List opportunities (DDL)",
            "Deal (opportunity) ids with names and amounts, to pick one.",
            label=("name", "amount", "closeDate"),
        ),
    ),
)
