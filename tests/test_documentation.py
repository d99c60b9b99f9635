"""The documents say what is there."""

import json
import re
import subprocess
import sys
from collections import Counter
from typing import cast

import pytest

from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.settings.settings import Settings
from tests.support.processes import ROOT, SECONDS, run

README = (ROOT / "README.md").read_text(encoding="utf-8")
MORE_SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (\w+)(?: |$)", build_parser().format_help(), re.MULTILINE)
ROWS: list[tuple[str, str, str, str]] = re.findall(
    r"^\| `(OUTREACH_\w+)` \| (.*?) ?\| (.*?) ?\| (.*) \|$", README + MORE_SETTINGS, re.MULTILINE
)
"""Variable, flag, default and meaning of every setting."""


PLACES = [ROOT, *(ROOT / each for each in ("server/outreach_mcp", "tools/outreach_tools", "sandbox/outreach_sandbox"))]
"""The beginnings of a document's paths."""


def named_paths(text: str) -> list[str]:
    """Return the files and folders that a text names: what ends like a file of ours, or in a slash."""
    own = re.sub(r"https?://\S+|\[[^\]]*\]\([^)]*\)|^```\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"(?<![\w/.$])((?:[\w.-]+/)*[\w-]+\.(?:py|json|md|toml)|(?:[\w-]+/)+)(?![\w.*]\w|\w)", own)
    return list(dict.fromkeys(found))


def field_of(variable: str) -> str:
    return re.sub("^OUTREACH_(MCP_)?", "", variable).lower()


def plainly(default: object) -> str:
    """Write a default as the tables do."""
    if isinstance(default, tuple):
        return ",".join(map(str, cast(tuple[object, ...], default)))
    return "off" if default is False else str(default)


def set_by(*arguments: str) -> set[str]:
    """Return the settings that the arguments of `serve` give."""
    given = vars(build_parser().parse_args(["serve", *arguments]))
    return {field for field in Settings.model_fields if given.get(field) is not None}


def test_the_tables_are_what_the_code_gives() -> None:
    script = ROOT / "scripts" / "generate_docs"
    checked = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert (checked.returncode, checked.stdout) == (0, "the tables are what the code gives\n"), checked.stderr


def test_the_number_of_tools_is_counted_and_not_typed() -> None:
    operations = len(json.loads((ROOT / "tests" / "connector" / "operations.json").read_text(encoding="utf-8")))
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"):
        typed = re.sub(r"<!-- tools: written.*?<!-- end", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        counted = {
            int(found)
            for found in re.findall(r"\b(\d{2,}) (?:of our )?tools\b|\btools \((\d{2,})", typed)
            for found in found
            if found
        }
        # That of the connector's operations does not change with our tools.
        assert {each for each in counted if each > 50} <= {operations}, document


def test_every_command_is_described() -> None:
    assert re.findall(r"^\| `outreach-mcp (\w+)", README, re.MULTILINE) == COMMANDS


def test_every_setting_is_described_once() -> None:
    assert Counter(field_of(row[0]) for row in ROWS) == Counter(list(Settings.model_fields))


def test_every_setting_is_described_with_the_flag_that_gives_it() -> None:
    flags = {field_of(variable): flag.strip("`") for variable, flag, _, _ in ROWS if flag}
    switches = {field for field in flags if isinstance(Settings.model_fields[field].default, bool)}
    assert [set_by(flag, *([] if field in switches else ["value"])) for field, flag in flags.items()] == [
        {field} for field in flags
    ]
    assert set(flags) == set(vars(build_parser().parse_args(["serve"]))) & set(Settings.model_fields)


def test_every_default_is_described() -> None:
    fields = Settings.model_fields
    described = {field_of(variable): default for variable, _, default, _ in ROWS}
    plain = {name: plainly(field.default) for name, field in fields.items() if field.default not in (None, ())}
    wrong = {name: default for name, default in plain.items() if default not in described[name]}
    assert wrong == {}


def test_every_flag_that_is_described_exists() -> None:
    described = set(re.findall(r"(?<=`)--[a-z-]+", README)) - {"--help"}
    existing = {flag for command in COMMANDS for flag in re.findall(r"--[a-z-]+", run(command, "--help").stdout)}
    assert described - existing == set()


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CONTRIBUTING.md",
        "AGENTS.md",
        "benchmarks/README.md",
        "docs/architecture.md",
        "docs/style.md",
        "docs/sandbox.md",
    ],
)
def test_every_link_within_the_repository_leads_somewhere(document: str) -> None:
    place = ROOT / document
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", place.read_text(encoding="utf-8"))
    assert [target for target in targets if not (place.parent / target).exists()] == []


@pytest.mark.parametrize("document", ["docs/architecture.md", "docs/style.md", "docs/sandbox.md"])
def test_every_file_and_folder_that_is_named_exists(document: str) -> None:
    named = named_paths((ROOT / document).read_text(encoding="utf-8"))
    assert named
    assert [path for path in named if not any((place / path).exists() for place in PLACES)] == []


def test_every_room_of_the_server_is_in_the_architecture() -> None:
    rooms = {path.name for path in (ROOT / "server" / "outreach_mcp").iterdir() if (path / "__init__.py").exists()}
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("The server has rooms")[2]
    assert rooms <= {path.strip("/") for path in named_paths(table.partition("## ")[0])}


def test_the_names_of_a_text_are_its_files_and_folders() -> None:
    text = "As `api/client.py` and http/ say (see https://x.example/a/b.py): `a or b/`, `utils`, and/or, tests/x.json."
    assert named_paths(text) == ["api/client.py", "http/", "b/", "tests/x.json"]


def test_the_commands_for_agents_are_five_that_there_are() -> None:
    (block,) = re.findall(
        r"^```\n(.*?)^```$", (ROOT / "AGENTS.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    lines = [line.partition("    #")[0].strip() for line in block.splitlines()]
    assert [line.split()[:2] for line in lines] == [
        ["make", "test"],
        ["make", "check"],
        [".venv/bin/python", "-m"],
        [".venv/bin/python", "-m"],
        [".venv/bin/outreach-mcp", "call"],
    ]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in ("test", "check"))
    assert [path for path in re.findall(r"tests/\S+\.py", block) if not (ROOT / path).exists()] == []
