"""Recipients: who an e-mail went to."""

from outreach_tools.engine.declaration import ListTool, Resource

RECIPIENT = Resource(
    type="recipient",
    toolset="people",
    columns=("value", "recipientType", "prospect", "user", "primary"),
    values={"recipientType": ("to", "cc", "bcc")},
    tools=(
        ListTool(
            "list_recipients", "Recipient addresses of mails (to, cc, bcc), by the ids in a mailing's recipients."
        ),
    ),
)
