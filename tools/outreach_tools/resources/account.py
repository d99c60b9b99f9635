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
            "Add a company (account) to Outreach. For a person use create_prospect.",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
            required=("attributes.name",),
        ),
        DeleteTool("delete_account", "account_id", "Delete a company (account) for good."),
        GetTool("get_account", "account_id", "Show one company (account) in full, by id."),
        ListTool(
            "list_accounts",
            "Find companies (accounts): by name (q), domain, owner, last touch. The people there: list_prospects.",
        ),
        UpdateTool(
            "update_account",
            "account_id",
            "Change a company (account): owner, industry, size, tags, custom fields.",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
        ),
        OptionsTool(
            "list_account_options",
            "List accounts (DDL)",
            "Account ids with names and domains, to pick one.",
            label=("name", "domain"),
        ),
    ),
)
