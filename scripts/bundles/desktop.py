"""The bundle for Claude Desktop (.mcpb): a manifest, the wheel, and what uv needs to run it.

Manifest 0.4 of https://github.com/modelcontextprotocol/mcpb, with the server type `uv`: the client brings uv, uv brings
Python and the dependencies, in the versions of the lock that we test with.
"""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bundles.options import Option
from bundles.project import Project
from outreach_tools.engine.tool import Tool

MANIFEST_VERSION = "0.4"
START = "start.py"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file in it, so that the same content gives the same bytes."""

_STARTER = '''"""Starts the server; Claude Desktop runs it through uv."""

import sys

from outreach_mcp.__main__ import main

sys.exit(main())
'''


def manifest(project: Project, options: Sequence[Option], tools: Sequence[Tool]) -> dict[str, Any]:
    """Return the bundle's manifest."""
    return {
        "manifest_version": MANIFEST_VERSION,
        "name": project.name,
        "display_name": "Outreach",
        "version": project.version,
        "description": project.description,
        "long_description": (
            "Log in once with `uvx outreach-mcp login` in a terminal, and leave the fields for credentials empty. "
            f"Without an Outreach account, turn on the sandbox. {project.repository}#readme says more."
        ),
        "author": {"name": project.authors, "url": project.repository},
        "repository": {"type": "git", "url": f"{project.repository}.git"},
        "homepage": project.repository,
        "documentation": project.urls["Documentation"],
        "support": project.urls["Issues"],
        "license": project.licence,
        "keywords": list(project.keywords),
        "server": {
            "type": "uv",
            "entry_point": START,
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", START],
                "env": {option.variable: f"${{user_config.{option.key}}}" for option in options},
            },
        },
        "tools": [{"name": tool.name, "description": tool.title} for tool in tools],
        "compatibility": {
            "platforms": ["darwin", "linux", "win32"],
            "runtimes": {"python": project.requires_python},
        },
        "user_config": {option.key: _field(option) for option in options},
    }


def pyproject(project: Project, wheel: str, constraints: Sequence[str]) -> str:
    """Return the pyproject.toml from which uv makes the bundle's environment; `constraints` as uv exports them."""
    lines = "\n".join(f"    {json.dumps(each)}," for each in constraints)
    return f"""[project]
name = "{project.name}-bundle"
version = "{project.version}"
requires-python = "{project.requires_python}"
dependencies = ["{project.name}"]

[tool.uv]
package = false
constraint-dependencies = [
{lines}
]

[tool.uv.sources]
{project.name} = {{ path = "{wheel}" }}
"""


def write(folder: Path, document: dict[str, Any], wheel: Path, environment: str) -> Path:
    """Write the bundle into a folder and return where it is."""
    bundle = folder / f"{document['name']}-{document['version']}.mcpb"
    files = {
        "manifest.json": json.dumps(document, indent=2).encode(),
        "pyproject.toml": environment.encode(),
        START: _STARTER.encode(),
        wheel.name: wheel.read_bytes(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return bundle


def _field(option: Option) -> dict[str, Any]:
    # Each has a default: where there is none and nothing is filled in, the placeholder itself would reach the server.
    field: dict[str, Any] = {
        "type": option.kind,
        "title": option.title,
        "description": option.description,
        "required": False,
        "default": option.default,
    }
    bounds = {"min": option.least, "max": option.most}
    return field | {name: bound for name, bound in bounds.items() if bound is not None} | _sensitive(option)


def _sensitive(option: Option) -> dict[str, bool]:
    return {"sensitive": True} if option.secret else {}
