"""Read the answers of tools: their text, or the object in it."""

import json
from typing import Any

from mcp_types import CallToolResult, TextContent


def said(result: CallToolResult) -> str:
    """Return the text of an answer."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def answered(result: CallToolResult) -> dict[str, Any]:
    """Return the object that a call that did not fail is answered with."""
    text = said(result)
    assert not result.is_error, text
    answer: dict[str, Any] = json.loads(text)
    return answer
