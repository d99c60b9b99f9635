"""Makes the sandbox misbehave on demand, so that tests of a client need no mocks.

A fault waits for the requests that match it, strikes as many of them as it says, and is gone. The faults that drop a
connection raise `ConnectionDroppedError` out of the app; `SandboxTransport` and `on_a_port` turn it into what a client
sees.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from math import inf
from typing import ClassVar, Literal, TypeAlias

from outreach_sandbox import errors
from outreach_sandbox.errors import ApiError

Effect: TypeAlias = Literal["answer", "hang", "drop_before", "drop_after", "cut_body", "broken_json"]
"""The effect of a fault.

`answer` answers its status and does nothing else; `hang` waits for its seconds before it serves the request;
`drop_before` closes the connection before anything is done, `drop_after` when everything is done; `cut_body` sends
half of the answer and closes, `broken_json` sends half of it as if that were all. The last three do what was asked.
"""

_PAUSE = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that the next `times` matching requests suffer instead of being served; None means all until `clear`.

    An empty `method` matches every method. `path` is a path below the API's base, `/oauth/token` for the token
    endpoint; it matches itself and what lies below it (`/prospects` matches `/prospects/7`), and `*` in it stands for
    anything (`/*/actions/*`). `status` belongs to the effect `answer`, `seconds` to `hang`.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # for those that come from outside

    status: int = 0
    method: str = ""
    path: str = ""
    times: int | None = 1
    effect: Effect = "answer"
    seconds: float = inf

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request is to suffer it."""
        if self.times is not None and self.times < 1:
            return False
        pattern = self.path.rstrip("/")
        in_place = not pattern or fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")
        return in_place and self.method in {"", method}


class Faults:
    """The faults that are waiting for requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """The faults that still wait, each with the number of times that is left."""
        return tuple(self._waiting)

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all that wait."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that a request suffers, if any, and count it."""
        for index, fault in enumerate(self._waiting):
            if not fault.matches(method, path):
                continue
            if fault.times is not None:
                left = replace(fault, times=fault.times - 1)
                self._waiting[index : index + 1] = [left] if left.times else []
            return fault
        return None


class ConnectionDroppedError(Exception):
    """The connection is to be closed without an answer."""


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
