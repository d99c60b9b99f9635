"""Snippets: pieces of text for e-mails."""

from outreach_tools.engine.declaration import CreateTool, GetTool, ListTool, Resource, UpdateTool

_ATTRIBUTES = ("name", "bodyHtml", "shareType", "tags")

SNIPPET = Resource(
    type="snippet",
    toolset="content",
    columns=("name", "bodyText", "shareType", "tags", "owner"),
    values={"shareType": ("private", "shared")},
    tools=(
        ListTool(
            "list_snippets",
            "Which snippets, canned (ready, reusable) text blocks, pieces or paragraphs we have. Newest first.",
            sort="-createdAt",
        ),
        GetTool("get_snippet", "snippet_id", "Open one snippet (text block, paragraph) in full: what it says."),
        CreateTool(
            "create_snippet",
            "Save, keep a paragraph or answer as a new snippet (reusable text block to paste).",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
            required=("attributes.name",),
        ),
        UpdateTool(
            "update_snippet",
            "snippet_id",
            "Change, fix, rename or share a snippet (text block, paragraph).",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
        ),
    ),
)
