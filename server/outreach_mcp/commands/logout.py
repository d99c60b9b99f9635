"""`outreach-mcp logout`: removes what a login left behind."""

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens.credentials_of_login import find_login, login_store, token_file
from outreach_mcp.api.tokens.store import LOCK_TIMEOUT
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.streams import show, tell
from outreach_mcp.settings.settings import Settings


def logout(settings: Settings, clock: Clock = MACHINE) -> int:
    """Remove the login that the settings lead to and say so; returns 0, or 1 when the store cannot be used."""
    try:
        found = find_login(settings)
        if found is None:
            app = f" with the app {settings.client_id}" if settings.client_id else ""
            show(f"Nobody is logged in{app}: {token_file(settings)} holds no login, so there is nothing to remove.")
            return 0
        store = login_store(settings, found.client_id, found.api_origin)
        with store.locked(LOCK_TIMEOUT):
            store.remove(clock.now())
        left = find_login(settings)
    except TokenStoreError as error:
        tell(f"outreach-mcp: {error}")
        return 1
    said = (
        f"Removed the login with the app {found.client_id} at {found.api_origin} from {store.path}: its tokens and the "
        "app's secret.\nOutreach has no way to withdraw tokens. The access token ends within two hours, the refresh "
        "token after 14 days; a copy of it is of no use without the app's secret. If both may have been seen, "
        "regenerate the secret in Outreach (API access)."
    )
    if left is not None:
        said += f"\nAnother login is left, with the app {left.client_id} at {left.api_origin}, and is used from now on."
    show(said, done=f"the login with the app {found.client_id} was removed")
    return 0
