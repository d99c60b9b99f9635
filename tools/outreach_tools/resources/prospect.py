"""Prospects: the people sold to."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

_ATTRIBUTES = ("firstName", "lastName", "emails", "title", "company", "workPhones", "mobilePhones", "linkedInUrl",
               "timeZone", "tags")  # fmt: skip
_RELATIONSHIPS = ("account", "owner", "stage")

PROSPECT = Resource(
    type="prospect",
    toolset="prospects",
    columns=("name", "title", "emails", "account", "stage", "owner", "touchedAt"),
    # It left the default payload on 2026-10-01 and is twelve pairs of numbers that a person cannot read.
    hidden=("contactHistogram",),
    values={"callsOptStatus": ("opted_in", "opted_out"), "emailsOptStatus": ("opted_in", "opted_out")},
    near={
        "company": "account.name (misses prospects without an account)",
        "name": "q (by the beginning of a name), firstName or lastName",
    },
    hints={
        "email": "use 'emails', an array",
        "phone": "use 'workPhones' or 'mobilePhones', arrays",
        "name": "set firstName and lastName",
    },
    unlisted=("account.updatedAt", "activeSequenceStates.id", "sequenceStates.id"),
    offered=("optedOut", "tags", "company"),
    tools=(
        CreateTool(
            "create_prospect",
            "Add (save, put) a new contact, person, lead or referral in the system. A company: create_account.",
            attributes=_ATTRIBUTES,
            relationships=_RELATIONSHIPS,
        ),
        DeleteTool(
            "delete_prospect",
            "prospect_id",
            "Delete, remove, get rid of one contact (lead): duplicate, junk, test. GDPR erasure: "
            "create_compliance_request.",
        ),
        GetTool(
            "get_prospect",
            "prospect_id",
            "Open one contact or lead and show everything we know: title, phones, emails, tags.",
        ),
        ListTool(
            "list_prospects",
            "Find someone: look up contacts, a contact or lead by the beginning of a name (q), email, title, company"
            " (account.name), stage, owner. Which leads do I own? Who is engaged, not "
            "contacted lately? Newest first.",
            sort="-createdAt",
        ),
        UpdateTool(
            "update_prospect",
            "prospect_id",
            "Change a prospect's or contact's job title, phone, email address (whole list), stage, owner, company or"
            " tag: assign, hand over, link. Opt out, unsubscribe someone from emails.",
            attributes=(*_ATTRIBUTES, "optedOut"),
            relationships=_RELATIONSHIPS,
        ),
        OptionsTool(
            "list_prospect_options",
            "List prospects (DDL)",
            "Dropdown to choose a contact: id, label.",
            label=("name", "emails"),
        ),
    ),
)  # fmt: skip
