"""The pictures that there are: where clients find them, and the tools whose answers they show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach_mcp.protocol.apps import PICTURED, address_of

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
        return address_of(self.name)


PLAN = Picture("plan", "A plan: before and after, row by row")
SEQUENCE = Picture("sequence", "Sequences: steps, variants, and where people fall out")
PIPELINE = Picture("pipeline", "The pipeline: stages, amounts, and what is stuck")

_BY_URI = {picture.uri: picture for picture in (PLAN, SEQUENCE, PIPELINE)}

PICTURES: Mapping[str, Picture] = {tool: _BY_URI[uri] for tool, uri in PICTURED.items()}
"""The pictures by the tools whose answers they show."""


def picture_at(uri: str) -> Picture | None:
    """Return the picture with an address, None where there is none."""
    return _BY_URI.get(uri)
