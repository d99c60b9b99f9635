"""Audit logs: who did what in the organisation."""

from outreach_tools.engine.declaration import ListTool, Resource

AUDIT_LOG = Resource(
    type="auditLog",
    toolset="compliance",
    columns=("timestamp", "eventName", "action", "result", "agent"),
    tools=(
        ListTool(
            "list_audits",
            "Audit trail of the last 90 days, newest first: who logged in, exported or changed settings, and when.",
            sort="-timestamp",
        ),
    ),
)
