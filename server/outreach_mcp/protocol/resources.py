"""The files that were offered to a caller, as MCP's resources: listed and read by nobody else."""

import base64
import logging
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp_types import (
    INVALID_PARAMS,
    BlobResourceContents,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceLink,
    TextResourceContents,
)

from outreach_mcp.files.offered import Offer, Offers
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.text import clean, one_line

_RequestContext: TypeAlias = ServerRequestContext[Any]

_log = logging.getLogger(__name__)

_TEXT = ("text/csv", "application/jsonl")
_ADDRESS = 200  # characters of an unknown address that are read to say it


def link_to(offer: Offer) -> ResourceLink:
    """Return the link to a file, as a part of a tool's answer."""
    return ResourceLink(uri=offer.uri, name=offer.name, mime_type=offer.media_type, size=offer.size)


async def files_of(offers: Offers) -> list[Resource]:
    """Return the caller's files as `resources/list` has them; none where they cannot be looked at now."""
    try:
        found = await offers.listed()
    except ToolError as error:
        _log.warning("the files that are offered cannot be listed: %s", error)
        return []
    return [
        Resource(
            uri=each.uri, name=each.name, mime_type=each.media_type, size=each.size,
            description=f"An export, until {each.until.isoformat(timespec='minutes')}.",
        )
        for each in found
    ]  # fmt: skip


def reading(offers: Offers) -> Any:
    """Return what answers `resources/read`."""

    async def read_resource(_: _RequestContext, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        try:
            found = await offers.read(uri)
        except ToolError as error:
            raise MCPError(code=INVALID_PARAMS, message=str(error)) from None
        if found is None:
            told = one_line(clean(uri[:_ADDRESS]))
            raise MCPError(code=INVALID_PARAMS, message=f"Resource not found, or expired: {told}", data={"uri": told})
        offer, contents = found
        if offer.media_type in _TEXT:
            # The mark at the beginning is for programs that open the file; a reader of text has no use for it.
            text = contents.decode("utf-8-sig")
            return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=offer.media_type, text=text)])
        blob = base64.b64encode(contents).decode("ascii")
        return ReadResourceResult(contents=[BlobResourceContents(uri=uri, mime_type=offer.media_type, blob=blob)])

    return read_resource
