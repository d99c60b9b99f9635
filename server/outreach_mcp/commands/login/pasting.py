"""The way for machines without a browser: the user opens an address anywhere and pastes back where it led."""

from collections.abc import Callable
from urllib.parse import urlsplit

from outreach_mcp.api.tokens.authorization import ConsentRequest, UnrelatedAnswerError
from outreach_mcp.commands.login.errors import LoginFailedError

_ATTEMPTS = 5


def code_by_pasting(request: ConsentRequest, *, ask: Callable[[str], str], tell: Callable[[str], None]) -> str:
    """Return the code in the address that the user pastes; anything but an answer is asked for again.

    Raises `ConsentRefusedError`, and `LoginFailedError` when none of some attempts, or the end of input, holds one.
    """
    tell(
        f"Open this address in a browser, on any machine:\n\n  {request.url}\n\nSign in and allow what is asked for. "
        f"The browser then goes to {request.app.redirect_uri}, where it may find nothing: what counts is the address "
        "that it shows. Copy all of it.\n"
    )
    for _ in range(_ATTEMPTS):
        try:
            pasted = "".join(ask("Paste the address here: ").split())  # a terminal may have wrapped it
        except EOFError:
            break
        try:
            return request.code_in(urlsplit(pasted).query)
        except UnrelatedAnswerError as error:
            tell(
                f"That is not the address: {error}. It begins with {request.app.redirect_uri} and holds code= and "
                "state=."
            )
        except ValueError:
            tell("That is not a web address.")
    raise LoginFailedError("no address with an answer of Outreach was pasted. Run `outreach-mcp login` again.")
