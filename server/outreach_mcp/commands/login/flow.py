"""A login from its beginning to the tokens on the disk."""

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import anyio

from outreach_mcp.api.tokens.authorization import ConsentRequest, exchange
from outreach_mcp.api.tokens.credentials_of_login import login_store
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.store import LOCK_TIMEOUT, StoredTokens
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.commands.login.browser import MINUTES, code_by_browser, leads_here, open_listener
from outreach_mcp.commands.login.pasting import code_by_pasting
from outreach_mcp.commands.login.registration import Person, app_of
from outreach_mcp.settings.settings import Settings

_LONGEST_WAIT = timedelta(seconds=65)
"""For the minute that Outreach leaves between two tokens, when the user has just logged in before."""

_UNNOTICED_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """How the user gets to Outreach and their answer back.

    `paste` has them paste the answer even where it could be listened for; without `open_browser` they open the address
    themselves. `seconds` is how long their answer may take.
    """

    paste: bool = False
    open_browser: Callable[[str], object] | None = webbrowser.open
    seconds: float = MINUTES * 60


def obtain_tokens(
    settings: Settings,
    scopes: tuple[str, ...],
    way: Way,
    person: Person,
    *,
    clock: Clock = MACHINE,
) -> StoredTokens:
    """Have the user consent to the scopes, store the tokens that come of it with the app, and return them.

    `settings` name an app in full. Raises `LoginFailedError` and the errors of `outreach_mcp.api.errors.tree`.
    """
    app = app_of(settings)
    store = login_store(settings, app.client_id, settings.api_origin)
    with store.locked(LOCK_TIMEOUT):
        store.read()  # a store that cannot be used is found out before the user is sent to Outreach
    request = ConsentRequest(app, scopes)
    if way.paste or not leads_here(app.redirect_uri):
        code = code_by_pasting(request, ask=person.ask, tell=person.tell)
    else:
        with open_listener(app.redirect_uri) as listener:
            code = anyio.run(
                partial(
                    code_by_browser,
                    request,
                    listener,
                    tell=person.tell,
                    open_browser=way.open_browser,
                    seconds=way.seconds,
                )
            )

    def pause(seconds: float) -> None:
        if seconds > _UNNOTICED_SECONDS:
            person.tell(f"Outreach asks for a pause, as it does between two logins: waiting {seconds:.0f} seconds ...")
        clock.block(seconds)

    tokens = exchange(request, code, clock=replace(clock, block=pause), longest_wait=_LONGEST_WAIT)
    login = Login(
        app.client_id,
        app.client_secret.get_secret_value(),
        app.redirect_uri,
        settings.api_url,
        app.token_url,
        clock.now(),
    )
    stored = replace(tokens, login=login)
    with store.locked(LOCK_TIMEOUT):
        store.write(stored, clock.now())
    return stored
