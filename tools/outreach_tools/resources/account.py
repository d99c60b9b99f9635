"""Accounts: the companies sold to."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

_ATTRIBUTES = (
    "name",
    "domain",
    "websiteUrl",
    "industry",
    "companyType",
    "numberOfEmployees",
    "locality",
    "description",
    "tags",
    "customId",
)

ACCOUNT = Resource(
    type="account",
    toolset="accounts",
    columns=("name", "domain", "industry", "numberOfEmployees", "owner", "touchedAt"),
    hints={"prospects": "set the prospect's own 'account' instead", "customFields": "use custom1, custom2, …"},
    near={"tags": "q (by name)", "companyType": "q (by name)"},
    tools=(
        CreateTool(
            "create_account",
            "Add a new company we don't have yet. A person: create_prospect.",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
            required=("attributes.name",),
        ),
        DeleteTool("delete_account", "account_id", "Remove a company for good, like one that was merged."),
        GetTool("get_account", "account_id", "Open one company's record: industry, size, owner, website."),
        ListTool(
            "list_accounts",
            "Which companies (customers) do we have: find an account by name (q), domain, owner. Its people: "
            "list_prospects.",
        ),
        UpdateTool(
            "update_account",
            "account_id",
            "Change a company: owner (reassign), website, industry, size, tags, custom fields.",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
        ),
        OptionsTool(
            "list_account_options",
            "List accounts (DDL)",
            "Dropdown to pick a company: id, label.",
            label=("name", "domain"),
        ),
    ),
)
