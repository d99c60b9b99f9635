"""The state of a record that shows that an action on it was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach_mcp.api.writes.equality import moment_of
from outreach_tools.catalog import resource_type_of_path
from outreach_tools.json_values import member


@dataclass(frozen=True, slots=True)
class State:
    """An attribute, the values it has after an action, and the attribute that says since when, if there is one."""

    attribute: str
    values: tuple[Any, ...]
    since: str = ""


_STATES: dict[tuple[str, str], State] = {
    ("sequence", "activate"): State("enabled", (True,), "enabledAt"),
    ("sequence", "deactivate"): State("enabled", (False,)),
    ("sequenceState", "finish"): State("state", ("finished",), "stateChangedAt"),
    ("sequenceState", "pause"): State("state", ("paused",), "stateChangedAt"),
    ("sequenceState", "resume"): State("state", ("active", "pending"), "stateChangedAt"),
    ("task", "markComplete"): State("state", ("complete", "completed"), "stateChangedAt"),
}
"""Actions that leave a state of their own; what the others leave may come from anything."""


def state_after(path: str) -> State | None:
    """Return the state that the action at a path (`/tasks/7/actions/markComplete`) leaves, None where none shows."""
    plural, _, rest = path.strip("/").partition("/")
    resource = resource_type_of_path(plural)
    _, _, action = rest.partition("/actions/")
    return _STATES.get((resource.type, action)) if resource else None


def shows(record: Any, state: State, since: datetime) -> bool:
    """Return whether a record is in a state, and has been since a moment at the earliest where it tells that."""
    if member(record, "attributes", state.attribute) not in state.values:
        return False
    changed = moment_of(member(record, "attributes", state.since)) if state.since else None
    return changed is None or changed >= since
