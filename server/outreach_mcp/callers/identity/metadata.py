"""The metadata of an identity provider: where it keeps its keys, and where people sign in.

RFC 8414 and OpenID Connect Discovery put that at different addresses; an MCP server tries all of them.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from outreach_mcp.callers.identity.errors import IdentityUnavailableError
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.http_client import BodyError, ask_from_thread, json_in
from outreach_mcp.settings.values import checked_url
from outreach_tools.json_values import member

_SECONDS = 10.0
_SECONDS_EACH = 5.0
"""For all addresses together, and for each: one that hangs leaves time for the next."""


@dataclass(frozen=True, slots=True)
class IssuerMetadata:
    """The addresses of one identity provider; those of the sign-in are absent where it offers none.

    `posts_secrets` says that its token endpoint takes a client's secret in the form only, and not as HTTP Basic.
    """

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    posts_secrets: bool = False


def addresses_of(issuer: str) -> tuple[str, ...]:
    """Return the addresses at which the metadata of `issuer` may be, in the order to try.

    Between host and path (RFC 8414, section 3.1, for both names), and after the path as OpenID Connect has it.
    """
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    tried = [
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    ]
    return tuple(dict.fromkeys(tried))


def discover(issuer: str, *, clock: Clock = MACHINE) -> IssuerMetadata:
    """Ask an identity provider for its metadata; blocks for ten seconds at most.

    Raises `IdentityUnavailableError` when it does not answer, or says what cannot be right: metadata that names another
    issuer would let that one's keys speak for this one (RFC 8414, section 3.3).
    """
    reasons: list[str] = []
    end = clock.monotonic() + _SECONDS
    for address in addresses_of(issuer):
        try:
            # Redirects are not followed: the issuer's own address has to answer for it.
            answer = ask_from_thread(
                "GET",
                address,
                within=min(end - clock.monotonic(), _SECONDS_EACH),
                headers={"Accept": "application/json"},
            )
        except BodyError as error:
            reasons.append(f"{address}: its body {error}")
            continue
        except httpx.HTTPError as error:
            reasons.append(f"{address}: {type(error).__name__}")
            continue
        if not answer.is_success:
            reasons.append(f"{address}: HTTP {answer.status}")
            continue
        try:
            return _metadata_of(json_in(answer), issuer)
        except ValueError as error:
            reasons.append(f"{address}: {error}")
    raise IdentityUnavailableError(f"the identity provider {issuer!r} gives no metadata ({'; '.join(reasons)})")


def _metadata_of(document: Any, issuer: str) -> IssuerMetadata:
    if member(document, "issuer") != issuer:
        raise ValueError("it names another issuer")
    jwks_uri = _address(document, "jwks_uri")
    if jwks_uri is None:
        raise ValueError("it names no jwks_uri")
    # Basic is what a provider takes that does not say (RFC 8414, section 2).
    methods = member(document, "token_endpoint_auth_methods_supported")
    posts = isinstance(methods, list) and "client_secret_post" in methods and "client_secret_basic" not in methods
    return IssuerMetadata(
        issuer, jwks_uri, _address(document, "authorization_endpoint"), _address(document, "token_endpoint"), posts
    )


def _address(document: Any, name: str) -> str | None:
    """Return an address that the metadata names; raises `ValueError` for one that others could read or change."""
    value = member(document, name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"its {name} is not a web address")  # noqa: TRY004 - what came is wrong, not what was passed
    try:
        checked_url(value.partition("?")[0], "")
    except ValueError as error:
        raise ValueError(f"its {name} is not an address to trust: {error}") from None
    return value
