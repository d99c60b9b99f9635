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
            "Add a person (contact, lead) to Outreach. E-mail addresses must be new to the organisation. A company: "
            "create_account.",
            attributes=_ATTRIBUTES,
            relationships=_RELATIONSHIPS,
        ),
        DeleteTool(
            "delete_prospect",
            "prospect_id",
            "Delete a person (prospect) for good. A legal erasure of their data is create_compliance_request.",
        ),
        GetTool("get_prospect", "prospect_id", "Show one person (prospect, contact, lead) in full, by id."),
        ListTool(
            "list_prospects",
            "Find people (prospects, contacts, leads): by name (q), e-mail, title, company (account.name), stage, "
            "owner, last touch.",
        ),
        UpdateTool(
            "update_prospect",
            "prospect_id",
            "Change a person (prospect): stage, owner, company, title, phone, e-mails (the whole list), tags, opt-out.",
            attributes=(*_ATTRIBUTES, "optedOut"),
            relationships=_RELATIONSHIPS,
        ),
        OptionsTool(
            "list_prospect_options",
            "List prospects (DDL)",
            "Prospect ids with names and e-mail addresses, to pick one.",
            label=("name", "emails"),
        ),
    ),
)  # fmt: skip
