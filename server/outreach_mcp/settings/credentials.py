"""The four kinds of credentials for Outreach, what each needs, and the complaint when something is missing."""

import re
from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr

Way = Literal["access token", "refresh token", "server-to-server", "login"]
"""A way in; `login` is what `outreach-mcp login` left behind, and needs nothing in the environment."""

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)

NEEDED: dict[Way, tuple[str, ...]] = {
    "access token": ("OUTREACH_ACCESS_TOKEN",),
    "refresh token": (
        "OUTREACH_REFRESH_TOKEN",
        "OUTREACH_CLIENT_ID",
        "OUTREACH_CLIENT_SECRET",
        "OUTREACH_REDIRECT_URI",
    ),
    "server-to-server": ("OUTREACH_S2S_GUID", "OUTREACH_S2S_KEY_FILE", "OUTREACH_INSTALL_ID"),
}
"""The variables that a way needs. Not the login: what it needs lies in a file, which is for others to read."""

NOTHING_GIVEN = (
    "No credentials: run `outreach-mcp login`, or set OUTREACH_ACCESS_TOKEN to an Outreach access token, or "
    "OUTREACH_CLIENT_ID, OUTREACH_CLIENT_SECRET, OUTREACH_REDIRECT_URI and OUTREACH_REFRESH_TOKEN, or try the server "
    "without an account by running it with --sandbox or OUTREACH_MCP_SANDBOX=1."
)
"""The message for a user without credentials in the environment or a login."""


def way_in(given: Collection[str]) -> Way:
    """Return the way that the variables with these names open.

    A token opens its way; so does anything of server-to-server access. What an app is registered with (its id, secret
    and redirect URI) opens none by itself, so that it may stay where it is beside another way. Without any of these
    the way is the login, whether there is one or not.

    Raises `ValueError` with one line for several ways, or one that is not complete: which user the server acts for
    is not left to an order of precedence.
    """
    opened: list[Way] = [way for way, needed in NEEDED.items() if needed[0] in given]
    if "server-to-server" not in opened and any(name in given for name in NEEDED["server-to-server"]):
        opened.append("server-to-server")
    if not opened:
        return "login"
    if len(opened) > 1:
        found = [next(name for name in NEEDED[way] if name in given) for way in opened]
        raise ValueError(
            f"{' and '.join(found)} are set, and they may act for different users: set the one that is meant, and "
            "unset the others."
        )
    missing = [name for name in NEEDED[opened[0]] if name not in given]
    if missing:
        present = [name for name in NEEDED[opened[0]] if name in given]
        raise ValueError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: {' and '.join(present)} "
            f"{'works' if len(present) == 1 else 'work'} only together with {'it' if len(missing) == 1 else 'them'}."
        )
    return opened[0]


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
