"""A `uvx` that knows one package, ours, and takes it from this environment: no index is asked.

For the tests and `scripts/check_clients`; `scripts/check_install` runs the same lines with uv's own, on the wheel.
"""

import shlex
import sys
from importlib.metadata import version
from pathlib import Path

_SCRIPT = """#!/bin/sh
case "$1" in
outreach-mcp | outreach-mcp@{version}) shift; exec {python} -m outreach_mcp "$@" ;;
*) echo "uvx: there is no package $1" >&2; exit 2 ;;
esac
"""


def folder_with_uvx(folder: Path) -> Path:
    """Write it into a folder, for a PATH, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "uvx"
    script.write_text(
        _SCRIPT.format(version=version("outreach-mcp"), python=shlex.quote(sys.executable)), encoding="utf-8"
    )
    script.chmod(0o755)
    return folder
