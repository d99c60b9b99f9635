"""Shows answers as pictures to the clients that can.

They are told of the documents, and given what stands beside a plan.
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)

from outreach_mcp.guard.gate import PreparingClient
from outreach_mcp.jobs.service import Jobs
from outreach_mcp.protocol.invocation import Outcome
from outreach_mcp.protocol.pictures.approval import Seals
from outreach_mcp.protocol.pictures.documents import (
    EXTENSION,
    MIME_TYPE,
    PICTURES,
    PLAN,
    RESOURCE_META,
    document,
    picture_at,
)
from outreach_mcp.protocol.pictures.rows import rows_of
from outreach_tools.client import Client, JsonObject
from outreach_tools.json_values import array_at, is_array, is_object, member
from outreach_tools.resources.bulk import APPLIES

_RequestContext: TypeAlias = ServerRequestContext[Any]

BESIDE = "outreach-mcp/plan"
"""The member of an answer's `_meta` that the plan's picture reads."""

_FRESH: dict[str, Any] = {"ttl_ms": 300_000}


def shows_pictures(ctx: _RequestContext) -> bool:
    """Return whether the client has said that it shows pictures; over stateless HTTP an older one cannot."""
    capabilities = ctx.session.client_capabilities
    settings = (capabilities.extensions or {}).get(EXTENSION) if capabilities else None
    if settings is None:
        return False
    types = settings.get("mimeTypes")
    return MIME_TYPE in types if is_array(types) else types is None


def pictures_of(tools: Iterable[str]) -> list[Resource]:
    """Return the documents that show answers of some tools, as they are listed."""
    found = dict.fromkeys(PICTURES[name] for name in tools if name in PICTURES)
    return [
        Resource(uri=each.uri, name=each.name, title=each.title, mime_type=MIME_TYPE, _meta=dict(RESOURCE_META))
        for each in found
    ]


async def list_pictures(
    offered: Callable[[], Iterable[str]], ctx: _RequestContext, params: PaginatedRequestParams | None
) -> ListResourcesResult:
    """Return the list of documents for the tools that are `offered`, empty for a client that shows no pictures.

    Raises `MCPError` for a cursor.
    """
    if params and params.cursor is not None:
        raise MCPError(code=INVALID_PARAMS, message="Invalid cursor: all resources are on one page")
    listed = pictures_of(offered()) if shows_pictures(ctx) else []
    return ListResourcesResult(resources=listed, cache_scope="private", **_FRESH)


async def read_picture(_: _RequestContext, params: ReadResourceRequestParams) -> ReadResourceResult:
    """Return a document. Raises `MCPError` for an address that is not one's."""
    uri = str(params.uri)
    picture = picture_at(uri)
    if picture is None:
        raise MCPError(code=INVALID_PARAMS, message="Resource not found", data={"uri": uri})
    contents = TextResourceContents(uri=uri, mime_type=MIME_TYPE, text=document(picture), _meta=dict(RESOURCE_META))
    return ReadResourceResult(contents=[contents], cache_scope="public", **_FRESH)


@dataclass(frozen=True, slots=True)
class Showing:
    """What answers are given for their pictures beside the text."""

    jobs: Jobs
    client: PreparingClient
    seals: Seals = field(default_factory=lambda: Seals(None))

    async def beside(
        self, ctx: _RequestContext, tool: str, outcome: Outcome, offered: Collection[str], client: Client
    ) -> JsonObject | None:
        """Return what stands beside an answer in its `_meta`, which no model sees; None for nothing.

        Of a plan those are its rows, and where the caller may apply it the seal of a person's approval.
        """
        if outcome.failed or PICTURES.get(tool) is not PLAN or not shows_pictures(ctx):
            return None
        answer = json.loads(outcome.text)
        plan_id = member(answer, "plan_id")
        if not isinstance(plan_id, str):
            return None
        store = self.jobs.store
        head = await store.find_plan(await self.jobs.owner(self.client), plan_id)
        if head is None:
            return None
        steps = await store.steps(plan_id, min(1, head.parts))
        examples = [each for each in array_at(answer, "examples") if is_object(each)]
        shown: JsonObject = {"rows": await rows_of(steps, examples, client)}
        if APPLIES in offered:
            shown["approval"] = self.seals.of(plan_id)
        return {BESIDE: shown}
