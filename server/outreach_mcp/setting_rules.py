"""Which settings of a server for many callers go together: held against each other once, before it starts."""

from outreach_mcp.settings import Settings, SettingsError

_MANY = {"auth_issuer": "OUTREACH_MCP_AUTH_ISSUER", "keys_file": "OUTREACH_MCP_KEYS_FILE"}

_OF_THE_ISSUER = {
    "auth_audience": "OUTREACH_MCP_AUTH_AUDIENCE",
    "auth_client_id": "OUTREACH_MCP_AUTH_CLIENT_ID",
    "auth_client_secret": "OUTREACH_MCP_AUTH_CLIENT_SECRET",
}


def serves_many(settings: Settings) -> bool:
    """Whether each request tells whose it is, rather than all being those of one user."""
    return bool(_set(settings, _MANY))


def check_callers(settings: Settings) -> None:
    """Raise `SettingsError` for settings that contradict each other on who may call, or lack something for it."""
    many = " and ".join(_set(settings, _MANY))
    if not many:
        if lost := _set(settings, _OF_THE_ISSUER):
            raise SettingsError(f"{lost[0]} means nothing without OUTREACH_MCP_AUTH_ISSUER: set both, or neither.")
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


def _set(settings: Settings, variables: dict[str, str]) -> list[str]:
    return [variable for field, variable in variables.items() if getattr(settings, field) is not None]
