"""Finds the login that settings without credentials of their own lead to, and completes them by it."""

from pathlib import Path

from pydantic import SecretStr

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.store import TokenStore, default_token_file, token_key
from outreach_mcp.settings.settings import NOTHING_GIVEN, Settings, SettingsError

_NO_SEED = ""
"""No refresh token is empty, so that no login meets the tokens of one that a user was given."""


def with_login(settings: Settings) -> Settings:
    """Return settings completed by the login that they lead to; what they say themselves goes before it.

    They stay as they are where another way in is set, or the sandbox. Raises `SettingsError` where there is no login.
    """
    if settings.sandbox or settings.way_in() != "login":
        return settings
    try:
        login = find_login(settings)
    except TokenStoreError as error:
        raise SettingsError(str(error)) from error
    if login is None:
        raise SettingsError(_nobody(settings))
    return completed_by(login, settings)


def completed_by(login: Login, settings: Settings) -> Settings:
    """Return settings with what a login knows where they say nothing themselves."""
    stored: dict[str, object] = {
        "client_id": login.client_id,
        "client_secret": SecretStr(login.client_secret),
        "redirect_uri": login.redirect_uri,
        "api_url": login.api_url,
        "token_url": login.token_url,
    }
    return settings.model_copy(
        update={name: value for name, value in stored.items() if name not in settings.model_fields_set}
    )


def find_login(settings: Settings) -> Login | None:
    """Return the latest login with the app and the API that settings name, with any where they name none.

    Raises `TokenStoreError` for a store that cannot be read.
    """
    entries = TokenStore(token_file(settings), "").read_all().values()
    logins = [entry.login for entry in entries if entry.login is not None and _fits(entry.login, settings)]
    return max(logins, key=lambda login: login.at, default=None)


def login_store(settings: Settings, client_id: str, api_origin: str) -> TokenStore:
    """Return the store of the tokens of a login with an app at an API."""
    return TokenStore(token_file(settings), token_key(_NO_SEED, client_id, api_origin))


def token_file(settings: Settings) -> Path:
    """Return the file that tokens are kept in."""
    return settings.token_file or default_token_file()


def _fits(login: Login, settings: Settings) -> bool:
    return settings.client_id in (None, login.client_id) and (
        "api_url" not in settings.model_fields_set or login.api_origin == settings.api_origin
    )


def _nobody(settings: Settings) -> str:
    if settings.client_id is None:
        return NOTHING_GIVEN
    return (
        f"Nobody has logged in with the app {settings.client_id!r} at {settings.api_origin}: run `outreach-mcp login`, "
        "or set OUTREACH_REFRESH_TOKEN, OUTREACH_CLIENT_SECRET and OUTREACH_REDIRECT_URI as well."
    )
