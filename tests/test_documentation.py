"""The documents say what is there."""

import re
import subprocess
import sys

import pytest

from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.settings import Settings
from tests.processes import ROOT, SECONDS, run

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (\w+) ", build_parser().format_help(), re.MULTILINE)


def test_the_table_of_tools_is_what_the_tools_give() -> None:
    script = ROOT / "scripts" / "generate_docs"
    checked = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert (checked.returncode, checked.stdout) == (0, "the table of tools is what the tools give\n"), checked.stderr


def test_every_command_is_described() -> None:
    assert re.findall(r"^\| `outreach-mcp (\w+)", README, re.MULTILINE) == COMMANDS


def test_every_setting_is_described() -> None:
    variables = re.findall(r"^\| `OUTREACH_(?:MCP_)?(\w+)`", README, re.MULTILINE)
    assert {name.lower() for name in variables} == set(Settings.model_fields)


def test_every_flag_that_is_described_exists() -> None:
    described = set(re.findall(r"(?<=`)--[a-z-]+", README)) - {"--help"}
    existing = {flag for command in COMMANDS for flag in re.findall(r"--[a-z-]+", run(command, "--help").stdout)}
    assert described - existing == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_every_link_within_the_repository_leads_somewhere(document: str) -> None:
    place = ROOT / document
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", place.read_text(encoding="utf-8"))
    assert [target for target in targets if not (place.parent / target).exists()] == []
