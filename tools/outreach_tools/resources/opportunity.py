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
            "Create a new deal with a company: amount, close date, stage.",
            attributes=_ATTRIBUTES,
            relationships=("account", "owner", "opportunityStage"),
            required=("attributes.name",),
        ),
        DeleteTool("delete_opportunity", "opportunity_id", "Remove a deal from the pipeline for good."),
        GetTool("get_opportunity", "opportunity_id", "Open one deal: how big it is, its stage, when it closes."),
        ListTool(
            "list_opportunities",
            "My pipeline: deals open or lost, biggest, closing soon; forecast by stage, owner, company, probability; "
            "sort by amount, closeDate.",
        ),
        UpdateTool(
            "update_opportunity",
            "opportunity_id",
            "Move a deal to another stage or push its close date; change amount, probability (lost), next step.",
            attributes=_ATTRIBUTES,
            relationships=("account", "owner", "opportunityStage"),
        ),
        OptionsTool(
            "list_opportunity_options",
            "List opportunities (DDL)",
            "Dropdown to pick a deal: id, label.",
            label=("name", "amount", "closeDate"),
        ),
    ),
)
