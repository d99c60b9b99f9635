"""Opportunity prospect roles: which part a person plays in a deal."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, Resource, UpdateTool

OPPORTUNITY_PROSPECT_ROLE = Resource(
    type="opportunityProspectRole",
    toolset="opportunities",
    columns=("opportunity", "prospect", "role", "primary"),
    tools=(
        CreateTool(
            "create_opportunity_prospect_role",
            "Put a person on a deal as decision maker, champion.",
            attributes=("role", "primary"),
            relationships=("opportunity", "prospect"),
            required=("relationships.opportunity", "relationships.prospect"),
        ),
        DeleteTool(
            "delete_opportunity_prospect_role",
            "prospect_role_id",
            "Take a person off a deal (buying committee); both stay.",
        ),
        GetTool("get_opportunity_prospect_role", "prospect_role_id", "Show one person's part (role) in a deal."),
        ListTool(
            "list_opportunity_prospect_roles",
            "Which people are on a deal: stakeholders, decision makers, buying committee.",
        ),
        UpdateTool(
            "update_opportunity_prospect_role",
            "prospect_role_id",
            "Change a person's role on a deal, or make them primary.",
            attributes=("role", "primary"),
        ),
    ),
)
