"""The part of pictures (MCP Apps) that every server knows; all else is imported when somebody asks for one.

Most clients show none, and neither a server's start nor its list of tools waits for them.
"""

import secrets
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mcp.server import ServerRequestContext
from mcp_types import CallToolRequestParams, Resource, TextResourceContents
from mcp_types import Tool as ListedTool

from outreach_mcp.guard.gate import PreparingClient
from outreach_mcp.jobs.service import Jobs
from outreach_mcp.protocol.invocation import Outcome
from outreach_tools.client import Client, JsonObject
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import is_array

if TYPE_CHECKING:
    from outreach_mcp.protocol.pictures.approval import Approval

_RequestContext: TypeAlias = ServerRequestContext[Any]

EXTENSION = "io.modelcontextprotocol/ui"
"""The name of MCP Apps among the extensions of clients and servers."""

MIME_TYPE = "text/html;profile=mcp-app"
"""The type of a picture's document."""

SCHEME = "ui://"
"""The beginning of the addresses of all pictures."""

APPROVES = "approve_plan"
"""The tool that a plan's picture calls; clients that show no pictures are not told of it, and no model is."""


def address_of(name: str) -> str:
    """Return the address under which clients read a picture."""
    return f"{SCHEME}outreach/{name}"


PLAN, SEQUENCE, PIPELINE = map(address_of, ("plan", "sequence", "pipeline"))

PICTURED: Mapping[str, str] = {
    "plan_change": PLAN,
    "plan_undo": PLAN,
    "plan_import": PLAN,
    "report_sequences": SEQUENCE,
    "report_pipeline": PIPELINE,
}
"""The addresses of the pictures by the tools whose answers they show."""

OF_ONE_CLIENT: Mapping[str, Any] = {"ttl_ms": 300_000, "cache_scope": "private"}
"""The time for which a list may be kept that is another for clients that show pictures, and for whom."""


def shows_pictures(ctx: _RequestContext) -> bool:
    """Return whether the client has said that it shows pictures; over stateless HTTP an older one cannot."""
    capabilities = ctx.session.client_capabilities
    settings = (capabilities.extensions or {}).get(EXTENSION) if capabilities else None
    if settings is None:
        return False
    types = settings.get("mimeTypes")
    return MIME_TYPE in types if is_array(types) else types is None


def meta_of(tool: str) -> JsonObject | None:
    """Return the meta data of a tool whose answers a picture shows, None for any other."""
    return {"ui": {"resourceUri": PICTURED[tool]}} if tool in PICTURED else None


def pictures_of(tools: Collection[str]) -> list[Resource]:
    """Return the pictures of the answers of some tools, as they are listed."""
    from outreach_mcp.protocol.pictures.showing import pictures_of as listed  # noqa: PLC0415 - see above

    return listed(tools)


def contents_at(uri: str) -> TextResourceContents | None:
    """Return a picture's document, None for an address that is not one's."""
    if not uri.startswith(SCHEME):
        return None
    from outreach_mcp.protocol.pictures.showing import contents_at as contents  # noqa: PLC0415 - see above

    return contents(uri)


def approving_tool() -> ListedTool:
    """Return the tool that a plan's picture calls, as clients are told of it that show pictures."""
    from outreach_mcp.protocol.pictures.approval import approving_tool as tool  # noqa: PLC0415 - see above

    return tool()


class Apps:
    """The pictures of one server's answers, and what people approve in them."""

    def __init__(self, jobs: Jobs, client: PreparingClient, key: bytes | None) -> None:
        """Take what keeps plans, and the key that replicas share; without one the server has one of its own."""
        self._jobs = jobs
        self._client = client
        self._key = key or secrets.token_bytes(32)

    def approval_of(self, params: CallToolRequestParams) -> "Approval | ToolError":
        """Return the approval that a call brings, or why it counts for nothing."""
        from outreach_mcp.protocol.pictures.approval import Seals  # noqa: PLC0415 - see above

        return Seals(self._key).read(params.arguments or {})

    async def beside(
        self, ctx: _RequestContext, tool: str, outcome: Outcome, offered: Collection[str], client: Client
    ) -> JsonObject | None:
        """Return what stands beside an answer in its `_meta`, which no model sees; None for nothing."""
        if outcome.failed or PICTURED.get(tool) != PLAN or not shows_pictures(ctx):
            return None
        from outreach_mcp.protocol.pictures.approval import Seals  # noqa: PLC0415 - see above
        from outreach_mcp.protocol.pictures.showing import Showing  # noqa: PLC0415 - see above

        return await Showing(self._jobs, self._client, Seals(self._key)).beside_plan(outcome.text, offered, client)
