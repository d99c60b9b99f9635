"""Reads the journal of changes back."""

import json
from pathlib import Path
from typing import Any


def lines(path: Path) -> list[dict[str, Any]]:
    """Return every line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def begun(path: Path) -> list[dict[str, Any]]:
    """Return the lines that were written before changes were sent."""
    return [line for line in lines(path) if line["event"] == "begun"]


def ended(path: Path) -> list[dict[str, Any]]:
    """Return the lines that tell what came of changes."""
    return [line for line in lines(path) if line["event"] == "ended"]


def outcomes(path: Path) -> list[str]:
    """Return what came of changes."""
    return [line["outcome"] for line in ended(path)]
