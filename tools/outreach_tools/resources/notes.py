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
    listing="Read, pull up the notes (pinned, comments, remarks) that colleagues wrote down about a person (contact, "
    "lead). Newest first.",
    creating="Note, jot down, log what a person (contact, lead) told us or wants: add a note, comment or remark on "
    "their record.",
    updating="Reword, change, correct or pin a note: what was written down (remark) about a person.",
    deleting="Remove, take off a note (comment, remark): what was jotted down about a person.",
)

ACCOUNT_NOTE = _notes_on(
    "account",
    listing=(
        "What was noted, what colleagues say: notes, comments, remarks on a company (customer, account). Newest first."
    ),
    creating="Write, put a note, comment or remark on a company's (customer's) account.",
    updating="Edit, correct or pin a note (comment) on a company, customer.",
    deleting="Drop, take down a wrong note (comment, remark) on a company, customer.",
)
