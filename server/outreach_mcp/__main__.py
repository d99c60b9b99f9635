"""`python -m outreach_mcp`: the same as the command `outreach-mcp`."""

import sys

from outreach_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
