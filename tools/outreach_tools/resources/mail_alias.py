"""Mail aliases: further addresses of a mailbox."""

from outreach_tools.engine.declaration import ListTool, Resource

MAIL_ALIAS = Resource(
    type="mailAlias",
    toolset="people",
    columns=("email", "mailbox", "canSend"),
    tools=(ListTool("list_mail_aliases", "Aliases: other sender (from) addresses of an inbox."),),
)
