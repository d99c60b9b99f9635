"""Keeps the time at Outreach, whose clock stamps the records, as opposed to ours."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from outreach_mcp.api.errors.retry_time import parse_moment

_WHEN_HEARD = timedelta(seconds=2)
"""`Date` has whole seconds, and the answer was on its way for a while."""

_WHEN_NOT = timedelta(seconds=5)
"""The most seconds that clocks set over the network differ by, generously."""


class ServerClock:
    """Follows Outreach's clock by the `Date` of its answers."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._heard: tuple[str, datetime] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Note the date of an answer that has just come; it is read when somebody wants to know."""
        date = headers.get("Date")
        if date:
            self._heard = date, self._now()

    def earliest(self, moment: datetime) -> datetime:
        """Return the earliest time that Outreach's clock may have shown at a moment of ours."""
        if self._heard is not None:
            date, heard_at = self._heard
            there = parse_moment(date, heard_at)
            if there is not None:
                return moment + (there - heard_at) - _WHEN_HEARD
        return moment - _WHEN_NOT
