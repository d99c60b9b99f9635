"""The pictures as documents: plain HTML, each whole in itself, whose policy lets it ask nobody but its host.

A document is put together of parts of this package. Of scripts and styles its policy knows these alone, by their
digests, whatever the client's own policy lets pass.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from outreach_mcp.protocol.pictures.documents import Picture


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
