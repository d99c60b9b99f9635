"""The forms for issues name commands that exist, and each field once."""

import re
from pathlib import Path

import pytest

from tests.support.processes import ROOT, run

FORMS = [path for path in sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")) if path.name != "config.yml"]
COMMANDS = sorted({each for path in FORMS for each in re.findall(r"outreach-mcp ([a-z]+)", path.read_text("utf-8"))})


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_every_field_of_a_form_has_a_name_of_its_own(path: Path) -> None:
    names = re.findall(r"(?m)^    id: (\w+)$", path.read_text(encoding="utf-8"))
    fields = re.findall(r"(?m)^  - type: (?!markdown)\w+$", path.read_text(encoding="utf-8"))
    assert len(set(names)) == len(names) == len(fields) > 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_a_form_names_exists(command: str) -> None:
    assert run(command, "--help").returncode == 0
