"""Compliance requests: erasing a person's data for good."""

from outreach_tools.client import JsonObject, Request
from outreach_tools.engine.arguments import ComplianceArguments, read
from outreach_tools.engine.declaration import GetTool, ListTool, Resource
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fetching import json_object
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.schemas import enum_schema, object_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import object_at

_REQUEST_TYPES = ("Delete",)  # the only one that works: common-patterns, "Create compliance requests"
_OBJECT_TYPES = ("Prospect", "Recipient")

COMPLIANCE_REQUEST = Resource(
    type="complianceRequest",
    toolset="compliance",
    columns=("requestType", "objectType", "requestObjectId", "state", "createdAt", "batchComplianceRequestUuid"),
    values={
        "state": ("pending", "running", "failed", "done"),
        "objectType": _OBJECT_TYPES,
        "requestType": _REQUEST_TYPES,
    },
    tools=(
        GetTool(
            "get_compliance_request",
            "compliance_request_id",
            "Status of one GDPR (privacy) erasure request: has it gone through.",
        ),
        ListTool("list_compliance_requests", "GDPR data deletion requests, open or done."),
    ),
)


async def _create_compliance_request(context: Context, arguments: JsonObject) -> JsonObject:
    """Send the body in the API's own snake_case; its answer is not a resource but the id of a batch."""
    given = read(ComplianceArguments, arguments)
    body: JsonObject = {"data": {"type": "complianceRequest", "attributes": given.model_dump()}}
    response = await context.client.send(Request("POST", "/complianceRequests", body=body))
    data = object_at(json_object(response.body, "/complianceRequests"), "data")
    batch = data.get("batch_compliance_request_id")
    if not batch:
        raise ToolError(
            f"Outreach accepted the request but named no batch in its answer {shorten(data)}: look for it with "
            "list_compliance_requests before sending it again"
        )
    return {"batch_compliance_request_id": batch}


CREATE_COMPLIANCE_REQUEST = Tool(
    name="create_compliance_request",
    title="Create compliance request",
    description=(
        "File a GDPR or privacy deletion: erase all personal data of someone who asks, right to be forgotten. "
        "Recipient: an address without a prospect."
    ),
    input_schema=object_schema(
        {
            "requester_email": {"type": "string"},
            "request_type": enum_schema(_REQUEST_TYPES),
            "object_type": enum_schema(_OBJECT_TYPES),
            "request_object_email": {"type": "string"},
        },
        ("requester_email", "request_type", "object_type", "request_object_email"),
    ),
    run=_create_compliance_request,
    read_only=False,
    destructive=True,
    idempotent=False,
    resource="complianceRequest",
    toolset="compliance",
    operations=frozenset({("complianceRequest", "create")}),
)
