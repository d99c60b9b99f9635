"""Snippets: pieces of text for e-mails."""

from outreach_tools.engine.declaration import Resource

SNIPPET = Resource(
    type="snippet",
    toolset="content",
    columns=("name", "bodyText", "shareType", "tags", "owner"),
    values={"shareType": ("private", "shared")},
)
