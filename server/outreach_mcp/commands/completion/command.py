"""`outreach-mcp completion`: prints the script that a shell completes by."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from outreach_mcp.commands.completion.bash import bash_completion
from outreach_mcp.commands.completion.command_tree import Command, command_tree
from outreach_mcp.commands.completion.fish import fish_completion
from outreach_mcp.commands.completion.zsh import zsh_completion
from outreach_mcp.io.streams import show

_SCRIPTS: Mapping[str, Callable[[Command], str]] = MappingProxyType(
    {"bash": bash_completion, "zsh": zsh_completion, "fish": fish_completion}
)


def show_completion(shell: str) -> int:
    """Print the script for a shell."""
    show(_SCRIPTS[shell](command_tree()).rstrip("\n"))
    return 0
