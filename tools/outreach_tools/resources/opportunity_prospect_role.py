"""Opportunity prospect roles: which part a person plays in a deal."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, Resource, UpdateTool

OPPORTUNITY_PROSPECT_ROLE = Resource(
    type="opportunityProspectRole",
    toolset="opportunities",
    columns=("opportunity", "prospect", "role", "primary"),
    tools=(
        CreateTool(
            "create_opportunity_prospect_role",
            "Put a person on a deal with a role: decision maker, champion.",
            attributes=("role", "primary"),
            relationships=("opportunity", "prospect"),
            required=("relationships.opportunity", "relationships.prospect"),
        ),
        DeleteTool("delete_opportunity_prospect_role", "prospect_role_id", "Take a person off a deal; both stay."),
        GetTool("get_opportunity_prospect_role", "prospect_role_id", "Show one person's role on a deal."),
        ListTool("list_opportunity_prospect_roles", "Who is on a deal (buying committee), with roles."),
        UpdateTool(
            "update_opportunity_prospect_role",
            "prospect_role_id",
            "Change a person's role on a deal, or make them primary.",
            attributes=("role", "primary"),
        ),
    ),
)
