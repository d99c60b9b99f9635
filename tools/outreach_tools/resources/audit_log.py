"""Audit logs: who did what in the organisation."""

from outreach_tools.engine.declaration import ListTool, Resource

AUDIT_LOG = Resource(
    type="auditLog",
    toolset="compliance",
    columns=("timestamp", "eventName", "action", "result", "agent"),
    tools=(
        ListTool(
            "list_audits",
            "Admin log of 90 days: who logged in, changed settings, exported data.",
            sort="-timestamp",
        ),
    ),
)
