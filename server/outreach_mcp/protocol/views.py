"""The server as each caller sees it, and what is kept of what their connection has read.

A caller who may not write sees a server that only reads. The organisation's own words are kept for each apart, as not
all may see the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from outreach_mcp.caller import current_caller
from outreach_mcp.guard.policy import Policy
from outreach_tools.engine.naming.kept import Kept
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import told_last

MOST_CALLERS = 500
"""Callers of whom something is kept: of each at most some thousand names."""


@dataclass(frozen=True, slots=True)
class View:
    """The policy that holds for a caller, and the tools that it offers, by name and in order."""

    policy: Policy
    tools: Mapping[str, Tool]

    @classmethod
    def of(cls, tools: Sequence[Tool], policy: Policy) -> "View":
        """Return the view of `tools` under a policy, in the order in which clients are told of them.

        Raises `ValueError` when two tools have the same name.
        """
        names = [tool.name for tool in tools]
        if len(set(names)) < len(names):
            raise ValueError(f"two tools are named {next(name for name in names if names.count(name) > 1)!r}")
        return cls(policy, {tool.name: tool for tool in sorted(tools, key=told_last) if policy.offers(tool)})


class Views:
    """The views of one server."""

    def __init__(self, tools: Sequence[Tool], policy: Policy) -> None:
        """Make the views under a policy. Raises `ValueError` when two tools have the same name."""
        self.whole = View.of(tools, policy)
        self._reading = View.of(tools, replace(policy, read_only=True))

    def current(self) -> View:
        """Return the view of who sent the request; without callers there is one user, who sees all."""
        caller = current_caller()
        return self.whole if caller is None or caller.may_write else self._reading


class Keeping:
    """The memory of each caller, and of the one user of a server that has only one."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Keep nothing yet; `now` is the clock."""
        self._now = now
        self._kept: OrderedDict[str | None, tuple[str, Kept]] = OrderedDict()

    def own(self, connection: str = "") -> Kept:
        """Return what is kept of the caller as long as they have the same connection to Outreach."""
        subject = _subject()
        known, kept = self._kept.get(subject, ("", None))
        if kept is None or known != connection:
            kept = Kept(self._now)
            self._kept[subject] = (connection, kept)
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
