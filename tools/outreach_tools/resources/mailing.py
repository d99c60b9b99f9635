"""Mailings: single e-mails, sent or to be sent."""

from outreach_tools.engine.declaration import CreateTool, GetTool, ListTool, Resource

MAILING = Resource(
    type="mailing",
    toolset="mailings",
    columns=("subject", "state", "prospect", "mailingType", "scheduledAt", "deliveredAt", "openCount", "clickCount",
             "repliedAt", "bouncedAt", "sequence"),
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
    tools=(
        CreateTool(
            "create_mailing",
            "Write or send one email (message, follow-up) to a person: sent for real with state scheduled, else a "
            "draft. A series: add_prospect_to_sequence.",
            attributes=("subject", "bodyHtml", "state", "scheduledAt", "trackOpens", "trackLinks", "followUpTaskType",
                        "followUpTaskScheduledAt"),
            relationships=("mailbox", "prospect", "template", "task"),
            required=("relationships.mailbox",),
            destructive=True,
        ),
        GetTool(
            "get_mailing",
            "mailing_id",
            "Read one email: what it said, whether it was opened, clicked, answered, bounced.",
        ),
        ListTool(
            "list_mailings",
            "Emails I sent or scheduled: who replied (repliedAt), opened, clicked a link; which bounced.",
        ),
    ),
)  # fmt: skip
