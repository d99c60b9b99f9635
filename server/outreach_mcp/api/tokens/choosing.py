"""Makes the source of access tokens that the settings ask for."""

from typing import TYPE_CHECKING, TypeVar

from outreach_mcp.api.tokens.source import BearerToken, TokenSource
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.settings.settings import NOTHING_GIVEN, Settings

if TYPE_CHECKING:
    from outreach_mcp.api.tokens.store import TokenStore

_Value = TypeVar("_Value")

_RUN_LOGIN = "Run `outreach-mcp login` again; a server that runs goes on with what came of it."


_NAME_APP = (
    "its secret was changed since the login, or it is gone. Set OUTREACH_CLIENT_SECRET, or run `outreach-mcp logout`, "
    "then `outreach-mcp login`, which asks for it."
)


def token_source(settings: Settings, clock: Clock = MACHINE) -> TokenSource:
    """Return where access tokens come from; nothing is read or sent yet.

    A login is what `with_login` completed the settings by. Raises `ValueError` for settings that hold no credentials,
    several or incomplete ones.
    """
    way = settings.way_in()
    if way == "login" and settings.client_id is None:
        raise ValueError(NOTHING_GIVEN)
    if way in ("refresh token", "login"):
        return _rotating_tokens(settings, clock)
    if way == "server-to-server":
        return _install_tokens(settings, clock)
    return BearerToken(_given(settings.access_token))


def store_of(settings: Settings) -> "TokenStore | None":
    """Return the store of the tokens that these settings lead to, None for a login that keeps none."""
    if settings.client_id is None or settings.way_in() not in ("refresh token", "login"):
        return None
    from outreach_mcp.api.tokens.credentials_of_login import login_store, token_file  # noqa: PLC0415 - as said below
    from outreach_mcp.api.tokens.store import TokenStore, token_key  # noqa: PLC0415 - as said below

    if settings.refresh_token is None:
        return login_store(settings, settings.client_id, settings.api_origin)
    key = token_key(settings.refresh_token.get_secret_value(), settings.client_id, settings.api_origin)
    return TokenStore(token_file(settings), key)


# What only one way needs is imported for that way: signing alone takes longer than everything else.


def _rotating_tokens(settings: Settings, clock: Clock) -> TokenSource:
    from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens  # noqa: PLC0415 - as said above

    app = OAuthApp(
        _given(settings.client_id),
        _given(settings.client_secret),
        _given(settings.redirect_uri),
        settings.token_endpoint,
    )
    seed, store = settings.refresh_token, _given(store_of(settings))
    if seed is not None:
        return RotatingTokens(app, seed, store, clock=clock)
    return RotatingTokens(app, None, store, clock=clock, log_in_again=_RUN_LOGIN, check_app=_NAME_APP)


def _install_tokens(settings: Settings, clock: Clock) -> TokenSource:
    from outreach_mcp.api.tokens.server_to_server import AppInstall, InstallTokens  # noqa: PLC0415 - as said above

    url = f"{settings.api_origin}/api/app/installs/{_given(settings.install_id)}/actions/accessToken"
    return InstallTokens(AppInstall(_given(settings.s2s_guid), _given(settings.s2s_key_file), url), clock=clock)


def _given(value: _Value | None) -> _Value:
    if value is None:
        raise ValueError("settings name a way in that they do not complete")
    return value
