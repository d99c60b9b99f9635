"""One request for an access token: sent, sent again after brief trouble, and its failure put into words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
import tenacity

from outreach_mcp.api.errors.bodies import describe, read_details
from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.retry_time import end_of_maintenance, rate_limit_end
from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    NetworkError,
    OutreachError,
    RateLimitError,
    RedirectError,
    ServerError,
    UnreadableAnswerError,
)
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.http_client import Answer, BodyError, ask_from_thread, json_in
from outreach_mcp.observability.spans import note_status, span_of
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_object

# Long: giving up on an answer that is on its way loses the refresh token in it.
_SECONDS_EACH = 30.0

_SECONDS = 60.0
"""For all attempts together; a call that waits for the token has 30 of its own."""

_ATTEMPTS = 3

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


class TokenRequestError(Exception):
    """No token came; `error` says why to the reader.

    `maybe_done` says that an answer may have been lost, and with it what it held; `refused` that Outreach said no.
    """

    def __init__(self, error: OutreachError, *, maybe_done: bool = False, refused: bool = False) -> None:
        """Keep the error and the facts behind it."""
        super().__init__(str(error))
        self.error = error
        self.maybe_done = maybe_done
        self.refused = refused

    @property
    def app_is_unknown(self) -> bool:
        """Whether Outreach does not know the app, by RFC 6749's words for it."""
        said = {text for detail in self.error.details for text in (detail.code, detail.text)}
        return bool(said & {"invalid_client", "unauthorized_client"})


class _TroubleError(TokenRequestError):
    """A failure that may be over in a second."""


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """An address that gives out tokens, asked from a thread: an answer is then taken in even if its call is cancelled.

    `transport` replaces the network, and all attempts have `seconds`; `redact` takes secrets out of what an answer
    says.
    """

    url: str
    setting: str
    redact: Callable[[str], str]
    transport: httpx.AsyncBaseTransport | None = None
    clock: Clock = MACHINE
    seconds: float = _SECONDS

    def post(self, *, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> JsonObject:
        """Return the body of the answer, an object; raises `TokenRequestError`.

        Sent up to three times within its time: after a failure to connect, a connection that broke and 5xx. What
        is repeated may have been done, but the only copy of its answer is lost then, and a repetition costs nothing.
        """
        maybe_done = False
        end = self.clock.monotonic() + self.seconds

        def attempt() -> JsonObject:
            nonlocal maybe_done
            try:
                return self._post_once(headers, form, end - self.clock.monotonic())
            except TokenRequestError as failed:
                maybe_done = maybe_done or failed.maybe_done
                raise

        def is_over(state: tenacity.RetryCallState) -> bool:
            return state.attempt_number >= _ATTEMPTS or self.clock.monotonic() + state.upcoming_sleep >= end

        repeat = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TroubleError),
            stop=is_over,
            wait=tenacity.wait_exponential(multiplier=0.5),
            sleep=self.clock.block,
            reraise=True,
        )
        try:
            return repeat(attempt)
        except TokenRequestError as failed:
            raise TokenRequestError(failed.error, maybe_done=maybe_done, refused=failed.refused) from failed.__cause__

    def _post_once(self, headers: Mapping[str, str], form: Mapping[str, str] | None, within: float) -> JsonObject:
        try:
            with span_of("POST", httpx.URL(self.url)) as span:
                response = ask_from_thread(
                    "POST",
                    self.url,
                    within=min(within, _SECONDS_EACH),
                    headers=headers,
                    form=form,
                    transport=self.transport,
                )
                note_status(span, response.status)
        except BodyError as error:
            told = f"No access token: {self.url} answered {error.status}, but its body {error}. Check {self.setting}."
            raise TokenRequestError(UnreadableAnswerError(told, status=error.status), maybe_done=True) from error
        except httpx.HTTPError as error:
            raise self._loss(error) from error
        if not response.is_success:
            raise self._refusal(response)
        return self._object_in(response)

    def _loss(self, error: httpx.HTTPError) -> TokenRequestError:
        # Of bytes that are not HTTP the library shows some, and they may be tokens that nobody knows yet.
        reason = self.redact(str(error).partition(" bytearray(")[0])
        failure = f"{type(error).__name__}{f': {quoted(reason)}' if reason else ''}"
        if isinstance(error, _NEVER_SENT):
            return _TroubleError(
                NetworkError(
                    f"No access token: {self.url} cannot be reached ({failure}). Check the network, the proxy and "
                    f"{self.setting}, then try again."
                )
            )
        told = NetworkError(
            f"No access token: the connection to {self.url} failed before the answer came ({failure}). Try again."
        )
        # Who has waited for half a minute is not made to wait for another.
        kind = TokenRequestError if isinstance(error, httpx.TimeoutException) else _TroubleError
        return kind(told, maybe_done=True)

    def _refusal(self, response: Answer) -> TokenRequestError:
        status = response.status
        details = read_details(response.text, self.redact)
        said = describe(details)
        if status >= 500 or status == HTTPStatus.REQUEST_TIMEOUT:
            moment = end_of_maintenance(response.headers, said, self.clock.now())
            told = f"No access token: {self.url} failed with {status}: {said}. Try again {_when(moment)}."
            return _TroubleError(ServerError(told, status=status, details=details, retry_at=moment), maybe_done=True)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            # No longer is believed, whatever it says: it gives out a token a minute.
            furthest = self.clock.now() + timedelta(minutes=1)
            moment = min(rate_limit_end(response.headers, said, self.clock.now()) or furthest, furthest)
            told = (
                f"No access token: {self.url} gives out one a minute and refused with 429: {said}. "
                f"Try again {_when(moment)}."
            )
            return TokenRequestError(RateLimitError(told, status=status, details=details, retry_at=moment))
        if status < 400:
            target = self.redact(response.headers.get("Location", ""))
            where = f" to {quoted(target)}" if target else ""
            told = (
                f"No access token: {self.url} answered with a redirect ({status}){where}"
                f", which is not followed: secrets stay on the address that was set. Check {self.setting}."
            )
            return TokenRequestError(RedirectError(told, status=status))
        told = f"Outreach gave out no access token: {self.url} refused with {status}: {said}."
        refused = status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)
        if not refused:
            told += f" Check {self.setting}."  # a proxy, or an address that knows of no tokens
        return TokenRequestError(AuthenticationError(told, status=status, details=details), refused=refused)

    def _object_in(self, response: Answer) -> JsonObject:
        # What is not read may still hold tokens: it is never repeated.
        try:
            body: Any = json_in(response)
        except ValueError:
            body = None
        if is_object(body):
            return body
        told = (
            f"No access token: {self.url} answered {response.status} with {len(response.content):,} bytes that are "
            f"not a JSON object. Check {self.setting}."
        )
        raise TokenRequestError(UnreadableAnswerError(told, status=response.status), maybe_done=True)


def _when(moment: datetime | None) -> str:
    return f"after {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "later"
