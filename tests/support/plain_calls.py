"""Calls of a tool that are one request each."""

from typing import Any

from mcp import Client
from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult


async def plainly_called(client: Client, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    """Call a tool in which nobody is asked anything and whose answer has no structure.

    For what else there may be the SDK's client lists all tools at the first call, to learn which structure each answer
    has. That takes longer than the call.
    """
    request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments))
    return await client.session.send_request(request, CallToolResult)
