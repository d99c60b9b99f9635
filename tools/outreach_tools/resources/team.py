"""Teams: groups of users."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

TEAM = Resource(
    type="team",
    toolset="people",
    columns=("name", "color", "users", "createdAt"),
    tools=(
        ListTool(
            "list_teams",
            "Which teams (groups, departments of reps) there are, how we are divided, who belongs to them.",
        ),
        GetTool("get_team", "team_id", "One team: who belongs to it, its members, details."),
    ),
)
