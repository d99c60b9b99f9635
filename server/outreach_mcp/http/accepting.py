"""Answers in the form that a client takes, by its Accept header (RFC 9110, section 12.5.1).

MCP asks clients to take both JSON and event streams, and the SDK refuses those that do not say so. Many programs send
no Accept, or the one of what they read: these are served with that.
"""

from dataclasses import dataclass
from functools import lru_cache

from starlette.types import Message, Scope, Send

JSON = "application/json"
SSE = "text/event-stream"


_BOTH = (b"accept", f"{JSON}, {SSE}".encode())


@dataclass(frozen=True, slots=True)
class Accepted:
    """Whether JSON and event streams are taken."""

    json: bool
    sse: bool


@lru_cache(maxsize=64)
def accepted(headers: tuple[bytes, ...]) -> Accepted:
    """Return the forms that a request's Accept headers take; none, or empty ones, take everything.

    Who takes everything is given JSON: a stream is for those who name it.
    """
    ranges = dict(each for header in headers for part in header.decode("latin-1").split(",") if (each := _range(part)))
    ranges = ranges or {"*/*": 1.0}
    json = _quality(ranges, JSON, "application/*", "*/*") > 0
    named = (SSE, "text/*") if json else (SSE, "text/*", "*/*")
    return Accepted(json, _quality(ranges, *named) > 0)


def taking_both(scope: Scope) -> Scope:
    """Return a request as one that takes both forms."""
    if _BOTH in scope["headers"] and sum(name == b"accept" for name, _ in scope["headers"]) == 1:
        return scope  # as most say it
    headers = [pair for pair in scope["headers"] if pair[0] != b"accept"]
    return {**scope, "headers": [*headers, _BOTH]}


def as_stream(send: Send) -> Send:
    """Return what sends an answer of JSON, where it succeeds, as a stream of one event."""
    begun: Message | None = None

    async def framed(message: Message) -> None:
        nonlocal begun
        if message["type"] == "http.response.start" and _is_json(message):
            begun = message
        elif begun is not None:
            # The SDK sends such an answer in one piece.
            body = b"event: message\r\ndata: " + message.get("body", b"") + b"\r\n\r\n"
            kept = [pair for pair in begun["headers"] if pair[0] not in (b"content-type", b"content-length")]
            headers = [*kept, (b"content-type", SSE.encode()), (b"content-length", b"%d" % len(body))]
            await send({**begun, "headers": headers})
            begun = None
            await send({**message, "body": body})
        else:
            await send(message)

    return framed


def _is_json(start: Message) -> bool:
    types = [value for name, value in start["headers"] if name == b"content-type"]
    return start["status"] == 200 and any(value.startswith(JSON.encode()) for value in types)


def _range(part: str) -> tuple[str, float] | None:
    name, *parameters = (each.strip().lower() for each in part.split(";"))
    weights = [value for key, _, value in (each.partition("=") for each in parameters) if key.strip() == "q"]
    try:
        weight = float(weights[0]) if weights else 1.0
    except ValueError:
        weight = 1.0  # whoever writes it so takes it
    return (name, weight) if name else None


def _quality(ranges: dict[str, float], *names: str) -> float:
    """Return the weight of the most exact of these names that is there."""
    return next((ranges[each] for each in names if each in ranges), 0.0)
