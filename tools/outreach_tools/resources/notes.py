"""Notes on prospects and on accounts: two types of one form, and the words that tell them apart."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, ListTool, Resource, UpdateTool


def _notes_on(target: str, *, listing: str, creating: str, updating: str, deleting: str) -> Resource:
    """Declare the notes on a type of record, with the words of their tools."""
    attributes = ("message", "noteType", "pinned")
    name, record_id = f"{target}_note", f"{target}_note_id"
    return Resource(
        type=f"{target}Note",
        toolset="notes",
        columns=("message", target, "opportunity", "noteType", "pinned", "creator", "createdAt"),
        values={"opportunityAssociationRule": ("recent_created", "recent_updated")},
        hints={"opportunity": "opportunityAssociationRule (recent_created, recent_updated) links the newest deal"},
        tools=(
            ListTool(f"list_{name}s", listing, sort="-createdAt"),
            CreateTool(
                f"create_{name}",
                creating,
                attributes=attributes,
                relationships=(target,),
                required=("attributes.message", f"relationships.{target}"),
            ),
            UpdateTool(f"update_{name}", record_id, updating, attributes=attributes),
            DeleteTool(f"delete_{name}", record_id, deleting),
        ),
    )


PROSPECT_NOTE = _notes_on(
    "prospect",
    listing="Read, pull up the notes (pinned, internal comments, remarks) that colleagues wrote down about a person "
    "(contact, lead). Newest first.",
    creating="Note, jot, write down, remember what a person (contact, lead) told us or wants: add a note, comment or "
    "remark on their record.",
    updating="Reword, edit, correct, append to or pin a note (comment, remark): what was written about a person.",
    deleting="Delete, erase, remove, take off a note (comment, remark) about a person (contact, lead).",
)

ACCOUNT_NOTE = _notes_on(
    "account",
    listing=(
        "What was noted, what colleagues say, know internally: notes, comments, remarks on a company (customer, "
        "account). Newest first."
    ),
    creating="Write, put, leave a note, comment, memo or remark on a company's (customer's) account record.",
    updating="Edit, change, correct or pin a note (comment, memo) on a company, customer.",
    deleting="Delete, drop, take down a wrong note (comment, memo) on a company, customer.",
)
