"""The doctor's report: one finding for each check, as lines for people and as an object for scripts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["ok", "warning", "broken", "skipped"]
"""`broken` keeps the server from working as it is set; `skipped` could not be tried because of what is broken."""

Cause: TypeAlias = Literal[
    "",
    "settings",
    "read-only",
    "store",
    "journal",
    "proxy",
    "no network",
    "certificate",
    "wrong host",
    "maintenance",
    "clock",
    "expired token",
    "revoked token",
    "refused token",
    "client secret",
    "key file",
    "mint limit",
    "hourly limit",
    "locked user",
    "missing scope",
]
"""The cause of a finding, in a word that scripts may rely on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The finding of one check: what is so, what to do about it, and the facts by name."""

    check: str
    status: Status
    says: str
    do: str = ""
    cause: Cause = ""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def line(self) -> str:
        """The finding on one line."""
        sentences = " ".join(text if text[-1] in ".?!" else f"{text}." for text in (self.says, self.do) if text)
        return f"{self.status:8} {self.check:11} {sentences}"


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing is broken, 2 when a setting is wrong, else 1."""
        broken = [finding for finding in self.findings if finding.status == "broken"]
        if any(finding.cause == "settings" for finding in broken):
            return 2
        return 1 if broken else 0

    def as_text(self) -> str:
        """Return one line for each finding."""
        return "\n".join(finding.line for finding in self.findings)

    def as_json(self) -> str:
        """Return the findings as a JSON object."""
        checks = [
            {
                "check": finding.check,
                "status": finding.status,
                "says": finding.says,
                **({"do": finding.do} if finding.do else {}),
                **({"cause": finding.cause} if finding.cause else {}),
                **finding.facts,
            }
            for finding in self.findings
        ]
        return json.dumps({"ok": self.exit_code == 0, "checks": checks}, indent=1, ensure_ascii=False)


def skipped(*checks: str, because: str) -> tuple[Finding, ...]:
    """Return the findings of checks that could not be made."""
    return tuple(Finding(check, "skipped", f"not tried, because {because}") for check in checks)
