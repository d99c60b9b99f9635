"""Opportunity prospect roles: which part a person plays in a deal."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, Resource, UpdateTool

OPPORTUNITY_PROSPECT_ROLE = Resource(
    type="opportunityProspectRole",
    toolset="opportunities",
    columns=("opportunity", "prospect", "role", "primary"),
    tools=(
        CreateTool(
            "create_opportunity_prospect_role",
            "Add a contact to a deal as decision maker, champion, buyer.",
            attributes=("role", "primary"),
            relationships=("opportunity", "prospect"),
            required=("relationships.opportunity", "relationships.prospect"),
        ),
        DeleteTool(
            "delete_opportunity_prospect_role",
            "prospect_role_id",
            "Take someone off a deal, no longer a stakeholder or involved; both stay.",
        ),
        GetTool("get_opportunity_prospect_role", "prospect_role_id", "Show one contact's part (role) in a deal."),
        ListTool(
            "list_opportunity_prospect_roles",
            "Who is the decision maker, primary contact, stakeholder of a deal? Buying committee; which deals a "
            "person is involved in.",
        ),
        UpdateTool(
            "update_opportunity_prospect_role",
            "prospect_role_id",
            "Change a person's role on a deal, like influencer to champion, or make them primary.",
            attributes=("role", "primary"),
        ),
    ),
)
