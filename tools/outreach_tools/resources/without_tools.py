"""The types that have no tools of their own: what their lists show, and the known values of what is written.

The general tools read and change them, see `resources/general.py`.
"""

from outreach_tools.engine.declaration import Resource

DUPLICATES = ("overwrite", "skip", "missing")
"""The treatments of records that exist already, for an import (official contract)."""

BATCH = Resource(
    type="batch",
    toolset="operations",
    columns=("action", "state", "total", "pending", "failures", "confirmCount", "creator", "createdAt", "finishedAt"),
)

BATCH_ITEM = Resource(type="batchItem", toolset="operations", columns=("batch", "state", "failed", "info", "data"))

CONTENT_CATEGORY = Resource(
    type="contentCategory",
    toolset="operations",
    columns=("name", "color", "allowSequences", "allowSnippets", "allowTemplates", "creator"),
)

CONTENT_CATEGORY_MEMBERSHIP = Resource(
    type="contentCategoryMembership", toolset="operations", columns=("content", "contentCategory", "createdAt")
)

CONTENT_CATEGORY_OWNERSHIP = Resource(
    type="contentCategoryOwnership", toolset="operations", columns=("owner", "contentCategory", "createdAt")
)

CUSTOM_DUTY = Resource(type="customDuty", toolset="operations", columns=("name", "dutyType"))

DUTY = Resource(type="duty", toolset="operations", columns=("symbolicName", "dutyType"))

FAVORITE = Resource(type="favorite", toolset="operations", columns=("target", "user", "createdAt"))

IMPORT = Resource(
    type="import",
    toolset="operations",
    columns=("importType", "state", "fileName", "total", "dupes", "failures", "errorReason", "creator", "createdAt"),
    values={"dupeMethod": (*DUPLICATES, "overwriteNoCreate")},
)

KAIA_VOICE_IMPORT = Resource(
    type="kaiaVoiceImport", toolset="operations", columns=("callId", "instanceId", "recordingUrl")
)

ORG_SETTING = Resource(
    type="orgSetting",
    toolset="operations",
    columns=("contactExclusions", "prospectEmailExclusions", "sendExclusions"),
)

PRODUCT = Resource(
    type="product",
    toolset="operations",
    columns=("name", "code", "classification", "productFamily", "status", "owner"),
    values={"classification": ("Own", "Competitor", "Complimentary")},
)

PROFILE = Resource(type="profile", toolset="operations", columns=("name", "isAdmin", "createdAt"))

PURCHASE = Resource(
    type="purchase",
    toolset="operations",
    columns=("account", "product", "status", "totalValue", "currency", "startDate", "endDate", "owner"),
)

ROLE = Resource(type="role", toolset="operations", columns=("name", "parentRole", "createdAt"))

WITHOUT_TOOLS: tuple[Resource, ...] = (
    BATCH,
    BATCH_ITEM,
    CONTENT_CATEGORY,
    CONTENT_CATEGORY_MEMBERSHIP,
    CONTENT_CATEGORY_OWNERSHIP,
    CUSTOM_DUTY,
    DUTY,
    FAVORITE,
    IMPORT,
    KAIA_VOICE_IMPORT,
    ORG_SETTING,
    PRODUCT,
    PROFILE,
    PURCHASE,
    ROLE,
)
