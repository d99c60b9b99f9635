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
               "timeZone", "tags", "source", "personalNote1")  # fmt: skip
_RELATIONSHIPS = ("account", "owner", "stage", "persona")

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
        "addressCity": "timeZone",
        "tags": "stage.name",
    },
    hints={
        "email": "use 'emails', an array",
        "phone": "use 'workPhones' or 'mobilePhones', arrays",
        "name": "set firstName and lastName",
    },
    tools=(
        CreateTool(
            "create_prospect",
            "Save a new contact: add a person or lead with name, title, phone; their email must be new here. A "
            "company: create_account.",
            attributes=_ATTRIBUTES,
            relationships=_RELATIONSHIPS,
        ),
        DeleteTool(
            "delete_prospect",
            "prospect_id",
            "Remove a contact or lead for good, like a duplicate. Legal erasure (GDPR): create_compliance_request.",
        ),
        GetTool(
            "get_prospect",
            "prospect_id",
            "Show one person (contact, lead) in full: title, phones, tags, everything known.",
        ),
        ListTool(
            "list_prospects",
            "Find someone: look up a contact or lead by name (q), email, title, company (account.name), stage, owner; "
            "which leads opted out, are tagged, engaged, last contacted.",
        ),
        UpdateTool(
            "update_prospect",
            "prospect_id",
            "Change a person (contact, lead): tag them, set stage, owner, company, title, phone, email address (whole "
            "list); unsubscribe (opt out).",
            attributes=(*_ATTRIBUTES, "optedOut"),
            relationships=_RELATIONSHIPS,
        ),
        OptionsTool(
            "list_prospect_options",
            "List prospects (DDL)",
            "Dropdown to pick a contact: id, label.",
            label=("name", "emails"),
        ),
    ),
)  # fmt: skip
