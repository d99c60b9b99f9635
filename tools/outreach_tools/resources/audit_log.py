"""Audit logs: who did what in the organisation."""

from outreach_tools.engine.declaration import ListTool, Resource

AUDIT_LOG = Resource(
    type="auditLog",
    toolset="compliance",
    columns=("timestamp", "eventName", "action", "result", "agent"),
    tools=(
        ListTool(
            "list_audits",
            "Who logged in, changed settings, exported or deleted? Admin audit log of 90 days; IP, failed logins.",
            sort="-timestamp",
        ),
    ),
)
