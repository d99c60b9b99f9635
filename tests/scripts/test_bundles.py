"""`scripts/build_bundles`: what clients install the server from is what the project gives, and it starts the server.

Their makers' own programs judge the same files in `scripts/check_bundles`; `scripts/check_install` has uv's own uvx and
uv run them.
"""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client, StdioServerParameters

from bundles import clients, desktop
from bundles.options import options
from bundles.project import Project
from outreach_mcp.settings.settings import Settings, variable_of
from outreach_tools.playbooks.collection import PLAYBOOKS
from outreach_tools.playbooks.playbook import Playbook
from outreach_tools.toolsets import OPT_IN, all_tools
from tests.support.pasted import Command, linked, read_by_clients
from tests.support.processes import ROOT, SECONDS, environment
from uvx import folder_with_uvx

PROJECT = Project.read(ROOT)
OFFERED = [tool for tool in all_tools() if tool.name not in OPT_IN]
MANIFEST = desktop.manifest(PROJECT, options(), OFFERED)
ENTRY = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMITTED = (
    *(
        "pyproject.toml",
        "README.md",
        "docs/container.md",
        ".github/CODEOWNERS",
        "server.json",
        "gemini-extension.json",
        "llms.txt",
    ),
    *(".claude-plugin/marketplace.json", "plugins/claude-code/.claude-plugin/plugin.json"),
    *("plugins/claude-code/.mcp.json", "plugins/claude-code/README.md"),
)
"""The files that are generated, or hold something that is."""


def build(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_bundles", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        timeout=SECONDS,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that the script reads and writes in a clone."""
    folder = tmp_path / "clone"
    names = (*COMMITTED, "uv.lock", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/README.md")
    guides = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")]
    for name in (*names, *guides):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A file that is named as the wheel is; scripts/check_install has a real one."""
    path = tmp_path / f"outreach_mcp-{PROJECT.version}-py3-none-any.whl"
    path.write_bytes(b"the wheel")
    return path


def contents(folder: Path, names: tuple[str, ...] = COMMITTED) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names}


def test_the_committed_files_are_what_the_project_gives() -> None:
    checked = build("--check")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_file_that_says_something_else_is_found(clone: Path, name: str) -> None:
    path = clone / name
    text = path.read_text(encoding="utf-8")
    changed = text.replace("outreach-mcp/outreach-mcp", "somebody/outreach-mcp", 1).replace(
        "@outreach-mcp/", "@some/", 1
    )
    # What names no owner says what kind of server it is.
    path.write_text(changed if changed != text else text.replace("serve", "sell", 1), encoding="utf-8")
    checked = build("--check", "--root", clone)
    assert (checked.returncode, name in checked.stderr) == (1, True), checked.stderr


def test_a_second_run_changes_nothing(clone: Path, wheel: Path) -> None:
    for name in COMMITTED:
        if (clone / name).suffix == ".json":
            (clone / name).unlink()
    assert build("--root", clone, "--wheel", wheel).returncode == 0
    once = contents(clone) | contents(clone / "dist", tuple(path.name for path in (clone / "dist").iterdir()))
    assert once.items() >= contents(ROOT).items()
    again = build("--root", clone, "--wheel", wheel)
    twice = contents(clone) | contents(clone / "dist", tuple(path.name for path in (clone / "dist").iterdir()))
    assert (again.returncode, "wrote" in again.stdout, twice) == (0, False, once)


def test_the_owner_is_one_variable(clone: Path, wheel: Path) -> None:
    pyproject = clone / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace(f'owner = "{PROJECT.owner}"', 'owner = "Acme-Sales"'), encoding="utf-8")
    assert build("--root", clone, "--wheel", wheel).returncode == 0
    (bundle,) = (clone / "dist").glob("*.mcpb")
    with zipfile.ZipFile(bundle) as archive:
        archive.extract("manifest.json", clone)
    written = "\n".join(
        path.read_text(encoding="utf-8") for path in clone.rglob("*") if path.suffix not in (".mcpb", ".lock", "")
    )
    named = re.findall(
        r"(?:github\.com|githubusercontent\.com|ghcr\.io|io\.github)[./]([\w.-]+)/outreach-mcp\b", written
    )
    assert {owner.lower() for owner in named} == {"acme-sales"}
    assert "@Acme-Sales/maintainers" in (clone / ".github/CODEOWNERS").read_text(encoding="utf-8")
    assert "claude plugin marketplace add Acme-Sales/outreach-mcp" in (clone / "README.md").read_text(encoding="utf-8")


def test_nothing_else_in_the_repository_names_the_owner() -> None:
    listed = subprocess.run(
        ["git", "grep", "--files-with-matches", "-E", rf"(github\.com|io\.github\.|ghcr\.io)/?{PROJECT.owner}/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert set(listed.stdout.split()) <= set(COMMITTED)


def test_a_wheel_of_another_version_makes_no_bundle(clone: Path, tmp_path: Path) -> None:
    old = tmp_path / "outreach_mcp-0.0.9-py3-none-any.whl"
    old.touch()
    ended = build("--root", clone, "--wheel", old)
    assert (ended.returncode, ended.stderr) == (2, f"build_bundles: {old.name} is not of version {PROJECT.version}\n")
    assert not (clone / "dist").exists()


def test_the_package_index_gets_complete_metadata() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["authors"] == [{"name": "The outreach-mcp contributors"}]
    assert {"Homepage", "Documentation", "Repository", "Issues", "Changelog"} <= set(project["urls"])
    assert project["keywords"]
    minors = [each.removeprefix("Programming Language :: Python :: 3.") for each in project["classifiers"]]
    assert [minor for minor in minors if minor.isdigit()] == ["11", "12", "13", "14"]


# The registry


def test_the_registry_finds_its_marker_in_the_readme_that_the_package_index_shows() -> None:
    assert f"mcp-name: {ENTRY['name']} " in README
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["metadata"]["hooks"]
    assert hooks["fancy-pypi-readme"]["fragments"] == [{"path": "README.md"}]


def test_the_registrys_entry_names_this_version_alone() -> None:
    (package,) = ENTRY["packages"]
    assert {ENTRY["version"], package["version"]} == {PROJECT.version}
    assert (package["registryType"], package["identifier"]) == ("pypi", PROJECT.name)


def test_a_description_that_the_registry_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="longer than 100 characters"):
        clients.registry_entry(dataclasses.replace(PROJECT, description="x" * 101), options())


def test_the_readmes_links_lead_somewhere_from_the_package_index_as_well() -> None:
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["metadata"]["hooks"]
    (rule,) = hooks["fancy-pypi-readme"]["substitutions"]
    shown = re.sub(rule["pattern"], rule["replacement"], README)
    assert [link for link in re.findall(r"\]\(([^)]+)\)", shown) if not link.startswith(("https://", "#"))] == []
    assert f"]({PROJECT.repository}/blob/main/docs/safety.md#one-gate)" in shown


# The settings in forms


def filled_in(given: dict[str, Any]) -> dict[str, str]:
    """Return the environment that a client gives the bundle's server: placeholders filled in as the manifest says."""
    values = {key: field["default"] for key, field in MANIFEST["user_config"].items()} | given
    texts = {key: json.dumps(value) if not isinstance(value, str) else value for key, value in values.items()}
    environ: dict[str, str] = MANIFEST["server"]["mcp_config"]["env"]
    return {name: texts[re.sub(r"\$\{user_config\.(\w+)\}", r"\1", value)] for name, value in environ.items()}


def test_each_field_of_a_form_is_a_setting() -> None:
    keys = list(MANIFEST["user_config"])
    assert keys == [option.key for option in options()]
    assert set(keys) <= set(Settings.model_fields)
    assert list(MANIFEST["server"]["mcp_config"]["env"]) == [variable_of(key) for key in keys]
    assert [each["name"] for each in ENTRY["packages"][0]["environmentVariables"]] == [variable_of(key) for key in keys]


def test_what_is_secret_is_marked_so_in_every_form() -> None:
    secret = {"client_secret", "refresh_token", "access_token"}
    assert {key for key, field in MANIFEST["user_config"].items() if field.get("sensitive")} == secret
    variables = ENTRY["packages"][0]["environmentVariables"]
    assert {each["name"] for each in variables if each.get("isSecret")} == {variable_of(key) for key in secret}


def test_a_form_that_is_left_as_it_is_gives_the_defaults() -> None:
    # A token, so that it starts without a login.
    given = filled_in({"access_token": "an-access-token"})
    assert Settings.from_environment(given) == Settings.from_environment({"OUTREACH_ACCESS_TOKEN": "an-access-token"})


VALUES: dict[str, tuple[Any, Any]] = {
    "sandbox": (True, True),
    "read_only": (True, True),
    "toolsets": ("sales, tasks", ("sales", "tasks")),
    "confirm": ("writes", "writes"),
    "time_zone": ("Europe/Berlin", "Europe/Berlin"),
    "max_result_tokens": (9000, 9000),
    "client_id": ("an-app", "an-app"),
    "client_secret": ("its-secret", "its-secret"),
    "redirect_uri": ("https://localhost/outreach-mcp", "https://localhost/outreach-mcp"),
    "refresh_token": ("a-refresh-token", "a-refresh-token"),
    "access_token": ("an-access-token", "an-access-token"),
}
"""The entries of a field, and the setting that each makes."""


def test_what_is_entered_in_a_field_is_the_setting() -> None:
    assert set(VALUES) == {option.key for option in options()}
    for key, (entered, meant) in VALUES.items():
        settings = Settings.from_environment(filled_in({"sandbox": True, key: entered}))
        value = getattr(settings, key)
        assert (value.get_secret_value() if hasattr(value, "get_secret_value") else value) == meant, key


def test_the_bounds_and_choices_of_a_form_are_the_settings_own() -> None:
    fields = MANIFEST["user_config"]
    assert (fields["max_result_tokens"]["min"], fields["max_result_tokens"]["max"]) == (500, 100_000)
    variables = {each["name"]: each for each in ENTRY["packages"][0]["environmentVariables"]}
    assert variables["OUTREACH_MCP_CONFIRM"]["choices"] == ["never", "destructive", "writes"]


def test_the_bundle_lists_every_tool() -> None:
    assert [tool["name"] for tool in MANIFEST["tools"]] == [tool.name for tool in OFFERED]


# Starting


COMMANDS: dict[str, Command] = {
    **read_by_clients(),
    **{" ".join(place): command for place, command in linked().items()},
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_what_a_client_installs_starts_the_server(command: Command, tmp_path: Path) -> None:
    environ = environment(
        PATH=f"{folder_with_uvx(tmp_path)}:/usr/bin:/bin", HOME=str(tmp_path), OUTREACH_ACCESS_TOKEN="a-token"
    )
    server = StdioServerParameters(command=command[0], args=list(command[1:]), env=environ, cwd=tmp_path)
    async with Client(server, read_timeout_seconds=SECONDS) as client:
        assert len((await client.list_tools()).tools) == len(OFFERED)


def test_there_is_a_link_for_each_editor_and_server() -> None:
    assert linked() == {
        (editor, name): ("uvx", "outreach-mcp", *arguments)
        for editor in ("cursor.com", "insiders.vscode.dev")
        for name, arguments in clients.SERVERS.items()
    }


def test_the_marketplace_leads_to_the_plugin() -> None:
    (plugin,) = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text(encoding="utf-8"))["plugins"]
    manifest = json.loads((ROOT / plugin["source"] / ".claude-plugin/plugin.json").read_text(encoding="utf-8"))
    assert (manifest["name"], manifest["version"]) == (plugin["name"], PROJECT.version)


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: playbook.name)
def test_the_plugin_brings_each_playbook_as_a_skill(playbook: Playbook) -> None:
    folder = ROOT / "plugins/claude-code/skills" / playbook.name.replace("_", "-")
    text = (folder / "SKILL.md").read_text(encoding="utf-8")
    front = re.match(r'---\nname: (?P<name>[a-z][a-z-]{0,63})\ndescription: (?P<words>"[^\n]+")\n---\n\n# ', text)
    assert front is not None
    assert front["name"] == folder.name
    assert json.loads(front["words"]).startswith(playbook.description)
    assert len(json.loads(front["words"])) <= 1024
    assert playbook.steps.partition("\n\n")[2] in text
    assert all(f"- `<{argument.name}>`: " in text for argument in playbook.arguments)


def test_the_plugin_has_no_other_skill() -> None:
    found = {folder.name for folder in (ROOT / "plugins/claude-code/skills").iterdir()}
    assert found == {playbook.name.replace("_", "-") for playbook in PLAYBOOKS}


def test_the_bundle_holds_the_wheel_and_the_versions_of_the_lock(clone: Path, wheel: Path) -> None:
    assert build("--root", clone, "--wheel", wheel).returncode == 0
    (bundle,) = (clone / "dist").glob("*.mcpb")
    with zipfile.ZipFile(bundle) as archive:
        assert sorted(archive.namelist()) == sorted(["manifest.json", "pyproject.toml", desktop.START, wheel.name])
        assert archive.read(wheel.name) == b"the wheel"
        assert json.loads(archive.read("manifest.json")) == MANIFEST
        inside = tomllib.loads(archive.read("pyproject.toml").decode())
    assert inside["tool"]["uv"]["sources"][PROJECT.name] == {"path": wheel.name}
    pinned = dict(each.partition(" ")[0].split("==") for each in inside["tool"]["uv"]["constraint-dependencies"])
    lock = cast(list[dict[str, Any]], tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"])
    locked = {package["name"]: package["version"] for package in lock if "version" in package}
    assert {"mcp", "httpx", "pydantic", "cryptography"} <= set(pinned)
    assert {name: version for name, version in pinned.items() if locked[name] != version} == {}


def test_llms_txt_leads_to_every_guide_by_its_title() -> None:
    overview = (ROOT / "llms.txt").read_text(encoding="utf-8")
    links = dict(
        re.findall(r"^- \[([^\]]+)\]\(https://raw\.githubusercontent\.com/[^/]+/[^/]+/main/([^)]+)\)", overview, re.M)
    )
    guides = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")]
    assert set(guides) | {"README.md"} <= set(links.values())
    titles = {title: (ROOT / name).read_text(encoding="utf-8").partition("\n")[0] for title, name in links.items()}
    assert {title for title, heading in titles.items() if heading != f"# {title}"} == set()
