"""The server as each caller sees it: a caller who may not write sees one that only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from outreach_mcp.caller import current_caller
from outreach_mcp.guard.policy import Policy
from outreach_tools.engine.tool import Tool


@dataclass(frozen=True, slots=True)
class View:
    """The policy that holds for a caller, and the tools that it offers, by name and in order."""

    policy: Policy
    tools: Mapping[str, Tool]

    @classmethod
    def of(cls, tools: Sequence[Tool], policy: Policy) -> "View":
        """Return the view of `tools` under a policy. Raises `ValueError` when two tools have the same name."""
        names = [tool.name for tool in tools]
        if len(set(names)) < len(names):
            raise ValueError(f"two tools are named {next(name for name in names if names.count(name) > 1)!r}")
        return cls(policy, {tool.name: tool for tool in tools if policy.offers(tool)})


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
