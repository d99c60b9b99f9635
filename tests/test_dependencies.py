"""The source imports exactly what pyproject.toml declares, and nothing that only came along with something else."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.installed.modes import EXTRAS
from tests.support.processes import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"outreach_mcp", "outreach_sandbox", "outreach_tools"}


def names(requirements: list[str]) -> set[str]:
    """The distributions that requirements name."""
    found = {re.match(r"[A-Za-z0-9._-]+", each) for each in requirements}
    return {normal(each[0]) for each in found if each}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(source: str) -> set[str]:
    """The top-level modules that a module imports, wherever in it."""
    found = set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found - OURS - sys.stdlib_module_names


DECLARED = names(PROJECT["dependencies"])
OPTIONAL = {name for extra in PROJECT["optional-dependencies"].values() for name in names(extra)}
SOURCES = sorted(path for folder in ("server", "sandbox", "tools") for path in (ROOT / folder).rglob("*.py"))
DISTRIBUTIONS = packages_distributions()


def of_an_extra(path: Path) -> bool:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts[1:]) in EXTRAS


def distributions(module: str) -> set[str]:
    """Return the packages that bring a module: several, where they share a namespace."""
    return {normal(name) for name in DISTRIBUTIONS.get(module, [])}


def test_what_a_module_imports_is_declared() -> None:
    undeclared = {
        path.relative_to(ROOT).as_posix(): module
        for path in SOURCES
        for module in imported(path.read_text(encoding="utf-8"))
        if not distributions(module) & (DECLARED | (OPTIONAL if of_an_extra(path) else set()))
    }
    assert undeclared == {}


def test_what_is_declared_is_imported() -> None:
    modules = {module for path in SOURCES for module in imported(path.read_text(encoding="utf-8"))}
    unused = (DECLARED | OPTIONAL) - {name for module in modules for name in distributions(module)}
    assert unused == {"tzdata"}  # zoneinfo looks for it by itself


def test_every_dependency_has_a_floor() -> None:
    everything = [
        *PROJECT["dependencies"],
        *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
    ]
    assert [each for each in everything if not re.search(r">=\d", each)] == []
