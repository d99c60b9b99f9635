"""The pictures that there are: where clients find them, and the tools whose answers they show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach_tools.client import JsonObject

EXTENSION = "io.modelcontextprotocol/ui"
"""The name of MCP Apps among the extensions of clients and servers."""

MIME_TYPE = "text/html;profile=mcp-app"
"""The type of a picture's document."""

RESOURCE_META: Mapping[str, Any] = {"ui": {"csp": {}, "prefersBorder": True}}
"""The meta data of every document: it needs nobody."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its name, which is that of its script, too, and its title."""

    name: str
    title: str

    @property
    def uri(self) -> str:
        """The address under which clients read it."""
        return f"ui://outreach/{self.name}"

    @property
    def tool_meta(self) -> JsonObject:
        """The meta data of a tool whose answers a document shows."""
        return {"ui": {"resourceUri": self.uri}}


PLAN = Picture("plan", "A plan: before and after, row by row")
SEQUENCE = Picture("sequence", "Sequences: steps, variants, and where people fall out")
PIPELINE = Picture("pipeline", "The pipeline: stages, amounts, and what is stuck")

PICTURES: Mapping[str, Picture] = {
    "plan_change": PLAN,
    "plan_undo": PLAN,
    "plan_import": PLAN,
    "report_sequences": SEQUENCE,
    "report_pipeline": PIPELINE,
}
"""The pictures by the tools whose answers they show."""

_BY_URI = {picture.uri: picture for picture in PICTURES.values()}


def picture_at(uri: str) -> Picture | None:
    """Return the picture with an address, None where there is none."""
    return _BY_URI.get(uri)
