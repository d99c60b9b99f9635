"""What goes when a record is deleted."""
# ruff: noqa: S608 - identifiers come from the catalogue, values are parameters

from outreach_mcp.sandbox.behaviour.contacts import forget_contact
from outreach_mcp.sandbox.schema import quoted
from outreach_mcp.sandbox.session import Session
from outreach_tools.catalog import resource_types

# Records that make no sense without the deleted one: type and relationship (assumed).
_PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "account": (("accountNote", "account"), ("task", "subject")),
    "contentCategory": (
        ("contentCategoryMembership", "contentCategory"),
        ("contentCategoryOwnership", "contentCategory"),
    ),
    "mailbox": (("mailAlias", "mailbox"),),
    "opportunity": (("opportunityProspectRole", "opportunity"), ("task", "subject")),
    "prospect": (
        ("emailAddress", "prospect"),
        ("opportunityProspectRole", "prospect"),
        ("phoneNumber", "prospect"),
        ("prospectNote", "prospect"),
        ("sequenceState", "prospect"),
        ("task", "subject"),
    ),
    "sequence": (("sequenceState", "sequence"), ("sequenceStep", "sequence")),
    "sequenceStep": (("sequenceTemplate", "sequenceStep"),),
}


def delete_record(session: Session, type_name: str, record_id: int) -> None:
    """Delete a record with its parts; other references to it are cleared."""
    store = session.store
    if type_name in {"emailAddress", "phoneNumber"}:
        row = store.row(type_name, record_id)
        if row is not None:
            forget_contact(session, type_name, row)
    for part, relationship in _PARTS.get(type_name, ()):
        several = len(resource_types()[part].relationships[relationship].types) > 1
        condition = f" AND {quoted(f'{relationship}.type')} = ?" if several else ""
        rows = store.rows(
            f"SELECT id FROM {quoted(part)} WHERE {quoted(f'{relationship}.id')} = ?{condition}",
            (record_id, type_name) if several else (record_id,),
        )
        for (part_id,) in rows:
            delete_record(session, part, int(part_id))
    store.delete(type_name, record_id)
