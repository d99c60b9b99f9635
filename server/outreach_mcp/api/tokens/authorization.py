"""Asking a user for consent and turning their answer into tokens: OAuth's authorization code, with `state` and PKCE.

Nothing here knows how the browser gets to Outreach and back; that is for who asks. Outreach documents `state`. It says
nothing of PKCE, but a server has to ignore parameters that it does not know (RFC 6749, section 3.1), so it is always
used. Documented: a redirect URI begins with https:// and has to match exactly.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urljoin

import httpx

from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    ConsentRefusedError,
    OutreachError,
    RateLimitError,
    UnknownAppError,
    UnreadableAnswerError,
)
from outreach_mcp.api.tokens.redaction import Secrets
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.api.tokens.token_answer import pair_in
from outreach_mcp.api.tokens.token_endpoint import TokenEndpoint, TokenRequestError
from outreach_mcp.clock import MACHINE, Clock


class UnrelatedAnswerError(Exception):
    """An answer at the redirect URI that is not to this request; the request still waits for its own."""


def _random_text() -> str:
    return secrets.token_urlsafe(48)  # 64 characters; a verifier has at least 43 (RFC 7636, section 4.1)


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """One request for a user's consent: for which app and scopes, and what only we and the user's browser know of it.

    `state` comes back with the answer; `verifier` proves to Outreach that the code comes from who asked for it.
    """

    app: OAuthApp
    scopes: tuple[str, ...]
    state: str = field(default_factory=_random_text, repr=False)
    verifier: str = field(default_factory=_random_text, repr=False)

    @property
    def url(self) -> str:
        """The address for the user's browser; it holds the state, so it belongs in no command line and no log."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        parameters = {
            "client_id": self.app.client_id,
            "redirect_uri": self.app.redirect_uri,
            "response_type": "code",
            "scope": " ".join(self.scopes),
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        # Documented as /oauth/authorize beside /oauth/token.
        return f"{urljoin(self.app.token_url, 'authorize')}?{urlencode(parameters)}"

    def code_in(self, query: str) -> str:
        """Return the code in the query that came back to the redirect URI.

        Raises `UnrelatedAnswerError` for one without this request's state, or that is not an answer, and
        `ConsentRefusedError` for an answer that says no. That a code is used once is for the caller to see to.
        """
        found = parse_qs(query, keep_blank_values=True, max_num_fields=50)
        states = found.get("state", [])
        # In constant time: how long a comparison takes must not say how much of a guess was right.
        if len(states) != 1 or not hmac.compare_digest(states[0].encode(), self.state.encode()):
            raise UnrelatedAnswerError("it does not carry the state that this login was begun with")
        if "error" in found:
            redact = self._secrets(found.get("code", [])).redact
            description = found.get("error_description", [""])[0]
            raise _refused(redact(found["error"][0]), redact(description), self.scopes)
        codes = found.get("code", [])
        if len(codes) != 1 or not codes[0]:
            raise UnrelatedAnswerError("it does not carry one code")
        return codes[0]

    def _secrets(self, codes: list[str]) -> Secrets:
        """Return the secrets that an answer may repeat; answers are shown on terminals and in logs."""
        secret = self.app.client_secret.get_secret_value()
        known = ("client secret", secret), ("state", self.state), ("verifier", self.verifier)
        return Secrets(*known, *(("code", code) for code in codes))


def exchange(
    request: ConsentRequest,
    code: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = MACHINE,
    longest_wait: timedelta = timedelta(),
) -> StoredTokens:
    """Exchange a code for a pair of tokens; blocks. Their scopes are those that were asked for unless Outreach says so.

    A code that comes within the minute after another token is refused; the wait for its end is `longest_wait` at most.
    Raises the errors of `outreach_mcp.api.errors.tree`.
    """
    app = request.app
    secret = app.client_secret.get_secret_value()
    redact = Secrets(("client secret", secret), ("code", code), ("verifier", request.verifier)).redact
    endpoint = TokenEndpoint(app.token_url, "OUTREACH_TOKEN_URL", redact, transport=transport, clock=clock)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app.client_id,
        "client_secret": secret,
        "redirect_uri": app.redirect_uri,
        "code_verifier": request.verifier,
    }
    asked_at = clock.now()
    try:
        try:
            answer = endpoint.post(headers={"Accept": "application/json"}, form=form)
        except TokenRequestError as failed:
            retry_at = failed.error.retry_at if isinstance(failed.error, RateLimitError) else None
            if retry_at is None or retry_at - clock.now() > longest_wait:
                raise
            clock.block(max((retry_at - clock.now()).total_seconds(), 0))
            asked_at = clock.now()
            answer = endpoint.post(headers={"Accept": "application/json"}, form=form)
    except TokenRequestError as failed:
        raise _told(failed) from failed.__cause__
    pair = pair_in(answer, url=app.token_url, asked_at=asked_at, now=clock.now())
    if not pair.refresh_token:
        raise UnreadableAnswerError(f"{app.token_url} answered without a refresh token. Check OUTREACH_TOKEN_URL.")
    # RFC 6749, section 5.1: an answer without a scope grants what was asked for.
    return replace(pair, scopes=pair.scopes or frozenset(request.scopes))


def _refused(error: str, description: str, scopes: tuple[str, ...]) -> ConsentRefusedError:
    said = f"{quoted(error)} ({quoted(description)})" if description else quoted(error)
    if error == "access_denied":
        advice = "Whoever logs in has to allow what is asked for; start again when they do."
    elif error == "invalid_scope":
        advice = (
            f"Add the scopes that the app lacks to it in Outreach (API access), or offer fewer tools with "
            f"OUTREACH_MCP_READ_ONLY or OUTREACH_MCP_TOOLSETS. Asked for: {' '.join(scopes)}."
        )
    else:
        advice = "Check the app's settings in Outreach (API access), then start again."
    return ConsentRefusedError(f"Outreach gave no consent: {said}. {advice}")


def _told(failed: TokenRequestError) -> OutreachError:
    if not failed.refused:
        return failed.error
    details = failed.error.details
    if failed.app_is_unknown:
        advice = "Outreach does not know the app: check its client id and its client secret."
        return UnknownAppError(f"{failed.error} {advice}", status=failed.error.status, details=details)
    advice = (
        "A code works once, for a few minutes, and only with the redirect URI and the app that it was made for. "
        "Check that these are the app's own, and log in again."
    )
    return AuthenticationError(f"{failed.error} {advice}", status=failed.error.status, details=details)
