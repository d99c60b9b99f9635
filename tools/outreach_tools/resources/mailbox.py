"""Mailboxes: where Outreach sends a user's e-mail from."""

from outreach_tools.engine.declaration import GetTool, ListTool, OptionsTool, Resource

MAILBOX = Resource(
    type="mailbox",
    toolset="people",
    columns=("email", "user", "emailProvider", "sendDisabled", "syncDisabled", "sendErroredAt"),
    hidden=("emailHash", "sendgridWebhookUrl", "ewsSslVerifyMode", "authId", "providerId"),
    near={"emailProvider": "email"},
    tools=(
        GetTool(
            "get_mailbox",
            "mailbox_id",
            "Why is this mailbox not sending? One inbox: daily limit, signature, sync errors.",
        ),
        ListTool(
            "list_mailboxes",
            "Whose inbox is an address; which mailboxes, email accounts can I send from (user.id = me); is sync "
            "broken.",
        ),
        OptionsTool(
            "list_mailbox_options",
            "List mailboxes (DDL)",
            "Dropdown to pick a sender address (mailbox): id, label.",
            label=("email", "user"),
        ),
    ),
)
