"""All checks in their order, each only where the ones it rests on did not fail."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import anyio
import anyio.to_thread

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.layers.limits import Allowance
from outreach_mcp.api.tokens.choosing import token_source
from outreach_mcp.api.tokens.claims import claims_of
from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.commands.doctor.credentials import check_access_token, check_store, find_credentials
from outreach_mcp.commands.doctor.journal import check_journal
from outreach_mcp.commands.doctor.network import check_network, check_proxy, proxy_for
from outreach_mcp.commands.doctor.reach import check_limits, check_scopes, check_tools, try_scopes
from outreach_mcp.commands.doctor.report import Finding, Report, skipped
from outreach_mcp.commands.doctor.signing_in import WatchedTokens, check_token, check_user
from outreach_mcp.connection import Connection
from outreach_mcp.guard.granted import granted_scopes
from outreach_mcp.guard.policy import Policy, policy_of
from outreach_mcp.settings.rules import act_as_themselves, check_callers
from outreach_mcp.settings.settings import Settings, SettingsError

_SECONDS = 10.0
"""Seconds that one request may take with all its attempts: a person waits for this."""

_INSIDE = ("token", "user", "scopes", "limits")
"""The checks that need a token."""


async def examine(
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    *,
    clock: Clock = MACHINE,
) -> Report:
    """Make every check and report what was found; nothing is raised and nothing is changed.

    Only an access token that has expired is renewed, as `serve` would. The settings are read from `environ` and
    `overrides`, `clock` is that of this machine.
    """
    try:
        given = Settings.from_environment(environ, **overrides)
        check_callers(given)
        policy = policy_of(given)
    except (SettingsError, ValueError) as error:
        do = "The README's table of settings says what each may be"
        return Report((Finding("settings", "broken", str(error), do, "settings"),))
    first = [Finding("settings", "ok", "every setting that is set is known and right")]
    if given.journal is not None:
        first.append(check_journal(given.journal, clock.now()))
    settings, credentials = find_credentials(given)
    first.append(credentials)
    if settings is None:
        return Report(tuple(first))
    examination = _Examination(settings, policy, clock)
    if settings.sandbox:
        return Report((*first, *await examination.of_sandbox(), check_tools(policy)))
    return Report((*first, *await examination.of_api(), check_tools(policy)))


@dataclass(frozen=True, slots=True)
class _Examination:
    settings: Settings
    policy: Policy
    clock: Clock

    async def of_sandbox(self) -> tuple[Finding, ...]:
        connection = Connection(self.settings, clock=self.clock)
        try:
            user = await connection.current_user()
        finally:
            await connection.aclose()
        return (Finding("user", "ok", f"{user.name} <{user.email}>, user {user.user_id} of the sandbox"),)

    async def of_api(self) -> tuple[Finding, ...]:
        store, stored = await anyio.to_thread.run_sync(check_store, self.settings)
        proxy = proxy_for(self.settings)
        found = [store, check_proxy(proxy)]
        if found[-1].status == "broken":
            return (
                *found,
                *skipped("network", "token", "user", "scopes", "limits", because="the proxy cannot be used"),
            )
        network, skew = await check_network(self.settings, proxy, self.clock)
        found += [network, skew] if skew else [network]
        if network.status == "broken":
            return (
                *found,
                *skipped(*_INSIDE, because="the API does not answer as it should"),
            )
        if act_as_themselves(self.settings):
            return (*found, *skipped(*_INSIDE, because="each caller has a connection of their own"))
        if store.status == "broken":
            return (*found, *skipped(*_INSIDE, because="the token store cannot be used"))
        return (*found, *await self._inside(stored))

    async def _inside(self, stored: StoredTokens | None) -> tuple[Finding, ...]:
        """Make the checks that need a token."""
        tokens = WatchedTokens(token_source(self.settings, self.clock))
        token = await check_token(tokens, stored, self.clock.now())
        if token.status == "broken":
            return (token, *skipped("user", "scopes", "limits", because="there is no access token"))
        if self.settings.access_token is not None:
            token = check_access_token(self.settings, self.clock.now())
        client = OutreachClient(self.settings.api_url, tokens, clock=self.clock, deadline=_SECONDS)
        try:
            user = await check_user(client, tokens, stored, self.clock)
            limits = () if client.allowance == Allowance() else (check_limits(client.allowance),)
            if user.status == "broken":
                return (token, user, *skipped("scopes", because="Outreach did not say who acts"), *limits)
            return (token, user, await self._scopes(client, tokens), check_limits(client.allowance))
        finally:
            await client.aclose()

    async def _scopes(self, client: OutreachClient, tokens: WatchedTokens) -> Finding:
        claims = claims_of(tokens.latest)
        source = "the token itself says"
        granted = claims.scopes if claims else None
        if granted is None:
            source = "the token endpoint said"
            granted = await anyio.to_thread.run_sync(granted_scopes, self.settings)
        if granted is None:
            return await try_scopes(client, self.policy)
        return check_scopes(granted, replace(self.policy, granted=granted), source)
