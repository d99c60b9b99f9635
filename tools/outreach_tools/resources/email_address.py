"""E-mail addresses of prospects."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, Resource, UpdateTool

_ATTRIBUTES = ("email", "emailType", "order")

EMAIL_ADDRESS = Resource(
    type="emailAddress",
    toolset="contact_details",
    columns=("email", "emailType", "status", "bouncedAt", "unsubscribedAt", "prospect"),
    values={"emailType": ("work", "personal")},
    tools=(
        ListTool(
            "list_email_addresses",
            "Which email addresses (e-mails) does a contact have, whose is one; which bounced, are invalid or "
            "unsubscribed, work or private?",
        ),
        GetTool(
            "get_email_address",
            "email_address_id",
            "One email address: is it valid, has it bounced, when; type, status.",
        ),
        CreateTool(
            "create_email_address",
            "Add another (second, private, work) email address to a contact or lead.",
            attributes=_ATTRIBUTES,
            relationships=("prospect",),
            required=("attributes.email", "relationships.prospect"),
        ),
        UpdateTool(
            "update_email_address",
            "email_address_id",
            "Correct the spelling (typo) of one email address; mark it personal, work, valid again.",
            attributes=_ATTRIBUTES,
        ),
        DeleteTool(
            "delete_email_address",
            "email_address_id",
            "Remove, delete one (old, wrong, bounced) email address from a contact.",
        ),
    ),
)
