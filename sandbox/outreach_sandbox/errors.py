"""The errors the sandbox answers, in the shapes that were recorded or documented.

Most are JSON:API-like, where `id` is the error's code and neither `status` nor `code` exists (recorded). The gateway in
front of Outreach has shapes of its own.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

JSON_API = "application/vnd.api+json"
_TITLES = {"unauthorizedOauthScope": "Unauthorized OAuth Scope"}


class ApiError(Exception):
    """A refusal, ready to be answered: its status, body, media type and headers of its own."""

    def __init__(
        self, status: int, body: Any, media_type: str = JSON_API, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.media_type = media_type
        self.headers = headers or {}

    @property
    def detail(self) -> str:
        """The text of the refusal, as one sentence."""
        return str(self.body["errors"][0]["detail"]) if self.media_type == JSON_API else str(self.body)


def _error(code: str, detail: str, pointer: str = "", member: str = "detail") -> dict[str, Any]:
    title = _TITLES.get(code) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code[0].upper() + code[1:])
    error: dict[str, Any] = {"id": code, "title": title, member: detail}
    if pointer:
        error["source"] = {"pointer": pointer}
    return error


def _refusal(status: int, code: str, detail: str, pointer: str = "") -> ApiError:
    return ApiError(status, {"errors": [_error(code, detail, pointer)]})


def invalid_token(*, plain_text: bool) -> ApiError:
    """401: the gateway does not know the token. The JSON form was measured in 2026, the plain text in 2018."""
    if plain_text:
        return ApiError(401, "Invalid access token", "text/plain")
    body = {"error": "Invalid JWT token.", "description": "The JWT token could not be decoded."}
    return ApiError(401, body, "application/json")


def gateway_route_not_found() -> ApiError:
    """404: a path outside the API, as the gateway answers it (measured)."""
    return ApiError(404, {"error": "404", "error_description": "route not found"}, "application/json")


def missing_scope(scope: str) -> ApiError:
    """403: the token lacks a scope (recorded)."""
    return _refusal(403, "unauthorizedOauthScope", f"Your authorization does not include the required scope '{scope}'.")


def unauthorized_request() -> ApiError:
    """403: the user may not do that (documented)."""
    return _refusal(403, "unauthorizedRequest", "You are not authorized to perform that request.")


def resource_not_found(type_name: str, record_id: object) -> ApiError:
    """404: no such record (documented)."""
    return _refusal(404, "resourceNotFound", f"Could not find '{type_name}' with ID '{record_id}'.")


def route_not_found() -> ApiError:
    """404: no such route below the API's base (recorded)."""
    return _refusal(404, "routeNotFound", "The request path does not match any known resource endpoints.")


def unsupported_media_type() -> ApiError:
    """415: the wrong Content-Type; its text is in `details` (documented)."""
    detail = f"Expected Content-Type header to be '{JSON_API}'."
    return ApiError(415, {"errors": [_error("unsupportedMediaType", detail, member="details")]})


def bad_request(code: str, detail: str) -> ApiError:
    """400: a parameter or a document that cannot be understood.

    Only `filterParameter.invalidDatetimeFormat` is known from a client; the other codes are assumed.
    """
    return _refusal(400, code, detail)


def validation(detail: str, pointer: str = "/data") -> ApiError:
    """422: the record, or the change of it, is not valid (documented)."""
    return _refusal(422, "validationError", detail, pointer)


def validations(problems: Sequence[tuple[str, str]]) -> ApiError:
    """422: several things are not valid; each is a detail and the pointer to its place."""
    return ApiError(422, {"errors": [_error("validationError", detail, pointer) for detail, pointer in problems]})


def too_long() -> ApiError:
    """422: a text is longer than its column; the answer does not say which (observed by balena)."""
    return _refusal(422, "validationDataTooLongError", "Data provided is too long.")


def rate_limit_exceeded(limit: int, reset: int) -> ApiError:
    """429: the hour's requests are spent (documented); Retry-After repeats the reset, an absolute time (client)."""
    detail = f"You have exceeded your permitted rate limit of {limit:,}; please try again at {_seconds_text(reset)}."
    error = _refusal(429, "rateLimitExceeded", detail)
    error.headers["Retry-After"] = str(reset)
    return error


def maintenance(until: int) -> ApiError:
    """503: maintenance; Retry-After is an ISO 8601 time (documented)."""
    text = _seconds_text(until)
    detail = f"Scheduled server maintenance is under way; please try again at {text}."
    error = _refusal(503, "scheduledServerMaintenance", detail)
    error.headers["Retry-After"] = text
    return error


def bad_gateway(status: int = 502) -> ApiError:
    """502 and the like: what a proxy in front of the API says, no JSON at all (assumed form)."""
    return ApiError(status, f"<html><body><h1>{status} {HTTPStatus(status).phrase}</h1></body></html>", "text/html")


def humanized(name: str) -> str:
    """Write a member's name as the messages do: `firstName` is "First name" (documented for "Name")."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]


def _seconds_text(epoch: int) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%S}"
