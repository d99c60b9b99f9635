"""The `meta` of a record that a request may ask for: whether it may be changed, and what it is connected to."""

from typing import Any

from outreach_sandbox.session import Session
from outreach_tools.catalog import ResourceType

# The types whose records say so (hyper-schema, `meta` of each type).
_CONNECTED = frozenset(
    {
        "account",
        "call",
        "event",
        "mailing",
        "opportunity",
        "opportunityStage",
        "product",
        "prospect",
        "purchase",
        "stage",
        "task",
        "user",
    }
)
_NO_RIGHTS_SHOWN = frozenset({"accountNote", "orgSetting", "prospectNote"})


def asked_meta(session: Session, resource: ResourceType) -> dict[str, Any]:
    """Return the `meta` of a type's records, empty unless the request asks for some.

    With `provideAuthorizationMeta=true`: `canWrite` and `canDelete`, where the type can be updated or deleted at all
    (hyper-schema); here they follow from the token's scopes (assumed). With `provideDataConnections=true`:
    `dataConnections`, whose form is not published; no system is connected here, so the list is empty.
    """
    meta: dict[str, Any] = {}
    if session.parameters.flag("provideAuthorizationMeta") and resource.type not in _NO_RIGHTS_SHOWN:
        if "update" in resource.operations:
            meta["canWrite"] = session.access.has(resource, "write")
        if "delete" in resource.operations:
            meta["canDelete"] = session.access.has(resource, "delete")
    if session.parameters.flag("provideDataConnections") and resource.type in _CONNECTED:
        meta["dataConnections"] = []
    return meta
