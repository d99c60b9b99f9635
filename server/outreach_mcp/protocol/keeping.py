"""Keeps what each caller's connection has read of the organisation's own words: apart, as not all may see the same."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from outreach_mcp.caller import current_caller
from outreach_tools.engine.naming.kept import Kept

MOST_CALLERS = 500
"""Callers of whom something is kept: of each at most some thousand names."""


class Keeping:
    """The memory of each caller, and of the one user of a server that has only one."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Keep nothing yet; `now` is the clock."""
        self._now = now
        self._kept: OrderedDict[str | None, Kept] = OrderedDict()

    def own(self) -> Kept:
        """Return what is kept of the caller."""
        subject = _subject()
        if (kept := self._kept.get(subject)) is None:
            kept = self._kept[subject] = Kept(self._now)
            if len(self._kept) > MOST_CALLERS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(subject)
        return kept

    def forget(self) -> None:
        """Forget what is kept of the caller."""
        self._kept.pop(_subject(), None)


def _subject() -> str | None:
    caller = current_caller()
    return None if caller is None else caller.subject
