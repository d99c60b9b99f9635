"""Templates: prepared e-mails."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

_ATTRIBUTES = ("name", "subject", "bodyHtml", "shareType", "tags")

TEMPLATE = Resource(
    type="template",
    toolset="settings",
    columns=(
        "name",
        "subject",
        "shareType",
        "owner",
        "deliverCount",
        "openCount",
        "replyCount",
        "replyRate",
        "lastUsedAt",
    ),
    values={"shareType": ("private", "read_only", "shared")},
    unlisted=("recipients.id", "updater.id"),
    offered=("tags",),
    apart=dict.fromkeys(("get_template", "create_template", "update_template", "delete_template"), "content"),
    tools=(
        ListTool(
            "list_templates",
            "Which email templates we have, best performing by opens and replies. Text: fields bodyHtml.",
        ),
        GetTool(
            "get_template",
            "template_id",
            "Read one email template: its wording, what it says exactly (body), subject, opens, replies.",
        ),
        CreateTool(
            "create_template",
            "Save, store, draft a prepared (canned) email as a new email template in the library.",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
            required=("attributes.name",),
        ),
        UpdateTool(
            "update_template",
            "template_id",
            "Change, fix an email template: subject, text, name; share, hide or archive it.",
            attributes=(*_ATTRIBUTES, "archived"),
            relationships=("owner",),
        ),
        DeleteTool("delete_template", "template_id", "Delete, throw away an email template nobody uses for good."),
        OptionsTool(
            "list_template_options",
            "List templates (DDL)",
            "Dropdown to choose an email template: id, label.",
            label=("name",),
        ),
    ),
)
