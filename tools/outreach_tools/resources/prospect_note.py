"""Notes on prospects."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, ListTool, Resource, UpdateTool

PROSPECT_NOTE = Resource(
    type="prospectNote",
    toolset="notes",
    columns=("message", "prospect", "opportunity", "noteType", "pinned", "creator", "createdAt"),
    values={"opportunityAssociationRule": ("recent_created", "recent_updated")},
    hints={"opportunity": "opportunityAssociationRule (recent_created, recent_updated) links the newest deal"},
    tools=(
        ListTool(
            "list_prospect_notes",
            "Read, pull up the notes (pinned, comments, remarks) that colleagues wrote down about a person (contact, "
            "lead). Newest first.",
            sort="-createdAt",
        ),
        CreateTool(
            "create_prospect_note",
            "Jot down, log what a person (contact, lead) told us: add a note, comment or remark on their record.",
            attributes=("message", "noteType", "pinned"),
            relationships=("prospect",),
            required=("attributes.message", "relationships.prospect"),
        ),
        UpdateTool(
            "update_prospect_note",
            "prospect_note_id",
            "Reword, change, correct or pin a note: what was written down (remark) about a person.",
            attributes=("message", "noteType", "pinned"),
        ),
        DeleteTool(
            "delete_prospect_note",
            "prospect_note_id",
            "Remove, take off a note (comment, remark): what was jotted down about a person.",
        ),
    ),
)
