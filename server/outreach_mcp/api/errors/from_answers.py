"""Turns an answer that failed, or no answer at all, into the error that says so."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from math import ceil

import httpx

from outreach_mcp.api.errors.advice import advice_on, advice_on_permission
from outreach_mcp.api.errors.bodies import MOST_READ, describe, read_details
from outreach_mcp.api.errors.named_ids import finders_of_named, says_not_found
from outreach_mcp.api.errors.quoting import quoted, quoted_body, shortened
from outreach_mcp.api.errors.retry_time import end_of_maintenance, rate_limit_end
from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    ConflictError,
    ErrorDetail,
    InvalidRequestError,
    MissingScopeError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    OutreachError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    RefusedRequestError,
    ServerError,
    TooLongAnswerError,
    UnreadableAnswerError,
)
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.io.http_client import Answer
from outreach_tools.catalog import resource_type_of_path, resource_types
from outreach_tools.engine.finders import finder
from outreach_tools.toolsets import listers

_NO_ANSWER_IN_TIME = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""Answers of a gateway that lost Outreach's own; Cloudflare's 520 to 527 mean the same."""

NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Failures that come before the first byte of a request has left."""

_LONGEST_LIMIT = timedelta(hours=1)
"""For so long a limit is believed at most (`layers.limits`), so no later moment is named."""

_NOT_FOUND = re.compile(r"Could not find '(\w+)' with", re.ASCII)
_CORRECT = "Correct what is named and send it again."
_SCOPE = re.compile(r"required scope '([\w.]+)'", re.ASCII)
_MAINTENANCE = "scheduledServerMaintenance"
_DUPLICATE = re.compile(r"already been taken|already been in|already exists", re.IGNORECASE)


def error_from_response(sent: Outgoing, response: Answer, now: datetime, redact: Callable[[str], str]) -> OutreachError:
    """Return the error for an answer outside 2xx; `redact` takes the token out of text, `now` dates delays."""
    status = response.status
    details = read_details(response.content[:MOST_READ].decode("utf-8", errors="replace"), redact)
    said = describe(details)
    if status in _NO_ANSWER_IN_TIME or 520 <= status <= 527:
        return _gateway_error(sent, status, details, said)
    if status >= 500:
        return _server_error(sent, response, details, said, now)
    refused = f"Outreach refused {sent.asked} with {status}: {said}."
    match status:
        case 401:
            # Where the token comes from decides what to do about it: `signing` adds that.
            return AuthenticationError(refused, status=status, details=details)
        case 403:
            return _permission_error(refused, sent, details)
        case 404 | 410:
            finders = _finder(sent, details, said)
            advice = (
                "Check the path."
                if _codes(details) & {"routeNotFound", "404"}
                else f"Look the id up{finders}: the record may be deleted, or hidden from the token's user."
            )
            return NotFoundError(f"{refused} {advice}", status=status, details=details)
        case 409:
            advice = advice_on(sent.path, details) or (
                "Read the record as it is now, then repeat the change if it still fits."
            )
            return ConflictError(f"{refused} Nothing was changed. {advice}", status=status, details=details)
        case 429:
            moment = rate_limit_end(response.headers, said, now)
            moment = moment and min(moment, now + _LONGEST_LIMIT)
            advice = f"Nothing was done. Send it again {when(moment, now)}."
            return RateLimitError(f"{refused} {advice}", status=status, details=details, retry_at=moment)
        case _ if status < 400:
            return _redirect_error(sent, status, redact(response.headers.get("Location", "")))
        case _:
            advice = _advice(sent, details)
            return InvalidRequestError(f"{refused} Nothing was changed. {advice}", status=status, details=details)


def _advice(sent: Outgoing, details: tuple[ErrorDetail, ...]) -> str:
    """Return the advice about a refused change: what finds the ids that it is about, and what is known of the rest."""
    # That there is no such mailbox is not what is known of mailboxes that may not send.
    known = advice_on(sent.path, [detail for detail in details if not says_not_found(detail)])
    found = finders_of_named(sent.path, sent.body, details)
    finders = "; ".join(f"{tool} finds {name}" for name, tool in found.items() if tool not in known)
    return f"{finders}. {known or _CORRECT}" if finders else known or _CORRECT


def _finder(sent: Outgoing, details: tuple[ErrorDetail, ...], said: str) -> str:
    """Return the tool that finds the id that was not found: of what Outreach names, else of the path's type."""
    named = _NOT_FOUND.search(said)
    if not named and (tools := finders_of_named(sent.path, sent.body, details)):
        return f" with {' or '.join(dict.fromkeys(tools.values()))}"
    resource = resource_types().get(named[1]) if named else resource_type_of_path(sent.path)
    found = finder((resource.type,), listers()) if resource else ""
    return f" with {found}" if found else " in a list"


def error_from_loss(sent: Outgoing, error: httpx.HTTPError, reason: str) -> OutreachError:
    """Return the error for a request whose answer never came; `reason` is the failure in words, the token taken out."""
    failure = f"{type(error).__name__}{f': {quoted(reason)}' if reason else ''}"
    if isinstance(error, NEVER_SENT):
        return NetworkError(
            f"Outreach cannot be reached for {sent.asked} ({failure}). Nothing was sent. "
            "Check the network, the proxy and OUTREACH_API_URL, then try again."
        )
    if sent.is_read:
        return NetworkError(
            f"The answer of Outreach to {sent.asked} was lost ({failure}). Nothing was changed by it: try again, "
            "asking for fewer records if it took too long."
        )
    return _outcome_unknown(sent, f"the connection failed before the answer came ({failure})", None, ())


def error_from_ending(sent: Outgoing) -> OutreachError:
    """Return the error for a request that was given up because the server ends."""
    cause = "this server was told to end"
    if sent.is_read:
        return NetworkError(f"{sent.asked} was not finished: {cause}. Nothing was changed by it.")
    if sent.at is None:
        return RefusedRequestError(f"{sent.asked} was not sent: {cause}. Nothing was changed by it.")
    return _outcome_unknown(sent, f"{cause} before the answer came", None, ())


def unreadable(sent: Outgoing, status: int, text: str, fault: str) -> UnreadableAnswerError:
    """Return the error for an answer of 2xx whose body cannot be read; `text` is that body, the token taken out."""
    return unusable(sent, status, f"{fault}: {quoted(text)}")


def unusable(sent: Outgoing, status: int, fault: str, *, is_too_long: bool = False) -> UnreadableAnswerError:
    """Return the error for an answer of 2xx that is of no use; `fault` says why, after "but"."""
    answered = f"Outreach answered {sent.asked} with {status}, but {fault}."
    if sent.is_read:
        advice = (
            "Ask for fewer records or fields."
            if is_too_long
            else "Try again; if it stays so, something between here and Outreach changes its answers."
        )
    else:
        advice = f"By its status the change was made: check before you send it again. {how_to_check(sent)}"
    kind = TooLongAnswerError if is_too_long else UnreadableAnswerError
    return kind(f"{answered} {advice}", status=status)


def how_to_check(sent: Outgoing) -> str:
    """Return the sentence that says how to find out whether a change was made."""
    path = shortened(sent.path)
    before_action, is_action, _ = path.partition("/actions/")
    if is_action and before_action == "/batches":
        return "Look through the newest of /batches."
    if is_action:
        return f"Read {before_action} and see whether its state is the one wanted."
    if sent.method == "DELETE":
        return f"Read {path}: if it is not found, it is deleted."
    if sent.method == "POST":
        return f"Look through the newest of {path} for what was sent."
    return f"Read {path} and compare it with what was sent."


def when(moment: datetime | None, now: datetime) -> str:
    """Return the moment at which to try again, in words that follow a verb: in UTC, and in minutes from `now`."""
    if moment is None:
        return "later"
    minutes = ceil((moment - now).total_seconds() / 60)
    away = f" (in {minutes:,} minute{'' if minutes == 1 else 's'})" if minutes > 0 else ""
    return f"after {in_utc(moment)}{away}"


def in_utc(moment: datetime) -> str:
    """Return a moment as messages show it: `2026-11-21T09:30:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def is_maintenance(error: OutreachError) -> bool:
    """Return whether Outreach did nothing because it is being maintained (documented with 503)."""
    return _MAINTENANCE in _codes(error.details)


def is_duplicate(error: OutreachError) -> bool:
    """Return whether Outreach refused a change because there is such a record already."""
    return isinstance(error, InvalidRequestError) and any(_DUPLICATE.search(detail.text) for detail in error.details)


def _gateway_error(sent: Outgoing, status: int, details: tuple[ErrorDetail, ...], said: str) -> OutreachError:
    if not sent.is_read:
        return _outcome_unknown(sent, f"a gateway answered {status}: {said}", status, details)
    # Pages that are too heavy end in 502; asking for half as many helps (Estuary's connector does just that).
    return ServerError(
        f"Outreach failed on {sent.asked} with {status}: {said}. "
        "Ask for fewer records or fewer fields, or try again later.",
        status=status,
        details=details,
    )


def _server_error(
    sent: Outgoing, response: Answer, details: tuple[ErrorDetail, ...], said: str, now: datetime
) -> ServerError:
    moment = end_of_maintenance(response.headers, said, now)
    advice = f"The fault is on Outreach's side: try again {when(moment, now)}."
    if not sent.is_read and _MAINTENANCE not in _codes(details):
        advice += f" Before that, make sure that nothing was changed. {how_to_check(sent)}"
    status = response.status
    return ServerError(
        f"Outreach failed on {sent.asked} with {status}: {said}. {advice}",
        status=status,
        details=details,
        retry_at=moment,
    )


def _permission_error(refused: str, sent: Outgoing, details: tuple[ErrorDetail, ...]) -> PermissionDeniedError:
    scope = next((found[1] for detail in details if (found := _SCOPE.search(detail.text))), "")
    if scope or "unauthorizedOauthScope" in _codes(details):
        advice = (
            f"Add {f'the scope {scope!r}' if scope else 'the missing scope'} to the application in Outreach and "
            "authorise it again: a token issued before does not gain it."
        )
        return MissingScopeError(f"{refused} {advice}", scope, status=403, details=details)
    return PermissionDeniedError(f"{refused} {advice_on_permission(sent.path)}", status=403, details=details)


def _redirect_error(sent: Outgoing, status: int, target: str) -> RedirectError:
    where = f" to {quoted(target)}" if target else ""
    check = "" if sent.is_read else f" Nothing says that it was done: check before sending again. {how_to_check(sent)}"
    return RedirectError(
        f"Outreach answered {sent.asked} with a redirect ({status}){where}, which is not followed: the token stays "
        f"on the API's own address. Check OUTREACH_API_URL.{check}",
        status=status,
    )


def _outcome_unknown(
    sent: Outgoing, cause: str, status: int | None, details: tuple[ErrorDetail, ...]
) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{sent.asked} may or may not have happened: {cause}. "
        f"Sent {f'at {in_utc(sent.at)} ' if sent.at else ''}was {quoted_body(sent.body)}. "
        f"Check before you send it again. {how_to_check(sent)}",
        status=status,
        details=details,
    )


def _codes(details: tuple[ErrorDetail, ...]) -> set[str]:
    return {detail.code for detail in details}
