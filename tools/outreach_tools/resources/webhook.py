"""Webhooks: where Outreach tells what has changed."""

from outreach_tools.engine.declaration import Resource

WEBHOOK = Resource(
    type="webhook",
    toolset="webhooks",
    columns=("url", "resource", "action", "active", "payloadVersion", "disabledReason", "creator", "createdAt"),
)
