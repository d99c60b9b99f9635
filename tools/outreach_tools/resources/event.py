"""Events: what happened to prospects and accounts."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

EVENT = Resource(
    type="event",
    toolset="compliance",
    columns=("eventAt", "name", "prospect", "user", "body"),
    hidden=("requestCity", "requestDevice", "requestHost", "requestProxied", "requestRegion"),
    tools=(
        GetTool("get_event", "event_id", "Show one activity event in full."),
        ListTool(
            "list_events",
            "Activity feed, newest first: what happened with a prospect or account (opens, replies, stage changes).",
            sort="-eventAt",
        ),
    ),
)
