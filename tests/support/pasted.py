"""The command lines by which clients start our server, as the documents and the files that clients read name them."""

import base64
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.processes import ROOT

Command = tuple[str, ...]
"""A program and its arguments."""

_DOCUMENTS = ("README.md", "docs/clients.md")
_FILES = ("plugins/claude-code/.mcp.json", "gemini-extension.json")
_LINK = re.compile(r"\]\((https://(?:cursor\.com|insiders\.vscode\.dev)/[^)]+)\)")


def linked() -> dict[tuple[str, str], Command]:
    """Return what each link that adds a server to an editor starts, by the editor's host and the server's name."""
    found: dict[tuple[str, str], Command] = {}
    for place in _LINK.finditer((ROOT / "README.md").read_text(encoding="utf-8")):
        link = urlsplit(place[1])
        query = {name: values[0] for name, values in parse_qs(link.query).items()}
        text = query["config"]
        document = json.loads(text if text.startswith("{") else base64.b64decode(text))
        found[link.netloc, query["name"]] = _command(document)
    return found


def read_by_clients() -> dict[str, Command]:
    """Return what each file that a client or a registry reads in the repository starts."""
    found: dict[str, Command] = {}
    for name in _FILES:
        (server,) = json.loads((ROOT / name).read_text(encoding="utf-8"))["mcpServers"].values()
        found[name] = _command(server)
    (package,) = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))["packages"]
    arguments = [argument["value"] for argument in package["packageArguments"]]
    found["server.json"] = (package["runtimeHint"], f"{package['identifier']}@{package['version']}", *arguments)
    return found


def documented() -> set[Command]:
    """Return what the blocks of the documents start over stdio: lines for a shell, configurations, programs."""
    text = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in _DOCUMENTS)
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return {command for kind, block in blocks for command in _of_block(kind, block) if "--transport" not in command}


def _of_block(kind: str, block: str) -> Iterator[Command]:
    if kind == "json":
        document: dict[str, dict[str, Any]] = json.loads(block)
        servers = document.get("servers") or document["mcpServers"]
        yield from (_command(server) for server in servers.values() if "command" in server)
    elif kind == "python":
        yield ("uvx", *json.loads(re.findall(r'\["outreach-mcp".*?\]', block)[0]))
    else:
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if "uvx" in words and "serve" in words and "--from" not in words:
                # The Inspector takes its own flags after the server's command line.
                end = words.index("--method") if "--method" in words else len(words)
                yield tuple(words[words.index("uvx") : end])


def _command(server: dict[str, Any]) -> Command:
    return (server["command"], *server["args"])
