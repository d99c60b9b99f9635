"""The command that clients are told to start a server with, for each way in which people install it."""

from pathlib import Path

import pytest

from outreach_mcp.commands.login.installation import Installation, this_installation

OF_UV = "home = /usr/bin\nimplementation = CPython\nuv = 0.13.9\n"
OF_VENV = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.13.1\n"


def environment(prefix: Path, *, made: str = OF_VENV, marked: tuple[str, ...] = (), command: bool = True) -> Path:
    """Make what an environment consists of for this; `marked` are the folders, seen from it, that say "a cache"."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text(made, encoding="utf-8")
    for folder in marked:
        (prefix / folder / "CACHEDIR.TAG").touch()
    if command:
        (prefix / "bin" / "outreach-mcp").touch()
    return prefix


def started(prefix: Path) -> list[str]:
    return Installation(prefix, prefix / "bin" / "python").start()


def test_what_was_installed_to_stay_is_started_by_its_full_path(tmp_path: Path) -> None:
    made = {
        "pip": environment(tmp_path / "project" / ".venv"),
        "uv venv": environment(tmp_path / "other" / ".venv", made=OF_UV, marked=(".",)),
        "uv tool install": environment(tmp_path / "uv" / "tools" / "outreach-mcp", made=OF_UV),
        "pipx install": environment(tmp_path / "pipx" / "venvs" / "outreach-mcp"),
    }
    (made["pipx install"] / "pipx_metadata.json").touch()
    assert {name: started(prefix) for name, prefix in made.items()} == {
        name: [str(prefix / "bin" / "outreach-mcp")] for name, prefix in made.items()
    }


@pytest.mark.parametrize("cache", [".cache/uv", "Library/Caches/uv", "elsewhere"])
def test_what_uvx_made_for_one_run_is_started_by_uvx(tmp_path: Path, cache: str) -> None:
    prefix = environment(tmp_path / cache / "archive-v0" / "SHRO2G9D", made=OF_UV, marked=(".", "../.."))
    assert started(prefix) == ["uvx", "outreach-mcp"]


def test_what_pipx_made_for_one_run_is_started_by_pipx_run(tmp_path: Path) -> None:
    prefix = environment(tmp_path / ".cache" / "pipx" / "0f3c2a")
    (prefix / "pipx_metadata.json").touch()
    assert started(prefix) == ["pipx", "run", "outreach-mcp"]


def test_an_environment_in_a_cache_that_somebody_else_made_is_started_by_its_full_path(tmp_path: Path) -> None:
    prefix = environment(tmp_path / ".cache" / "ours", marked=("..",))
    assert started(prefix) == [str(prefix / "bin" / "outreach-mcp")]


def test_without_an_installed_command_python_runs_the_module(tmp_path: Path) -> None:
    prefix = environment(tmp_path / ".venv", command=False)
    assert started(prefix) == [str(prefix / "bin" / "python"), "-m", "outreach_mcp"]


def test_the_one_that_runs_the_tests_is_started_by_a_path_that_is_there() -> None:
    assert Path(this_installation().start()[0]).is_file()
