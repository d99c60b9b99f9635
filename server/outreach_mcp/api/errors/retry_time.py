"""Reads when Outreach wants to be asked again, in any of the forms it uses.

`Retry-After` repeats `X-RateLimit-Reset` on 429, which is Unix epoch seconds (tap-outreach), and is an ISO 8601 time
on 503 (documentation); a proxy in between may send what HTTP defines, a delay in seconds or an HTTP date.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d{1,12}(?:\.\d+)?", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)

_FURTHEST = timedelta(days=1)
"""The longest window that Outreach documents, Kaia's; a moment that lies further ahead is taken to be this one."""

_FIRST_EPOCH_SECOND = 1_000_000_000
"""September 2001: a larger number of seconds is a moment, a smaller one a delay (30 years is not a delay)."""


def rate_limit_end(headers: Mapping[str, str], text: str, now: datetime) -> datetime | None:
    """Return the moment (aware, UTC) when the limit of a 429 is lifted, `None` if neither headers nor text say it.

    It is a day away at most.
    """
    return _moment(("Retry-After", "X-RateLimit-Reset"), headers, text, now)


def end_of_maintenance(headers: Mapping[str, str], text: str, now: datetime) -> datetime | None:
    """Return the moment (aware, UTC) when a failing server wants to be asked again, `None` if it does not say.

    It is a day away at most. `X-RateLimit-Reset` stands on every answer and means nothing here.
    """
    return _moment(("Retry-After",), headers, text, now)


def parse_moment(value: str, now: datetime) -> datetime | None:
    """Return the moment that one header value means, `None` for a value that does not mean one.

    Epoch seconds, delay seconds, an ISO 8601 time (UTC when it names no zone) and an HTTP date are understood. Of
    several numbers (`X-RateLimit-Remaining` is known to hold two, one per limit) the one that ends last counts.
    """
    value = value.strip()
    numbers = [part.strip() for part in value.split(",")]
    if all(_SECONDS.fullmatch(number) for number in numbers):
        moments = [_from_seconds(float(number), now) for number in numbers]
        return max((moment for moment in moments if moment is not None), default=None)
    return _from_date(value)


def _moment(names: tuple[str, ...], headers: Mapping[str, str], text: str, now: datetime) -> datetime | None:
    for name in names:
        moment = parse_moment(headers.get(name, ""), now)
        if moment is not None:
            return _believed(moment, now)
    mentioned = _ISO_TIME.search(text)
    moment = parse_moment(mentioned.group(), now) if mentioned else None
    return None if moment is None else _believed(moment, now)


def _believed(moment: datetime, now: datetime) -> datetime:
    return min(moment, now.astimezone(UTC) + _FURTHEST)


def _from_seconds(seconds: float, now: datetime) -> datetime | None:
    try:
        if seconds >= _FIRST_EPOCH_SECOND:
            return datetime.fromtimestamp(seconds, UTC)
        return now.astimezone(UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError, OSError):
        return None


def _from_date(value: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError, IndexError, TypeError):
            continue
    return None
