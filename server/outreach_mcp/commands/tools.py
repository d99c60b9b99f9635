"""`outreach-mcp tools`: which tools there are."""

import shutil
import sys

from outreach_mcp.commands import tool_table
from outreach_mcp.guard.policy import policy_of
from outreach_mcp.io.streams import show
from outreach_mcp.settings.settings import Settings


def show_tools(settings: Settings, *, as_json: bool) -> int:
    """Print the tools that the settings offer, as a table that fits the terminal or as JSON."""
    tools = policy_of(settings).offered()
    show(tool_table.as_json(tools) if as_json else tool_table.as_table(tools, width=_terminal_width()))
    return 0


def _terminal_width() -> int:
    # Into a file or a pipe nothing is cut.
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
