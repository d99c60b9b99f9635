"""E-mail addresses of prospects."""

from outreach_tools.engine.declaration import Resource

EMAIL_ADDRESS = Resource(
    type="emailAddress",
    toolset="contact_details",
    columns=("email", "emailType", "status", "bouncedAt", "unsubscribedAt", "prospect"),
    values={"emailType": ("work", "personal")},
)
