"""The tests that walk through a part of something, at full length: every day, question and example that they know.

They are those that take a count of `tests/support/counts.py`; pytest's own arguments choose among them.
"""

import os
import subprocess
import sys

from tests.support.counts import VARIABLE
from tests.support.processes import ROOT


def files() -> list[str]:
    """Return the test files that take such a count."""
    taken = "from tests.support.counts import"
    return sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py") if taken in path.read_text("utf-8")
    )


def main() -> int:
    """Run them and return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "--numprocesses", "auto", "--dist", "worksteal", *files(), *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, VARIABLE: "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
