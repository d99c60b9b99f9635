"""Makes the source of access tokens that the settings ask for."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from outreach_mcp.api.tokens.source import BearerToken, TokenSource
from outreach_mcp.settings import Settings

_Value = TypeVar("_Value")


def token_source(
    settings: Settings, now: Callable[[], datetime], *, sleep: Callable[[float], None] = time.sleep
) -> TokenSource:
    """Return where access tokens come from; nothing is read or sent yet. `sleep` takes seconds, in a thread.

    Raises `ValueError` for settings that hold no credentials, several or incomplete ones.
    """
    way = settings.way_in()
    if way == "refresh token":
        return _rotating_tokens(settings, now, sleep)
    if way == "server-to-server":
        return _install_tokens(settings, now, sleep)
    return BearerToken(_given(settings.access_token))


# What only one way needs is imported for that way: signing alone takes longer than everything else.


def _rotating_tokens(settings: Settings, now: Callable[[], datetime], sleep: Callable[[float], None]) -> TokenSource:
    from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens  # noqa: PLC0415 - as said above
    from outreach_mcp.api.tokens.store import TokenStore, default_token_file, token_key  # noqa: PLC0415 - as said above

    app = OAuthApp(
        _given(settings.client_id),
        _given(settings.client_secret),
        _given(settings.redirect_uri),
        settings.token_url or f"{settings.api_origin}/oauth/token",
    )
    seed = _given(settings.refresh_token)
    key = token_key(seed.get_secret_value(), app.client_id, settings.api_origin)
    return RotatingTokens(app, seed, TokenStore(settings.token_file or default_token_file(), key), now=now, sleep=sleep)


def _install_tokens(settings: Settings, now: Callable[[], datetime], sleep: Callable[[float], None]) -> TokenSource:
    from outreach_mcp.api.tokens.server_to_server import AppInstall, InstallTokens  # noqa: PLC0415 - as said above

    url = f"{settings.api_origin}/api/app/installs/{_given(settings.install_id)}/actions/accessToken"
    return InstallTokens(
        AppInstall(_given(settings.s2s_guid), _given(settings.s2s_key_file), url), now=now, sleep=sleep
    )


def _given(value: _Value | None) -> _Value:
    if value is None:
        raise ValueError("settings name a way in that they do not complete")
    return value
