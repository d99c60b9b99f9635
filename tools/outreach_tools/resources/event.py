"""Events: what happened to prospects and accounts."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

EVENT = Resource(
    type="event",
    toolset="compliance",
    columns=("eventAt", "name", "prospect", "user", "body"),
    hidden=("requestCity", "requestDevice", "requestHost", "requestProxied", "requestRegion"),
    tools=(
        GetTool("get_event", "event_id", "What happened in one activity (timeline entry)."),
        ListTool(
            "list_events",
            "What happened lately with a contact, company or deal: recent activity feed, timeline of opens, calls, "
            "stage changes. Replies: list_mailings.",
            sort="-eventAt",
        ),
    ),
)
