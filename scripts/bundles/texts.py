"""The texts about installing in the README, and llms.txt, which leads programs to the documents."""

import re
from collections.abc import Sequence
from pathlib import Path

from bundles.clients import PLUGIN, SERVERS, cursor_link, vscode_link
from bundles.project import Project, replaced_once

_MARKER = re.compile(r"<!-- mcp-name: [^\n]* -->")
_BEGIN = "<!-- one click: written by scripts/build_bundles -->"
_END = "<!-- end of one click -->"
_PLACE = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
_OF_A_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*])")


def with_install_links(readme: str, project: Project) -> str:
    """Return the README with what follows from the project in its places; raises `ValueError` where one is missing.

    Besides the links that is the line by which the MCP registry sees that the package belongs to its entry.
    """
    marked = replaced_once(
        _MARKER, readme, f"<!-- mcp-name: {project.registry_name} -->", "README.md has no <!-- mcp-name: ... -->"
    )
    return replaced_once(_PLACE, marked, f"{_BEGIN}\n\n{_one_click(project)}\n\n{_END}", f"README.md has no {_BEGIN}")


def overview(project: Project, root: Path) -> str:
    """Return llms.txt (https://llmstxt.org): what this is, and each document with its first sentence."""
    guides = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    optional = [root / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/README.md")]
    return "\n".join(
        (
            f"# {project.name}",
            "",
            f"> {project.description}",
            "",
            f"Start it with `uvx {project.name} serve --sandbox` (no account needed), or log in with "
            f"`uvx {project.name} login` and start it with `uvx {project.name} serve`.",
            "",
            "## Docs",
            "",
            *_lines(project, root, guides),
            "",
            "## Optional",
            "",
            *_lines(project, root, [path for path in optional if path.exists()]),
            "",
        )
    )


def _one_click(project: Project) -> str:
    what = {"outreach-sandbox": "sandbox", "outreach": "your Outreach"}
    cursor = ", ".join(f"[{what[name]}]({cursor_link(project, name)})" for name in SERVERS)
    vscode = ", ".join(f"[{what[name]}]({vscode_link(project, name)})" for name in SERVERS)
    lines = (
        f"- **Cursor**: {cursor}. **VS Code**: {vscode}.",
        f"- **Claude Desktop**: open the `.mcpb` file of the [newest release]({project.repository}/releases/latest). "
        "It asks for the settings, and brings uv itself.",
        "- **Claude Code**, as a plugin, and **Gemini CLI**, as an extension, on your own Outreach:",
        "",
        "```",
        f"claude plugin marketplace add {project.owner}/{project.name}",
        f"claude plugin install {PLUGIN}@{project.name}",
        f"gemini extensions install {project.repository}",
        "```",
    )
    return "\n".join(lines)


def _lines(project: Project, root: Path, documents: Sequence[Path]) -> list[str]:
    lines: list[str] = []
    for document in documents:
        title, sentence = _told_by(document.read_text(encoding="utf-8"))
        link = f"- [{title}]({project.raw(document.relative_to(root).as_posix())})"
        # What goes on in a list or a block says nothing by itself.
        lines.append(f"{link}: {sentence}" if sentence.endswith(".") else link)
    return lines


def _told_by(text: str) -> tuple[str, str]:
    """Return a document's title and the first sentence below it."""
    title, _, rest = text.partition("\n")
    plain = re.sub(r"<!--.*?-->", "", rest, flags=re.DOTALL)
    paragraphs = (part.strip() for part in plain.split("\n\n"))
    first = next(part for part in paragraphs if part and part[0] not in "#`|<-")
    return title.removeprefix("# ").strip(), _SENTENCE.split(_OF_A_LINK.sub(r"\1", first))[0]
