"""The credentials for Outreach: the ways to an account, by what the settings declare, and what is wrong with them."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from outreach_mcp.settings.declaration import Setting, Way

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


def needed_by_ways(settings: Mapping[str, Setting]) -> dict[Way, tuple[str, ...]]:
    """Return the variables that each way needs, what opens it first.

    Not the login: what it needs lies in a file, which is for others to read.
    """
    opening = _variables({each.variable: each.opens for each in settings.values()})
    completing = _variables({each.variable: each.completes for each in settings.values()})
    return {way: (*variables, *completing.get(way, ())) for way, variables in opening.items()}


def nothing_given(settings: Mapping[str, Setting]) -> str:
    """Return the message for a user without credentials in the environment or a login."""
    needed, sandbox = needed_by_ways(settings), settings["sandbox"]
    opens, *completes = needed["refresh token"]
    return (
        f"No credentials: run `outreach-mcp login`, or set {needed['access token'][0]} to an Outreach access token, or "
        f"{', '.join(completes)} and {opens}, or try the server without an account by running it with "
        f"{sandbox.flag.name if sandbox.flag else ''} or {sandbox.variable}=1."
    )


def way_in(given: Collection[str], settings: Mapping[str, Setting]) -> Way:
    """Return the way that the variables with these names open.

    What opens a way opens it by itself; what an app is registered with (its id, secret and redirect URI) merely
    completes one, so that it may stay where it is beside another way. Without any of these the way is the login,
    whether there is one or not.

    Raises `ValueError` with one line for several ways, or one that is not complete: which user the server acts for
    is not left to an order of precedence.
    """
    opened: dict[Way, str] = {}
    for each in settings.values():
        if each.opens and each.variable in given:
            opened.setdefault(each.opens, each.variable)
    if not opened:
        return "login"
    if len(opened) > 1:
        raise ValueError(
            f"{' and '.join(opened.values())} are set, and they may act for different users: set the one that is "
            "meant, and unset the others."
        )
    way = next(iter(opened))
    needed = needed_by_ways(settings)[way]
    missing = [name for name in needed if name not in given]
    if missing:
        present = [name for name in needed if name in given]
        raise ValueError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: {' and '.join(present)} "
            f"{'works' if len(present) == 1 else 'work'} only together with {'it' if len(missing) == 1 else 'them'}."
        )
    return way


def _variables(ways: Mapping[str, Way | None]) -> dict[Way, list[str]]:
    """Return the variables of each way, of the way of each variable."""
    found: dict[Way, list[str]] = {}
    for variable, way in ways.items():
        if way is not None:
            found.setdefault(way, []).append(variable)
    return found


def _checked_token(token: SecretStr) -> SecretStr:
    # RFC 6750, section 2.1. It also keeps line breaks out of the header, and catches a pasted `Bearer …` and a
    # placeholder such as `${TOKEN}` that a client left as it was.
    if not _BEARER.fullmatch(token.get_secret_value()):
        raise ValueError("it holds characters that an access token cannot hold")
    return token


def _checked_secret(secret: SecretStr) -> SecretStr:
    # RFC 6749, appendix A.2 and A.17: visible ASCII. A placeholder that a client left as it was would be refused by
    # Outreach in words that do not say so.
    value = secret.get_secret_value()
    if not re.fullmatch(r"[\x21-\x7e]+", value) or re.fullmatch(r"\$\{.*\}", value):
        raise ValueError("it holds characters that an Outreach secret cannot hold, or is a placeholder")
    return secret


Token = Annotated[SecretStr, AfterValidator(_checked_token)]
"""A bearer token."""

Secret = Annotated[SecretStr, AfterValidator(_checked_secret)]
"""A secret that is sent in a form."""
