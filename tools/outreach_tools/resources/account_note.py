"""Notes on accounts."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, ListTool, Resource, UpdateTool

ACCOUNT_NOTE = Resource(
    type="accountNote",
    toolset="notes",
    columns=("message", "account", "opportunity", "noteType", "pinned", "creator", "createdAt"),
    values={"opportunityAssociationRule": ("recent_created", "recent_updated")},
    hints={"opportunity": "opportunityAssociationRule (recent_created, recent_updated) links the newest deal"},
    tools=(
        ListTool(
            "list_account_notes",
            "What have we noted, what do colleagues say: notes, comments, remarks on a company (customer, account). "
            "Newest first.",
            sort="-createdAt",
        ),
        CreateTool(
            "create_account_note",
            "Write a note, comment or remark on a company's (customer's) account.",
            attributes=("message", "noteType", "pinned"),
            relationships=("account",),
            required=("attributes.message", "relationships.account"),
        ),
        UpdateTool(
            "update_account_note",
            "account_note_id",
            "Edit, correct or pin a note (comment) on a company, customer.",
            attributes=("message", "noteType", "pinned"),
        ),
        DeleteTool("delete_account_note", "account_note_id", "Drop a note (comment, remark) from a company, customer."),
    ),
)
