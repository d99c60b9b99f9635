"""A real process of the server for whom time has passed: its clock is ahead, and it waits a tenth of what it should.

python -m tests.long.hurried SECONDS_AHEAD PID_FILE; the settings are in the environment, as for `outreach-mcp serve`.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import anyio

from outreach_mcp.clock import Clock
from outreach_mcp.commands.serve import serve
from outreach_mcp.settings.settings import Settings
from outreach_tools.clock import utc_now

_SHARE = 0.1


async def _sleep(seconds: float) -> None:
    await anyio.sleep(seconds * _SHARE)


def main() -> int:
    """Serve until the client leaves, or the process is killed."""
    ahead, pid_file = timedelta(seconds=float(sys.argv[1])), Path(sys.argv[2])
    pid_file.write_text(str(os.getpid()))
    return serve(Settings.from_environment(os.environ), clock=Clock(now=lambda: utc_now() + ahead, sleep=_sleep))


if __name__ == "__main__":
    sys.exit(main())
