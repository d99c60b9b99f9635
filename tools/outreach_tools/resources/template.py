"""Templates: prepared e-mails."""

from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource

TEMPLATE = Resource(
    type="template",
    toolset="settings",
    columns=("name", "subject", "shareType", "owner", "deliverCount", "openCount", "replyCount", "lastUsedAt"),
    values={"shareType": ("private", "read_only", "shared")},
    unlisted=("recipients.id", "updater.id"),
    offered=("tags",),
    tools=(
        ListTool(
            "list_templates",
            "Which email templates we have, best performing by opens and replies. Text: fields bodyHtml.",
        ),
        OptionsTool(
            "list_template_options",
            "List templates (DDL)",
            "Dropdown to choose an email template: id, label.",
            label=("name",),
        ),
    ),
)
