"""`outreach-mcp` and `python -m outreach_mcp`: the command line as a process, which Ctrl-C ends without a traceback.

Nothing heavy is imported here at the top: until `main` runs Ctrl-C is Python's.
"""

import os
import sys


def main() -> int:
    """Run the command line and return its exit code."""
    exit_code = _interrupted
    try:
        from outreach_mcp.interrupts import exit_code, leave_on_ctrl_c  # noqa: PLC0415 - see above

        leave_on_ctrl_c()
        from outreach_mcp import cli, streams  # noqa: PLC0415 - see above

        try:
            return cli.main()
        finally:
            streams.settle()
    except KeyboardInterrupt:
        os._exit(exit_code())  # without waiting for threads that wait for something else


def _interrupted() -> int:
    return 130


if __name__ == "__main__":
    sys.exit(main())
