"""`outreach-mcp` and `python -m outreach_mcp`: the command line as a process, which Ctrl-C ends without a traceback.

Nothing heavy is imported here at the top: until `main` runs Ctrl-C is Python's.
"""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        return _run()
    except KeyboardInterrupt as interrupt:
        # Here once more: it may have come in the middle of this import.
        from outreach_mcp.io.interrupts import leave  # noqa: PLC0415 - see above

        leave(str(interrupt))


def _run() -> int:
    from outreach_mcp.io.interrupts import leave_on_ctrl_c  # noqa: PLC0415 - see above

    leave_on_ctrl_c()
    from outreach_mcp import cli  # noqa: PLC0415 - see above
    from outreach_mcp.io import streams  # noqa: PLC0415 - see above

    try:
        return cli.main()
    finally:
        streams.settle()


if __name__ == "__main__":
    sys.exit(main())
