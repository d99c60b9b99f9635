"""The facts that pyproject.toml states of the project, and those that follow from the repository's owner."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_README_LINKS = re.compile(r"(?<=\nreplacement = '\]\()https://[^\\]*(?=\\1\)'\n)")
_URLS = re.compile(r"(?<=\n\[project\.urls\]\n).*?(?=\n\n)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Project:
    """The project as its clients and registries see it; `owner` is whose repository it is, on GitHub."""

    name: str
    version: str
    description: str
    licence: str
    authors: str
    requires_python: str
    keywords: tuple[str, ...]
    owner: str

    @classmethod
    def read(cls, root: Path) -> "Project":
        """Read it from a clone's pyproject.toml."""
        document: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        project = document["project"]
        return cls(
            name=project["name"],
            version=project["version"],
            description=project["description"],
            licence=project["license"],
            authors=", ".join(author["name"] for author in project["authors"]),
            requires_python=project["requires-python"],
            keywords=tuple(project["keywords"]),
            owner=document["tool"][project["name"]]["owner"],
        )

    @property
    def repository(self) -> str:
        """The repository's address."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def registry_name(self) -> str:
        """The server's name in the MCP registry: who may publish to the repository may publish it under this name."""
        return f"io.github.{self.owner}/{self.name}"

    @property
    def image(self) -> str:
        """The name of the released image."""
        return f"ghcr.io/{self.owner.lower()}/{self.name}"

    @property
    def urls(self) -> dict[str, str]:
        """The addresses that the package index shows."""
        return {
            "Homepage": self.repository,
            "Documentation": f"{self.repository}/tree/main/docs",
            "Repository": self.repository,
            "Issues": f"{self.repository}/issues",
            "Changelog": f"{self.repository}/blob/main/CHANGELOG.md",
        }

    def raw(self, path: str) -> str:
        """Return the address of a file as it is in the repository, for programs."""
        return f"https://raw.githubusercontent.com/{self.owner}/{self.name}/main/{path}"


def with_urls(pyproject: str, project: Project) -> str:
    """Return pyproject.toml with the addresses that follow from the owner; raises `ValueError` without a place."""
    lines = "\n".join(f"{name} = {json.dumps(url)}" for name, url in project.urls.items())
    listed = replaced_once(_URLS, pyproject, lines, "pyproject.toml has no [project.urls]")
    place = f"{project.repository}/blob/main/"
    return replaced_once(_README_LINKS, listed, place, "pyproject.toml has no replacement for the README's links")


def replaced_once(pattern: re.Pattern[str], text: str, by: str, missing: str) -> str:
    """Return a text with the one place that fits the pattern replaced; raises `ValueError` where there is not one."""
    made, places = pattern.subn(lambda _: by, text)
    if places != 1:
        raise ValueError(f"{missing}, or several")
    return made
