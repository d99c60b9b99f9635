"""Mailings: single e-mails, sent or to be sent."""

from outreach_tools.engine.declaration import CreateTool, GetTool, ListTool, Resource
from outreach_tools.resources.mailing_text import READ, written_out

MAILING = Resource(
    type="mailing",
    toolset="mailings",
    columns=("subject", "state", "prospect", "user", "mailingType", "scheduledAt", "deliveredAt", "openCount",
             "clickCount", "repliedAt", "bouncedAt", "sequence"),
    hidden=("references", "messageId", "errorBacktrace", "bodyHtml"),
    values={
        "state": ("bounced", "delivered", "delivering", "drafted", "failed", "opened", "placeholder", "queued",
                  "replied", "scheduled"),
        "followUpTaskType": ("follow_up", "no_reply"),
        "mailingType": ("sequence", "single", "campaign"),
        "notifyThreadCondition": ("always", "no_reply"),
        "notifyThreadStatus": ("pending", "sent", "skipped"),
    },
    hints={"bodyText": "set bodyHtml"},
    unlisted=("followUpSequence.id",),
    tools=(
        CreateTool(
            "create_mailing",
            "Email someone: write, send or schedule one message or note. Goes out with state scheduled, else a draft."
            " A series: add_prospect_to_sequence.",
            attributes=("subject", "bodyHtml", "state", "scheduledAt", "trackOpens", "trackLinks"),
            relationships=("mailbox", "prospect", "template"),
            required=("relationships.mailbox",),
            destructive=True,
            finish=written_out,
            reads=READ,
        ),
        GetTool(
            "get_mailing",
            "mailing_id",
            "Read the text of one email or message; did they open, click, answer it?",
        ),
        ListTool(
            "list_mailings",
            "Who replied to my emails (repliedAt), any replies? Who opened or clicked? Messages sent, scheduled, "
            "drafts, bounced. Newest first.",
            sort="-createdAt",
        ),
    ),
)  # fmt: skip
