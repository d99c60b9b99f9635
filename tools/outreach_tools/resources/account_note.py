"""Notes on accounts."""

from outreach_tools.engine.declaration import Resource

ACCOUNT_NOTE = Resource(
    type="accountNote",
    toolset="notes",
    columns=("message", "account", "opportunity", "noteType", "pinned", "creator", "createdAt"),
    values={"opportunityAssociationRule": ("recent_created", "recent_updated")},
)
