"""Finds the scopes that the token is known to have, without a request: stored with it, or named in it."""

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens.choosing import store_of
from outreach_mcp.api.tokens.claims import claims_of
from outreach_mcp.settings.rules import act_as_themselves
from outreach_mcp.settings.settings import Settings


def granted_scopes(settings: Settings) -> frozenset[str] | None:
    """Return the scopes of the token that the settings lead to, None where they are not known yet.

    A token that was renewed came with its scopes, which lie in the token store; an access token may be a JWT that
    carries them. Of many callers each has a token of their own. Nothing is sent, and nothing that talks HTTP is
    imported: a start waits for this.
    """
    if settings.sandbox or act_as_themselves(settings):
        return None
    if settings.access_token is not None:
        claims = claims_of(settings.access_token.get_secret_value())
        return claims.scopes if claims else None
    try:
        store = store_of(settings)
        stored = store.read() if store else None
    except TokenStoreError:  # the first call says what is wrong with it
        return None
    if stored is None:
        return None
    claims = claims_of(stored.access_token)
    # What the token itself says counts: of a login, what is stored may be no more than what was asked for.
    return (claims.scopes if claims else None) or stored.scopes
