"""The argument of every tool that changes something: with `dry_run` it shows what it would do, and does nothing.

No schema has it: in each of them it would be five tokens, and one sentence of the instructions says it for all.
"""

from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool
from outreach_tools.engine.values import boolean

ARGUMENT = "dry_run"


def without_dry_run(tool: Tool, arguments: JsonObject) -> tuple[JsonObject, bool]:
    """Return the arguments of a call without `dry_run`, and whether it is to change nothing.

    Whoever says anything but false means it: a call that was to be dry is never carried out.
    """
    if tool.read_only or tool.borrows or ARGUMENT not in arguments:
        return arguments, False
    given = arguments[ARGUMENT]
    rest = {name: value for name, value in arguments.items() if name != ARGUMENT}
    return rest, given is not None and boolean(given) is not False
