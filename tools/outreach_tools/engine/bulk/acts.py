"""The actions that a plan can run on each of its records: on which type, what they change, and whom they leave out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.bulk.making import ALREADY
from outreach_tools.engine.columns import value_of

ENROL = "enrol"
REASSIGN = "reassign"


@dataclass(frozen=True, slots=True)
class Act:
    """One action: the type it is of, what Outreach calls it, and the state it leads to from one of others.

    Where `sets` names a parameter, a record's attribute or relationship of that name becomes its value. `mails` says
    what e-mail may go out by it.
    """

    type: str
    action: str
    state: str = ""
    of: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict[str, str])
    mails: str = ""

    def after(self, parameters: Query) -> JsonObject:
        """Return what a record's attributes and relationships are known to become."""
        given = {name.removeprefix("actionParams[").removesuffix("]"): value for name, value in parameters}
        found: JsonObject = {"state": self.state} if self.state else {}
        for parameter, name in self.sets.items():
            if parameter in given:
                value: Any = given[parameter]
                found[name] = {"type": "user", "id": int(value)} if name == "owner" else value
        return found

    def refuse(self, record: JsonObject) -> str:
        """Return why a record is not taken, empty for one that is."""
        state = value_of(record, "state")
        if self.state and state == self.state:
            return ALREADY
        return "" if not self.of or state in self.of else f"its state is {state}"


ACTS: Mapping[tuple[str, str], Act] = MappingProxyType(
    {
        ("sequenceState", "pause"): Act("sequenceState", "pause", "paused", ("active", "pending")),
        ("sequenceState", "resume"): Act(
            "sequenceState", "resume", "active", ("paused",), mails="the sequence may e-mail these people again"
        ),
        ("sequenceState", "finish"): Act(
            "sequenceState", "finish", "finished", ("active", "pending", "paused", "disabled", "failed", "bounced")
        ),
        ("task", "markComplete"): Act("task", "markComplete", "complete", ("incomplete", "pending")),
        ("task", "reschedule"): Act("task", "reschedule", "", ("incomplete", "pending"), {"dueAt": "dueAt"}),
        ("task", REASSIGN): Act("task", "reassignOwner", "", ("incomplete", "pending"), {"ownerId": "owner"}),
    }
)
"""Acts by type and word; enrolling, and giving other records another owner, are made of writes."""

WORDS = tuple(dict.fromkeys((ENROL, *(word for _, word in ACTS))))
"""The words for actions, as a schema enumerates them."""
