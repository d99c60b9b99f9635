"""The keys derived from `OUTREACH_MCP_ENCRYPTION_KEY`, one for each purpose, so that none reveals another."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach_mcp.settings.settings import Settings, SettingsError


def derived_key(settings: Settings, purpose: str) -> bytes:
    """Return the 32 bytes that serve one purpose, the same in every replica with the same setting.

    Raises `SettingsError` when the setting is missing.
    """
    if settings.encryption_key is None:
        raise SettingsError(
            "OUTREACH_MCP_ENCRYPTION_KEY is missing: a server of many callers encrypts their connections to Outreach "
            "with it. Set it to what `openssl rand -hex 32` prints, the same for all replicas, and keep it."
        )
    digits = settings.encryption_key.get_secret_value().lower().encode()
    return HKDF(SHA256(), length=32, salt=None, info=f"outreach-mcp {purpose}".encode()).derive(digits)


def request_state_key(settings: Settings) -> bytes:
    """Return the key that seals what the server gives a client to bring back (MCP's `requestState`)."""
    return derived_key(settings, "request state")
