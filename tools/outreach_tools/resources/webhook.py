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
            "Where Outreach sends, posts notifications, which systems, servers (crm) get told when something happens: "
            "registered webhooks (callbacks), which are disabled.",
        ),
        GetTool(
            "get_webhook",
            "webhook_id",
            "One webhook (callback): where it sends, is it on, why it was switched off, disabled.",
        ),
        CreateTool(
            "create_webhook",
            "Tell our server, crm whenever something happens: subscribe, register a webhook (callback) that notifies, "
            "posts, pushes to a url (https).",
            attributes=_ATTRIBUTES,
            required=("attributes.url",),
        ),
        UpdateTool(
            "update_webhook",
            "webhook_id",
            "Point, move a webhook (callback) to another url, address; pause or reactivate it, change its events or "
            "secret.",
            attributes=_ATTRIBUTES,
        ),
        DeleteTool(
            "delete_webhook",
            "webhook_id",
            "Remove, delete a webhook (callback) no longer needed, unsubscribe a system for good.",
        ),
    ),
)
