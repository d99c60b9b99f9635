"""The errors between this server and Outreach.

OutreachError
├── RefusedRequestError             refused here; nothing was sent
│   ├── UnsafeLinkError             the target leads away from the API
│   └── UnboundedBatchError         a batch action without explicit ids: it would touch every record
├── AuthenticationError             401
│   ├── UnknownAppError             the app's id or secret is not the one that Outreach knows
│   ├── LoginNeededError            only a new login of the user brings a token again
│   └── ConsentRefusedError         a user, or Outreach, did not allow what a login asked for
├── PermissionDeniedError           403
│   └── MissingScopeError           the token lacks an OAuth scope (also an `outreach_tools.client.MissingScope`)
├── NotFoundError                   404, 410 (this and the next also an `outreach_tools.client.NotTaken`)
├── InvalidRequestError             400, 415, 422 and the rest of 4xx
├── ConflictError                   409
├── RateLimitError                  429
├── ServerError                     5xx; 408, 502 and 504 when nothing was being changed
├── RedirectError                   3xx: never followed
├── NetworkError                    no answer, and nothing can have changed
├── OutcomeUnknownError             a change was sent and its answer was lost: it may or may not have happened
├── UnreadableAnswerError           the answer to a request that succeeded is not what it should be
├── CurrentUserUnknownError         Outreach does not say whom the token acts for
└── TokenStoreError                 the store of the refresh token cannot be used (also `callers.state.errors`)
    └── TokensReplacedError         others have stored or removed tokens meanwhile

The limit, the server's and the network's are also an `outreach_tools.client.Hindered`: they are for the moment.
Every message says what was asked, what Outreach said and what to do next, and never holds a token.
"""

from dataclasses import dataclass
from datetime import datetime

from outreach_tools.client import Hindered, MissingScope, NotTaken, Unsettled


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One thing an error answer says: Outreach's code, its sentence, and the pointer to the member at fault.

    What the answer leaves out is empty.
    """

    code: str = ""
    text: str = ""
    pointer: str = ""


class OutreachError(Exception):
    """A request failed.

    `status` is the HTTP status and `details` what the answer said, if there was one; `retry_at` is the moment (aware,
    UTC) at which Outreach wants to be asked again, if it named one.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        details: tuple[ErrorDetail, ...] = (),
        retry_at: datetime | None = None,
    ) -> None:
        """Keep the whole message, made for a reader, and the facts in it, made for code."""
        super().__init__(message)
        self.status = status
        self.details = details
        self.retry_at = retry_at


class RefusedRequestError(OutreachError):
    """The client refuses to send the request; nothing was sent."""


class UnsafeLinkError(RefusedRequestError):
    """The target does not stay within the API, so the token must not go there; nothing was sent."""


class UnboundedBatchError(RefusedRequestError):
    """A batch action names no records, which Outreach takes to mean all of them; nothing was sent."""


class AuthenticationError(OutreachError):
    """Outreach does not accept the access token."""


class UnknownAppError(AuthenticationError):
    """Outreach does not know the app by its id and secret."""


class LoginNeededError(AuthenticationError):
    """There is no refresh token that Outreach accepts, so the user has to log in again."""


class ConsentRefusedError(AuthenticationError):
    """The user was asked for consent, and the answer is no."""


class PermissionDeniedError(OutreachError):
    """The token is valid, but the user it acts for may not do this."""


class MissingScopeError(PermissionDeniedError, MissingScope):
    """The token lacks the OAuth scope that the request needs; `scope` names it, or is empty."""

    def __init__(self, message: str, scope: str, *, status: int, details: tuple[ErrorDetail, ...] = ()) -> None:
        """Keep the scope beside what every error keeps."""
        super().__init__(message, status=status, details=details)
        self.scope = scope
        self.reason = f"the token lacks the scope {scope}"


class NotFoundError(OutreachError, NotTaken):
    """No such record or route, or one that the token's user cannot see."""


class InvalidRequestError(OutreachError, NotTaken):
    """Outreach refuses the request as it stands; `details` point at what is wrong in it."""


class ConflictError(OutreachError):
    """The record changed meanwhile, or its state does not allow this."""


class RateLimitError(OutreachError, Hindered):
    """Too many requests; `retry_at` is when the limit is lifted."""


class ServerError(OutreachError, Hindered):
    """Outreach failed."""


class RedirectError(OutreachError):
    """Outreach answered with a redirect, which is not followed: the token stays on the API's host."""


class NetworkError(OutreachError, Hindered):
    """No answer came, and nothing can have changed: nothing was sent, or it was only a read."""


class OutcomeUnknownError(OutreachError, Unsettled):
    """A change was sent and its answer was lost: it may or may not have happened."""


class UnreadableAnswerError(OutreachError):
    """The request succeeded, yet its answer cannot be understood."""


class TooLongAnswerError(UnreadableAnswerError):
    """The request succeeded, yet its answer is longer than is read."""


class CurrentUserUnknownError(OutreachError):
    """Outreach's answers do not say which user the token acts for, so `me` has no meaning."""


class TokenStoreError(OutreachError):
    """The store that keeps the refresh token between two starts cannot be read, written or locked."""


class TokensReplacedError(TokenStoreError):
    """Others have stored or removed tokens since these were read, so they are not overwritten."""
