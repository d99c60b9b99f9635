"""Checks which credentials are used and from where, and whether the file that keeps their tokens can be used."""

import os
from datetime import datetime

from outreach_mcp.api.errors.from_answers import in_utc
from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens.choosing import store_of
from outreach_mcp.api.tokens.claims import claims_of
from outreach_mcp.api.tokens.credentials_of_login import find_login, with_login
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.commands.doctor.report import Finding
from outreach_mcp.settings.rules import act_as_themselves
from outreach_mcp.settings.settings import NEEDED, Settings, SettingsError


def find_credentials(given: Settings) -> tuple[Settings | None, Finding]:
    """Complete settings by the login that they lead to, and say which credentials these are; None where there are none.

    A login that cannot be read is a matter of the file that it lies in.
    """
    try:
        settings = given if act_as_themselves(given) else with_login(given)
        return settings, _told(settings)
    except (SettingsError, ValueError) as error:
        if isinstance(error.__cause__, TokenStoreError):
            return None, Finding("store", "broken", str(error), cause="store")
        return None, Finding("credentials", "broken", str(error), cause="settings")


def _told(settings: Settings) -> Finding:
    if settings.sandbox:
        says = "none: the server works in the sandbox, on demo data"
        return Finding("credentials", "ok", says, facts={"way": "sandbox"})
    if act_as_themselves(settings):
        says = "each caller's own: this server keeps a connection to Outreach for everybody"
        return Finding("credentials", "ok", says, facts={"way": "callers"})
    way = settings.way_in()
    if way not in NEEDED:
        says = f"what `outreach-mcp login` left, with the app {settings.client_id!r}"
        return Finding("credentials", "ok", says, facts={"way": way})
    says = f"{way}, from {_joined(NEEDED[way])} in the environment"
    unused = _unused_login(settings)
    if unused is not None:
        says += f"; the login with the app {unused.client_id!r} that is there as well is not used"
    return Finding("credentials", "ok", says, facts={"way": way})


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _unused_login(settings: Settings) -> Login | None:
    try:
        return find_login(settings)
    except TokenStoreError:
        return None  # it is not needed


def check_access_token(settings: Settings, now: datetime) -> Finding:
    """Report what a given access token says of itself; one that is not a JWT says nothing."""
    token = settings.access_token.get_secret_value() if settings.access_token else ""
    claims = claims_of(token)
    if claims is None or claims.expires_at is None:
        says = "OUTREACH_ACCESS_TOKEN does not say how long it lives; nothing renews it"
        return Finding("token", "ok", says, facts={"expires_at": None})
    end = in_utc(claims.expires_at)
    facts = {"expires_at": end}
    if claims.expires_at <= now:
        return Finding(
            "token",
            "broken",
            f"OUTREACH_ACCESS_TOKEN expired at {end}; access tokens live two hours",
            "Set a new one, or run `outreach-mcp login`, whose tokens are renewed by themselves",
            "expired token",
            facts,
        )
    return Finding("token", "ok", f"OUTREACH_ACCESS_TOKEN is good until {end}; nothing renews it", facts=facts)


def check_store(settings: Settings) -> tuple[Finding, StoredTokens | None]:
    """Lock and read the file that keeps renewed tokens, as `serve` does; return what it holds as well. Blocks."""
    store = None if act_as_themselves(settings) else store_of(settings)
    if store is None:
        return Finding("store", "ok", "none is needed: these credentials keep nothing between two starts"), None
    facts = {"file": str(store.path)}
    try:
        with store.locked(2):
            stored = store.read()
    except TokenStoreError as error:
        return Finding("store", "broken", str(error), cause="store", facts=facts), None
    folder = store.path.parent
    if not os.access(folder, os.W_OK):  # the lock may have been there before
        do = "Make it writable for this user, or name another file in OUTREACH_MCP_TOKEN_FILE"
        says = f"the folder {str(folder)!r} cannot be written, so that no renewed token could be kept"
        return Finding("store", "broken", says, do, "store", facts), None
    held = "holds nothing for these credentials yet"
    if stored is not None:
        held = (
            f"holds their tokens, renewed at {in_utc(stored.minted_at)}" if stored.minted_at else "holds their tokens"
        )
    return Finding(
        "store", "ok", f"{str(store.path)!r} can be locked, read and written, and {held}", facts=facts
    ), stored
