"""Makes the sandbox misbehave on demand, so that tests of a client need no mocks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from outreach_mcp.sandbox import errors
from outreach_mcp.sandbox.errors import ApiError

_PAUSE = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """A status to answer instead of serving the next `times` requests that match.

    An empty `method` matches every method; `path` is the start of the path below the API's base (`/prospects`).
    """

    status: int
    method: str = ""
    path: str = ""
    times: int = 1

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is to suffer it."""
        return self.times > 0 and self.method in {"", method} and path.startswith(self.path)


class Faults:
    """The faults that are waiting for requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        self._waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that a request suffers, if any, and count it."""
        for index, fault in enumerate(self._waiting):
            if fault.matches(method, path):
                self._waiting[index] = replace(fault, times=fault.times - 1)
                return fault
        return None


def answer_of(fault: Fault, clock: Callable[[], datetime], limit: int) -> ApiError:
    """Return the answer of a fault, in the shape its status has on the real API."""
    later = int(clock().timestamp()) + _PAUSE
    if fault.status == 429:
        return errors.rate_limit_exceeded(limit, later)
    if fault.status == 503:
        return errors.maintenance(later)
    if fault.status == 403:
        return errors.unauthorized_request()
    return errors.bad_gateway(fault.status)
