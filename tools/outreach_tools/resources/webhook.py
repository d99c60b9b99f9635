"""Webhooks: where Outreach tells what has changed."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, Resource, UpdateTool

_ATTRIBUTES = ("url", "resource", "action", "active", "secret", "payloadVersion")

WEBHOOK = Resource(
    type="webhook",
    toolset="webhooks",
    columns=("url", "resource", "action", "active", "payloadVersion", "disabledReason", "creator", "createdAt"),
    tools=(
        ListTool(
            "list_webhooks",
            "Where Outreach sends notifications, which systems get told about changes: registered webhooks "
            "(callbacks), which are disabled.",
        ),
        GetTool("get_webhook", "webhook_id", "One webhook (callback): its target, active, why it was disabled."),
        CreateTool(
            "create_webhook",
            "Subscribe, register a webhook (callback): notify, push to a url when something changes.",
            attributes=_ATTRIBUTES,
            required=("attributes.url",),
        ),
        UpdateTool(
            "update_webhook",
            "webhook_id",
            "Point a webhook (callback) at a new url, reactivate it, change its events or secret.",
            attributes=_ATTRIBUTES,
        ),
        DeleteTool("delete_webhook", "webhook_id", "Remove a webhook (callback), unsubscribe a system for good."),
    ),
)
