"""Describes a connection, so that an assistant can explain a refusal: who acts, where, what is left out and why."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from outreach_mcp.api.errors.tree import MissingScopeError, OutreachError
from outreach_mcp.caller import current_caller
from outreach_mcp.guard.policy import Policy
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.text import trim
from outreach_tools.json_values import member
from outreach_tools.toolsets import OPT_IN, PRESETS, all_tools, toolsets

if TYPE_CHECKING:
    from outreach_mcp.api.current_user import CurrentUser
    from outreach_mcp.api.layers.limits import Allowance

_MOST_NAMED = 8
_LONGEST_FAILURE = 400
"""With these an answer stays within 250 tokens."""


class KnownClient(Protocol):
    """A client that can say whom it acts for and what is left of the hourly limit."""

    @property
    def allowance(self) -> "Allowance | None":
        """The limit as the last answer gave it, None before there was one."""
        ...

    async def send(self, request: Request) -> Response:
        """Send one request."""
        ...

    async def current_user(self) -> "CurrentUser":
        """Return the user the token acts for."""
        ...


async def about(
    client: KnownClient, settings: Settings, policy: Policy, *, unknown: Sequence[JsonObject] = ()
) -> JsonObject:
    """Describe a connection under a policy (see `outreach_tools.engine.tool.About`).

    `unknown` are the journal's lines of changes whose outcome nobody knows.
    """
    told: JsonObject = {}
    failed = ""
    try:
        user = await client.current_user()
        told["user"] = {"id": user.user_id, "name": user.name, "email": user.email}
        told["organisation"] = user.organisation
        # Asked at every call: it tells whether Outreach answers now, and the calls that are left now.
        told["user"] |= await _profile(client, user.user_id)
    except OutreachError as error:
        failed = trim(str(error), _LONGEST_FAILURE)
    told["outreach"] = "sandbox (demo data)" if settings.sandbox else settings.api_origin.partition("://")[2]
    told["read_only"] = policy.read_only
    told["left_out_by_settings"] = _left_out_by_settings(policy)
    lacking = policy.lacking()
    told["scopes_missing"] = _named(sorted({scope for scopes in lacking.values() for scope in scopes}))
    told["left_out_for_scopes"] = _named(list(lacking))
    told |= _calls_left(client)
    told["may_or_may_not_have_happened"] = _named(_of_caller(unknown))
    told["time_zone"] = settings.time_zone
    offered = {tool.name for tool in policy.offered()}
    told["custom_fields"] = "describe_fields tells their labels" if "describe_fields" in offered else ""
    told["failed"] = failed
    told["user"] = {name: value for name, value in told.get("user", {}).items() if value}
    return {name: value for name, value in told.items() if value not in ("", [], {}, None)}


async def _profile(client: KnownClient, user_id: int) -> JsonObject:
    """Return the user's name and e-mail as far as the token may read them."""
    request = Request("GET", f"/users/{user_id}", (("fields[user]", "name,email"),))
    try:
        body = (await client.send(request)).body
    except MissingScopeError:
        return {}
    found = {name: member(body, "data", "attributes", name) for name in ("name", "email")}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _calls_left(client: KnownClient) -> JsonObject:
    allowance = client.allowance
    if allowance is None or allowance.remaining is None:
        return {}
    reset = f"{allowance.reset:%Y-%m-%dT%H:%M:%SZ}" if allowance.reset else None
    return {"calls_left_this_hour": allowance.remaining, "calls_reset_at": reset}


def _of_caller(unknown: Sequence[JsonObject]) -> list[str]:
    """Name the changes that the asking caller has made."""
    caller = current_caller()
    own = [line for line in unknown if caller is None or line.get("subject") == caller.subject]
    return [f"{line.get('method')} {line.get('target')} at {line.get('at')}" for line in own]


def _left_out_by_settings(policy: Policy) -> list[str]:
    """Name what the settings leave out, a toolset by its name where all of it is."""
    offered = {tool.name for tool in policy.offered()} | set(policy.lacking())
    # What read-only leaves out is told by that word alone.
    # Nor are the tools told of that only a choice offers.
    usual = [tool for tool in all_tools() if tool.name not in OPT_IN]
    out = {tool.name for tool in usual if tool.name not in offered and (tool.read_only or not policy.read_only)}
    groups: dict[str, Collection[str]] = {
        name: tools - OPT_IN
        for name, tools in toolsets().items()
        if name not in PRESETS and tools - OPT_IN and tools - OPT_IN <= out
    }
    covered = {tool for tools in groups.values() for tool in tools}
    single = [tool.name for tool in all_tools() if tool.name in out - covered]
    return _named([*(f"all {name}" for name in groups), *single])


def _named(names: list[str]) -> list[str]:
    left = len(names) - _MOST_NAMED
    return names if left <= 0 else [*names[:_MOST_NAMED], f"and {left} more"]
