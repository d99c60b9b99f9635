"""Teams: groups of users."""

from outreach_tools.engine.declaration import Resource

TEAM = Resource(type="team", toolset="people", columns=("name", "color", "users", "createdAt"))
