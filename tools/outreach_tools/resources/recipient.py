"""Recipients: who an e-mail went to."""

from outreach_tools.engine.declaration import ListTool, Resource

RECIPIENT = Resource(
    type="recipient",
    toolset="people",
    columns=("value", "recipientType", "prospect", "user", "primary"),
    values={"recipientType": ("to", "cc", "bcc")},
    tools=(ListTool("list_recipients", "Which recipient addresses did a mail go to (to, cc, bcc)?"),),
)
