"""The pictures as documents: plain HTML, each whole in itself, whose policy lets it ask nobody but its host.

A document is put together of parts of this package. Of scripts and styles its policy knows these alone, by their
digests, whatever the client's own policy lets pass.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from outreach_tools.client import JsonObject

EXTENSION = "io.modelcontextprotocol/ui"
"""The name of MCP Apps among the extensions of clients and servers."""

MIME_TYPE = "text/html;profile=mcp-app"
"""The type of a picture's document."""

RESOURCE_META: Mapping[str, Any] = {"ui": {"csp": {}, "prefersBorder": True}}
"""What a client is told of every document: it needs nobody."""


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
        """What a client is told of a tool whose answers it shows."""
        return {"ui": {"resourceUri": self.uri}}


PLAN = Picture("plan", "A plan: before and after, row by row")
SEQUENCE = Picture("sequence", "Sequences: steps, variants, and where people fall out")
PIPELINE = Picture("pipeline", "The pipeline: stages, amounts, and what is stuck")

PICTURES: Mapping[str, Picture] = {
    "plan_change": PLAN,
    "plan_undo": PLAN,
    "report_sequences": SEQUENCE,
    "report_pipeline": PIPELINE,
}
"""The pictures by the tools whose answers they show."""

_BY_URI = {picture.uri: picture for picture in PICTURES.values()}


def picture_at(uri: str) -> Picture | None:
    """Return the picture with an address, None where there is none."""
    return _BY_URI.get(uri)


@cache
def document(picture: Picture) -> str:
    """Return the document of a picture."""
    style = _part("frame.css")
    script = _part("frame.js") + _part(f"{picture.name}.js")
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{picture.title}</title>\n<style>{style}</style>\n</head>\n<body>\n<header><h1>Outreach</h1></header>\n"
        f'<main tabindex="0" aria-label="{picture.title}"><p>Waiting for the answer …</p></main>\n'
        f'<footer><p id="status" role="status"></p></footer>\n<script>{script}</script>\n</body>\n</html>\n'
    )


def _part(name: str) -> str:
    return files("outreach_mcp.protocol.pictures").joinpath("parts", name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
