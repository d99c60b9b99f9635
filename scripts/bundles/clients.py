"""The files that clients read in the repository or by a link: plugins, an extension, the registry's entry, links."""

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bundles.options import Option
from bundles.project import Project
from outreach_tools.playbooks.playbook import Argument, Playbook

REGISTRY_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_MOST_DESCRIPTION = 100
"""The registry takes no longer one."""

PLUGIN = "outreach"
SERVERS = {"outreach-sandbox": ["serve", "--sandbox"], "outreach": ["serve"]}
"""The name of a server in a client, and the arguments that it is started with."""


def registry_entry(project: Project, options: Sequence[Option]) -> dict[str, Any]:
    """Return server.json, for the MCP registry; raises `ValueError` for what the registry would refuse."""
    if len(project.description) > _MOST_DESCRIPTION:
        raise ValueError(f"the description in pyproject.toml is longer than {_MOST_DESCRIPTION} characters")
    return {
        "$schema": REGISTRY_SCHEMA,
        "name": project.registry_name,
        "title": "Outreach",
        "description": project.description,
        "version": project.version,
        "websiteUrl": f"{project.repository}#readme",
        "repository": {"url": project.repository, "source": "github"},
        "packages": [
            {
                "registryType": "pypi",
                "identifier": project.name,
                "version": project.version,
                "runtimeHint": "uvx",
                "transport": {"type": "stdio"},
                "packageArguments": [{"type": "positional", "value": "serve"}],
                "environmentVariables": [_variable(option) for option in options],
            }
        ],
    }


def plugin(project: Project) -> dict[str, Any]:
    """Return the manifest of the plugin for Claude Code."""
    return {
        "name": PLUGIN,
        "version": project.version,
        "description": project.description,
        "author": {"name": project.authors, "url": project.repository},
        "homepage": project.repository,
        "repository": project.repository,
        "license": project.licence,
        "keywords": list(project.keywords),
    }


def plugin_servers(project: Project) -> dict[str, Any]:
    """Return the plugin's .mcp.json."""
    return {"mcpServers": {"outreach": pinned(project)}}


def plugin_readme(project: Project) -> str:
    """Return what the plugin says of itself."""
    return "\n\n".join(
        (
            "# Outreach for Claude Code",
            f"{project.description} Prospects, accounts, sequences, mailings, calls, tasks and opportunities of your "
            "own Outreach, read and written as you.",
            "It starts the server with [uv](https://docs.astral.sh/uv/getting-started/installation/), which has to be "
            "installed. Log in once, in a terminal, then restart Claude Code; `login --read-only` asks for no right to "
            "change anything:",
            f"```\nuvx {project.name} login\n```",
            "It brings ten skills for daily work, from the morning brief to the hand-over of a leaver's book. The "
            "server itself offers the same as prompts.",
            "By default you are asked before what cannot be taken back. What holds, and all settings: "
            f"{project.repository}#readme\n",
        )
    )


def skill(playbook: Playbook) -> str:
    """Return a playbook as a skill: SKILL.md, which a client reads when what it is for comes up."""
    takes = [f"- `<{each.name}>`: {_taken(each)}" for each in playbook.arguments]
    places = ["## What to fill in", "\n".join(takes)] if takes else []
    front = "\n".join(("---", f"name: {skill_name(playbook)}", f"description: {json.dumps(_when(playbook))}", "---"))
    title, _, rest = playbook.text().partition("\n\n")
    lead, _, steps = rest.partition("\n\n")
    uses = f"The tools are those of the MCP server `outreach`: {', '.join(playbook.tools)}."
    return "\n\n".join((front, title, lead, uses, *places, steps))


def skill_name(playbook: Playbook) -> str:
    """Return what a skill is called, and its folder: small letters and hyphens."""
    return playbook.name.replace("_", "-")


def _taken(argument: Argument) -> str:
    """Return what an argument takes, and what it is where nothing is said."""
    if argument.required:
        return f"{argument.description}; ask for it if it is not plain"
    if argument.default:
        return f"{argument.description}; `{argument.default}` unless told otherwise"
    return f"{argument.description}; leave what it would narrow out where nothing is said"


def _when(playbook: Playbook) -> str:
    """Return when a skill is for use, in its own words."""
    return f"{playbook.description} For work in Outreach, with its MCP server."


def marketplace(project: Project, folder: str) -> dict[str, Any]:
    """Return the catalogue from which Claude Code installs the plugin that lies in a folder of the repository."""
    return {
        "name": project.name,
        "description": project.description,
        "owner": {"name": project.authors, "url": project.repository},
        "plugins": [{"name": PLUGIN, "source": f"./{folder}", "description": project.description}],
    }


def extension(project: Project) -> dict[str, Any]:
    """Return gemini-extension.json, which has to lie at the top of the repository."""
    return {
        "name": project.name,
        "version": project.version,
        "description": project.description,
        "mcpServers": {"outreach": pinned(project)},
    }


def pinned(project: Project) -> dict[str, Any]:
    """Return how a client starts the server of exactly this version."""
    return {"command": "uvx", "args": [f"{project.name}@{project.version}", "serve"]}


def cursor_link(project: Project, name: str) -> str:
    """Return the address that adds a server to Cursor."""
    configuration = base64.b64encode(_compact(_newest(project, name)).encode()).decode()
    return f"https://cursor.com/en/install-mcp?name={quote(name, safe='')}&config={quote(configuration, safe='')}"


def vscode_link(project: Project, name: str) -> str:
    """Return the address that adds a server to VS Code."""
    configuration = quote(_compact(_newest(project, name)), safe="")
    return f"https://insiders.vscode.dev/redirect/mcp/install?name={quote(name, safe='')}&config={configuration}"


def _newest(project: Project, name: str) -> dict[str, Any]:
    return {"command": "uvx", "args": [project.name, *SERVERS[name]]}


def _variable(option: Option) -> dict[str, Any]:
    variable: dict[str, Any] = {"name": option.variable, "description": option.description, "format": option.kind}
    if option.secret:
        variable["isSecret"] = True
    if option.choices:
        variable["choices"] = list(option.choices)
    if option.default != "":
        variable["default"] = json.dumps(option.default) if option.kind != "string" else str(option.default)
    return variable


def _compact(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))
