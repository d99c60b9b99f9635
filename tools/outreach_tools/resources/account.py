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
    "numberOfEmployees",
    "description",
    "tags",
)

ACCOUNT = Resource(
    type="account",
    toolset="accounts",
    columns=("name", "domain", "industry", "numberOfEmployees", "owner", "touchedAt"),
    hints={
        "prospects": "set the prospect's own 'account' instead",
        "customFields": "use their labels; describe_fields lists them",
    },
    offered=("tags",),
    tools=(
        CreateTool(
            "create_account",
            "Add a new company (customer) with domain, industry, size. A person: create_prospect.",
            attributes=_ATTRIBUTES,
            relationships=("owner",),
            required=("attributes.name",),
        ),
        DeleteTool(
            "delete_account",
            "account_id",
            "Remove one company's record for good: duplicate, merged, no longer a customer.",
        ),
        GetTool("get_account", "account_id", "Tell me about one company: profile, details, industry, owner."),
        ListTool(
            "list_accounts",
            "Which companies (customers) do we have: find an account by the beginning of a name (q), domain, owner, "
            "not touched lately. Its people: list_prospects. Newest first.",
            sort="-createdAt",
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
            "Dropdown to choose a company: id, label.",
            label=("name", "domain"),
        ),
    ),
)
