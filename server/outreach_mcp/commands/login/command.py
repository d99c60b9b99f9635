"""`outreach-mcp login`: has a user consent in the browser, and keeps what came of it for the server."""

import getpass
import logging
import sys
import webbrowser

import anyio

from outreach_mcp.api.current_user import CurrentUser
from outreach_mcp.api.errors.tree import OutreachError, UnknownAppError
from outreach_mcp.api.tokens.credentials_of_login import find_login, login_store
from outreach_mcp.commands.login.errors import LoginFailedError
from outreach_mcp.commands.login.flow import Way, obtain_tokens
from outreach_mcp.commands.login.installation import this_installation
from outreach_mcp.commands.login.registration import Person, complete
from outreach_mcp.commands.login.report import LoggedIn, report_of, shown_by_type
from outreach_mcp.connection import Connection
from outreach_mcp.guard.policy import policy_of
from outreach_mcp.guard.scopes import scopes_for
from outreach_mcp.io.streams import InputError, read_line, show, tell
from outreach_mcp.settings.settings import Settings


def login(settings: Settings, *, paste: bool, no_browser: bool, show_scopes: bool) -> int:
    """Log a user in for the tools that the settings offer; returns 0, or 1 when it came to nothing.

    With `paste` the user brings Outreach's answer by hand, with `no_browser` they open the address themselves. With
    `show_scopes` the scopes that would be asked for are printed, one a line, and nothing else is done.
    """
    tools = policy_of(settings).offered()
    scopes = scopes_for(tools)
    if show_scopes:
        show("\n".join(scopes))
        return 0
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    person = Person(tell, _ask, getpass.getpass, present=sys.stdin.isatty())
    try:
        chosen = complete(settings, person)
        tell(f"The app {chosen.client_id} needs these scopes in Outreach (API access): {shown_by_type(scopes)}.\n")
        tokens = obtain_tokens(chosen, scopes, Way(paste, None if no_browser else webbrowser.open), person)
    except (LoginFailedError, OutreachError) as error:
        kept = " It was kept by an earlier login: run `outreach-mcp logout`, and you are asked for it the next time."
        by_it = settings.client_secret is None and isinstance(error, UnknownAppError) and find_login(settings)
        tell(f"outreach-mcp: {error}{kept if by_it else ''}")
        return 1
    # Whatever else the environment holds: what has just been obtained is tried.
    alone = chosen.model_copy(update=dict.fromkeys(("access_token", "refresh_token", "s2s_guid", "install_id")))
    alone = alone.model_copy(update={"s2s_key_file": None, "sandbox": False})
    file = login_store(chosen, chosen.client_id or "", chosen.api_origin).path
    done = f"the login is in {file}"
    try:
        user = anyio.run(_find_out, alone)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted when {done}") from None
    granted = tokens.scopes or frozenset()
    show(report_of(LoggedIn(settings, user, file, tools, scopes, granted, this_installation())), done=done)
    return 0


async def _find_out(settings: Settings) -> CurrentUser | str:
    connection = Connection(settings)
    try:
        return await connection.current_user()
    except OutreachError as error:
        return str(error)
    finally:
        await connection.aclose()


def _ask(prompt: str) -> str:
    tell(prompt, end="")  # stdout is for what comes of it
    try:
        return read_line()
    except InputError as error:
        raise LoginFailedError(f"{error}.") from error
