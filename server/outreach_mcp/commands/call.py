"""`outreach-mcp call`: one tool from the shell."""

import difflib
import json
import sys
from typing import cast

import anyio

from outreach_mcp.about import about
from outreach_mcp.api.tokens.logins import with_login
from outreach_mcp.calls import Outcome, run_tool
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.connection import Connection
from outreach_mcp.gate import Gate
from outreach_mcp.granted import granted_scopes
from outreach_mcp.journal import Journal
from outreach_mcp.policy import Policy, policy_of
from outreach_mcp.settings import Settings
from outreach_mcp.sight.logs import start_logging
from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Context, Tool


def call(tool_name: str, arguments: str, settings: Settings) -> int:
    """Run one tool; its answer goes to stdout, a failure to stderr.

    `arguments` is a JSON object, or `-` to read it from stdin. Returns 0 for success and 1 for a tool that failed;
    raises `UsageError`, and `SettingsError` for settings that lead to nobody's account.
    """
    settings = with_login(settings)
    policy = policy_of(settings, granted_scopes(settings))
    tool = _tool(tool_name, policy)
    parsed = _json_object(sys.stdin.read() if arguments == "-" else arguments)
    start_logging(settings.log_level)
    outcome = anyio.run(_run, tool, parsed, policy, settings)
    print(outcome.text, file=sys.stderr if outcome.failed else sys.stdout)
    return 1 if outcome.failed else 0


async def _nobody_asks(_: str) -> None:
    """Agree: whoever types the command is the person who would be asked."""


async def _run(tool: Tool, arguments: JsonObject, policy: Policy, settings: Settings) -> Outcome:
    connection = Connection(settings)
    journal = Journal(settings.journal, connection.now) if settings.journal else None
    try:
        gate = Gate(connection, policy, tool, "never", _nobody_asks, journal)
        known = about(connection, settings, policy)
        budget, zone = settings.max_result_tokens, settings.time_zone
        context = Context(gate, budget, known, zone, connection.now, gate.attempt)
        return await run_tool(tool, context, arguments)
    finally:
        with anyio.CancelScope(shield=True):
            await connection.aclose()


def _tool(name: str, policy: Policy) -> Tool:
    by_name = {tool.name: tool for tool in policy.offered()}
    if name in by_name:
        return by_name[name]
    if why := policy.why_not(name):
        raise UsageError(why)
    nearest = difflib.get_close_matches(name, by_name, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else "`outreach-mcp tools` lists them"
    raise UsageError(f"there is no tool {name!r}: {hint}")


def _json_object(text: str) -> JsonObject:
    try:
        parsed: object = json.loads(text)
    except ValueError as error:
        raise UsageError(f"the arguments are no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise UsageError(f"the arguments must be a JSON object, such as '{{\"page_size\": 5}}', not {text.strip()}")
    return cast(JsonObject, parsed)
