"""`outreach-mcp playbooks`: which playbooks there are, and the text of one."""

import json
import textwrap

from outreach_mcp.commands.terminal import Terminal
from outreach_mcp.commands.unknown_names import nearest_names
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.guard.policy import policy_of
from outreach_mcp.io.streams import show
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject
from outreach_tools.playbooks.collection import PLAYBOOKS, playbook_named
from outreach_tools.playbooks.playbook import Playbook


def show_playbooks(settings: Settings, name: str | None, terminal: Terminal, *, as_json: bool) -> int:
    """Print the playbooks that can be followed with the tools that the settings offer, or the text of the one named so.

    Raises `UsageError` for a name that none has, and for one whose tools the settings leave out.
    """
    tools = {tool.name for tool in policy_of(settings).offered()}
    offered = [each for each in PLAYBOOKS if not each.lacking(tools)]
    if name is None:
        show(json.dumps([_facts(each) for each in offered], indent=2) if as_json else _listed(offered, terminal))
        return 0
    playbook = playbook_named(name)
    if playbook is None:
        raise UsageError(
            f"there is no playbook {name!r}: {nearest_names(name, [each.name for each in PLAYBOOKS], 'playbooks')}"
        )
    if lacking := playbook.lacking(tools):
        raise UsageError(f"{playbook.name} needs {', '.join(lacking)}, which these settings leave out")
    show(json.dumps(_facts(playbook), indent=2) if as_json else playbook.text(offered=tools).rstrip("\n"))
    return 0


def _listed(playbooks: list[Playbook], terminal: Terminal) -> str:
    """Return one line for each playbook; on a terminal wrapped at its width."""
    width = max((len(each.name) for each in playbooks), default=0)
    lines = [f"{each.name:{width}}  {each.description}" for each in playbooks]
    if terminal.width is None:
        return "\n".join(lines)
    return "\n".join(
        textwrap.fill(line, terminal.width, subsequent_indent=" " * (width + 2), break_on_hyphens=False)
        for line in lines
    )


def _facts(playbook: Playbook) -> JsonObject:
    return {
        "name": playbook.name,
        "title": playbook.title,
        "description": playbook.description,
        "arguments": [
            {"name": each.name, "description": each.description, "required": each.required}
            for each in playbook.arguments
        ],
        "tools": list(playbook.tools),
        "changes": list(playbook.changes),
        "calls": playbook.calls,
        "tokens": playbook.tokens,
    }
