"""Checks that the settings of a server for many callers go together: once, before it starts."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from outreach_mcp.settings.settings import Settings, SettingsError, variable_of

_MANY = ("auth_issuer", "keys_file")

_OF_THE_ISSUER = ("auth_audience", "auth_client_id", "auth_client_secret")

_OF_ONE_ACCOUNT = ("access_token", "refresh_token", "s2s_guid", "s2s_key_file", "install_id")

_OF_CONNECTIONS = ("client_id", "client_secret", "encryption_key")

_TAKEN = ("", "mcp", "sse", "messages", "health", "ready", "metrics", ".well-known", "disconnect")
"""The beginnings of this server's addresses that are not for Outreach's answers."""


def serves_many(settings: Settings) -> bool:
    """Whether each request says whose it is, rather than all being those of one user."""
    return bool(_set(settings, _MANY))


def act_as_themselves(settings: Settings) -> bool:
    """Whether each caller has a connection to Outreach of their own."""
    return serves_many(settings) and not settings.service_account and not settings.sandbox


def is_strict(settings: Settings) -> bool:
    """Whether what needs a person is refused where nobody can be asked: unless the settings say, where many call.

    One user has chosen their client; of many callers each could choose one that does not ask.
    """
    return settings.confirm_strict if "confirm_strict" in settings.model_fields_set else serves_many(settings)


def replicas_share(settings: Settings) -> bool:
    """Whether there is a store that other processes of this server may use as well."""
    return act_as_themselves(settings) or (settings.store is not None and settings.encryption_key is not None)


def check_callers(settings: Settings) -> None:
    """Raise `SettingsError` for settings that contradict each other on who may call, or lack something for it."""
    many = " and ".join(_set(settings, _MANY))
    if not many:
        if lost := _set(settings, _OF_THE_ISSUER):
            raise SettingsError(f"{lost[0]} means nothing without OUTREACH_MCP_AUTH_ISSUER: set both, or neither.")
        if settings.service_account:
            raise SettingsError(
                "OUTREACH_MCP_SERVICE_ACCOUNT is for a server of many callers: set OUTREACH_MCP_AUTH_ISSUER or "
                "OUTREACH_MCP_KEYS_FILE as well, or unset it."
            )
        return
    if settings.transport == "stdio":
        raise SettingsError(
            f"{many} tells callers apart over HTTP, and over stdio there is only one: unset it, or serve with "
            "OUTREACH_MCP_TRANSPORT=http."
        )
    if settings.key is not None:
        raise SettingsError(
            f"OUTREACH_MCP_KEY is the key of a server with one user, and {many} tells many callers apart: set one or "
            "the other."
        )
    if settings.public_url is None:
        raise SettingsError(
            f"{many} needs OUTREACH_MCP_PUBLIC_URL, the address that clients and browsers reach this server by, such "
            "as https://mcp.example.com."
        )
    if settings.auth_issuer is None and (lost := _set(settings, _OF_THE_ISSUER)):
        raise SettingsError(f"{lost[0]} means nothing without OUTREACH_MCP_AUTH_ISSUER: set both, or neither.")
    if settings.auth_client_secret is not None and settings.auth_client_id is None:
        raise SettingsError(
            "OUTREACH_MCP_AUTH_CLIENT_SECRET means nothing without OUTREACH_MCP_AUTH_CLIENT_ID: set both."
        )
    if act_as_themselves(settings):
        _check_connections(settings, settings.public_url)


def _check_connections(settings: Settings, public_url: str) -> None:
    """Raise `SettingsError` unless callers can connect their own accounts."""
    if given := _set(settings, _OF_ONE_ACCOUNT):
        raise SettingsError(
            f"{given[0]} is for one account, and each caller connects their own: unset it, or set "
            "OUTREACH_MCP_SERVICE_ACCOUNT=1 to have all of them work as that one."
        )
    needed = (*_OF_CONNECTIONS, *(["auth_client_id"] if settings.auth_issuer is not None else []))
    given = _set(settings, needed)
    if missing := [name for name in map(variable_of, needed) if name not in given]:
        raise SettingsError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing, and callers cannot connect their "
            "own Outreach accounts without: docs/many-callers.md says where to get each."
        )
    back = urlsplit((settings.redirect_uri or f"{public_url}/connect/outreach").removeprefix(public_url))
    own = ("/connect", "/connect/signed-in", "/connect/done")
    taken = back.path in own or back.path.split("/")[1:2] in [[each] for each in _TAKEN]
    if back.scheme or back.netloc or back.query or not back.path.startswith("/") or taken:
        raise SettingsError(
            f"OUTREACH_REDIRECT_URI={settings.redirect_uri!r} leads to no free address of this server: leave it out "
            f"for {public_url}/connect/outreach, which the app in Outreach must have as a redirect URI."
        )


def _set(settings: Settings, fields: Iterable[str]) -> list[str]:
    """Return the variables of those of these settings that are set."""
    return [variable_of(field) for field in fields if getattr(settings, field) is not None]
