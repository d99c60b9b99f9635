"""Mailboxes: where Outreach sends a user's e-mail from."""

from outreach_tools.engine.declaration import GetTool, ListTool, OptionsTool, Resource

MAILBOX = Resource(
    type="mailbox",
    toolset="people",
    columns=("email", "user", "emailProvider", "sendDisabled", "syncDisabled", "sendErroredAt"),
    hidden=("emailHash", "sendgridWebhookUrl", "ewsSslVerifyMode", "authId", "providerId"),
    near={"emailProvider": "email"},
    tools=(
        GetTool("get_mailbox", "mailbox_id", "Show one sending mailbox: limits, signature, send and sync health."),
        ListTool("list_mailboxes", "Sending mailboxes: whose, which address, working or not. Mine: user.id = me."),
        OptionsTool(
            "list_mailbox_options",
            "List mailboxes (DDL)",
            "Mailbox ids with addresses, to pick the sender for an enrolment or e-mail.",
            label=("email", "user"),
        ),
    ),
)
