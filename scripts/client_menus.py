"""Judges the menus that real clients got (prompts, completions, resources, pictures), and tells them in the guide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach_mcp.protocol.apps import MIME_TYPE
from outreach_tools.playbooks.collection import PLAYBOOKS

BEGIN = "<!-- menus: written by scripts/check_clients -->"
END = "<!-- end of menus -->"

_KINDS = ("prompts", "completions", "resources", "pictures")
_NAMES = {"stdio": "stdio", "sse": "SSE", "http": "HTTP"}
_LEAST_RESOURCES = len(PLAYBOOKS) + 2  # and their list, and the connection

Menus = Mapping[str, str]
"""The kinds of menus that a client has and that worked, each with what has to be said of it."""


@dataclass(frozen=True, slots=True)
class MenuRow:
    """One client: its name in tables, its version, and its menus over each transport."""

    label: str
    version: str
    menus: Mapping[str, Menus]


def judged(said: Mapping[str, Any]) -> Menus:
    """Return which menus worked, of those that a client's program has tried. Raises `ValueError` where one is wrong."""
    found: dict[str, str] = {}
    if "prompt" in said:
        right = '"prospect_id": "Theo Weber"' in said["prompt"] and said.get("prompts", len(PLAYBOOKS)) == len(
            PLAYBOOKS
        )
        found["prompts"] = _held(right, said, "prompts", "prompt")
    if "completed" in said:
        found["completions"] = _held("Maya Okafor" in said["completed"], said, "completed")
    if "resource" in said:
        enough = said.get("resources", _LEAST_RESOURCES) >= _LEAST_RESOURCES
        right = enough and str(said["resource"]).startswith("# Morning brief")
        found["resources"] = _held(right, said, "resources", "resource")
    if "picture" in said:
        _held(said["picture"] == MIME_TYPE, said, "picture")
        found["pictures"] = "" if said["approves"] else "without approval"
    return found


def menu_table(rows: Sequence[MenuRow], labels: Sequence[str], day: str, guide: str) -> str:
    """Lay out the menus of clients as a Markdown table; a client that was not tried keeps its row of `guide`."""
    tried = {row.label: row for row in rows}
    lines = [f"| Client | Version | Tried on | {' | '.join(kind.capitalize() for kind in _KINDS)} |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for label in labels:
        if row := tried.get(label):
            cells = [label, row.version, day, *(_cell(row.menus, kind) for kind in _KINDS)]
            lines.append(f"| {' | '.join(cells)} |")
        else:
            lines += [line for line in guide.splitlines() if line.startswith(f"| {label} |") and line.count("|") == 8]
    return "\n".join(lines)


def _held(right: bool, said: Mapping[str, Any], *names: str) -> str:
    if not right:
        raise ValueError(f"its menus have { ({name: said.get(name) for name in names})!r}")
    return ""


def _cell(menus: Mapping[str, Menus], kind: str) -> str:
    had = {transport: found[kind] for transport, found in menus.items() if kind in found}
    if not had:
        return "does not have them"
    whole = [_NAMES[transport] for transport, note in had.items() if not note]
    noted = [f"{_NAMES[transport]} {note}" for transport, note in had.items() if note]
    if len(whole) == len(menus):
        return "works"
    return ", ".join((*whole, *noted))
