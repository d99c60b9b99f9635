"""Notes on prospects."""

from outreach_tools.engine.declaration import Resource

PROSPECT_NOTE = Resource(
    type="prospectNote",
    toolset="notes",
    columns=("message", "prospect", "opportunity", "noteType", "pinned", "creator", "createdAt"),
    values={"opportunityAssociationRule": ("recent_created", "recent_updated")},
)
