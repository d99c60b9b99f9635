"""The clock of a sandbox that has a day of its own; everything else takes the time from `outreach_tools.clock`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta


@dataclass(slots=True)
class CountingClock:
    """Stands at the beginning of a day (UTC) and goes on a second with each request that is counted.

    So the same requests are made at the same times, however long a person, a model or a machine takes between them.
    The client, the sandbox and the server must share it.
    """

    day: date
    _requests: int = field(default=0, init=False)

    def __call__(self) -> datetime:
        """Return the time."""
        return midnight(self.day) + timedelta(seconds=self._requests)

    def count(self) -> None:
        """Go on by a second."""
        self._requests += 1


def running_clock(start: datetime, monotonic: Callable[[], float]) -> Callable[[], datetime]:
    """Return a clock that stands at `start` now, and goes on as time does.

    It is for a sandbox on a port: its clients have clocks of their own, and wait for its tokens and limits by them.
    """
    began = monotonic()
    return lambda: start + timedelta(seconds=monotonic() - began)


def midnight(day: date) -> datetime:
    """Return the first moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
