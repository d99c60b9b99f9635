"""Checks how far the server gets: the token's scopes, the hour's calls, and what the settings offer."""

from collections.abc import Collection, Iterable

import anyio

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.from_answers import in_utc
from outreach_mcp.api.errors.tree import MissingScopeError, OutreachError
from outreach_mcp.api.layers.limits import Allowance
from outreach_mcp.commands.doctor.report import Finding
from outreach_mcp.guard.policy import Policy
from outreach_mcp.guard.scopes import scopes_of
from outreach_tools.catalog import resource_type
from outreach_tools.client import Request
from outreach_tools.engine.matching import listed
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import OPT_IN, all_tools

_DO = "Add them to the app in Outreach and log in again: a token issued before does not gain them"

_MOST_NAMED = 10
"""Tools that a line spells out."""

_MOST_TAKEN = 128
"""Tools that VS Code and OpenAI's API take at once, of all servers together: the largest cap that is published."""

_FEW_CALLS = 0.05
"""The part of the hour's limit below which running out of it is near."""


def check_scopes(granted: frozenset[str], policy: Policy, source: str) -> Finding:
    """Say which scopes the token has, by what `source` says of it, and which tools that leaves out."""
    lacking = policy.lacking()
    facts = {"scopes": sorted(granted), "tools_left_out": {name: list(scopes) for name, scopes in lacking.items()}}
    if not lacking:
        return Finding("scopes", "ok", f"the token has all that the tools need, as {source}", facts=facts)
    missing = sorted({scope for scopes in lacking.values() for scope in scopes})
    says = f"the token lacks {listed(missing)}, as {source}, which leaves out {_counted(list(lacking))}"
    return Finding("scopes", "warning", says, _DO, "missing scope", {**facts, "missing_scopes": missing})


async def try_scopes(client: OutreachClient, policy: Policy) -> Finding:
    """Find out by small reads which types of records the token may read; what it may write only writing shows."""
    kinds = sorted({kind for tool in policy.offered() for kind, what in tool.operations if what == "list"})
    missing: list[str] = []
    untold: list[str] = []

    async def look(kind: str) -> None:
        plural = resource_type(kind).path
        try:
            await client.send(Request("GET", f"/{plural}", (("page[size]", "1"),), background=True))
        except MissingScopeError as error:
            missing.extend([error.scope] if error.scope else scopes_of(kind, "list"))
        except OutreachError:
            untold.append(plural)  # not a matter of scopes

    async with anyio.create_task_group() as tasks:
        for kind in kinds:
            tasks.start_soon(look, kind)
    facts = {"missing_scopes": sorted(missing), "reads_tried": len(kinds), "reads_failed": sorted(untold)}
    tried = f"the token does not say its scopes, so {len(kinds)} reads were tried"
    writes = "" if policy.read_only else "; whether it may write shows only when it does"
    if not missing:
        return Finding("scopes", "ok", f"{tried}, and none lacks a scope{writes}", facts=facts)
    out = [tool.name for tool in _needing(missing, policy.offered())]
    says = f"{tried}: it lacks {listed(sorted(missing))}, so that these fail: {_counted(out)}{writes}"
    return Finding("scopes", "warning", says, _DO, "missing scope", {**facts, "tools_failing": out})


def _counted(names: list[str]) -> str:
    left = len(names) - _MOST_NAMED
    more = f" and {left} more, which --json names" if left > 0 else ""
    return f"{len(names)} tools ({listed(names[:_MOST_NAMED])}{more})"


def _needing(missing: Collection[str], tools: Iterable[Tool]) -> list[Tool]:
    return [tool for tool in tools if any(scope in missing for each in tool.operations for scope in scopes_of(*each))]


def check_limits(allowance: Allowance) -> Finding:
    """Say how many calls are left this hour."""
    if allowance.remaining is None:
        return Finding("limits", "ok", "Outreach's answer does not say how many calls are left")
    reset = in_utc(allowance.reset) if allowance.reset else None
    facts = {"limit": allowance.limit, "calls_left": allowance.remaining, "reset_at": reset}
    of = f" of {allowance.limit:,}" if allowance.limit else ""
    says = f"{allowance.remaining:,}{of} calls are left this hour{f', until {reset}' if reset else ''}"
    if allowance.remaining > (allowance.limit or 0) * _FEW_CALLS:
        return Finding("limits", "ok", says, facts=facts)
    do = "Wait, or find out what else works as this user: the limit is the user's, not the app's"
    return Finding("limits", "warning", says, do, "hourly limit", facts)


def check_tools(policy: Policy) -> Finding:
    """Say which tools the settings offer, read-only mode and toolsets considered."""
    offered = {tool.name for tool in policy.offered()} | set(policy.lacking())
    # Without a choice by name every tool is there; what is left out then is left out by read-only alone.
    writes = [tool for tool in all_tools() if tool.name in policy.tools and tool.name not in offered]
    # Those that only a choice offers are left out by nobody.
    known = [tool for tool in all_tools() if tool.name not in OPT_IN or tool.name in policy.tools]
    unchosen = [tool for tool in known if tool.name not in policy.tools]
    facts = {"read_only": policy.read_only, "tools": len(offered), "tools_of": len(known)}
    parts = [f"the settings offer {len(offered)} of {len(known)} tools"]
    if unchosen:
        variables = "OUTREACH_MCP_TOOLSETS, OUTREACH_MCP_TOOLS and OUTREACH_MCP_EXCLUDE_TOOLS"
        parts.append(f"{len(unchosen)} are left out by {variables}")
    if policy.read_only:
        parts.append(f"read-only mode (OUTREACH_MCP_READ_ONLY or --read-only) leaves out {len(writes)} that write")
    if len(offered) > _MOST_TAKEN:
        parts.append(
            f"clients that take at most {_MOST_TAKEN} need fewer: OUTREACH_MCP_EXCLUDE_TOOLS=options leaves out the "
            "drop-downs, which lists replace"
        )
    return Finding("tools", "ok", "; ".join(parts), cause="read-only" if policy.read_only else "", facts=facts)
