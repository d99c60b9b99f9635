"""A plan: what is to become of each of many records, one by one, with what was read of it before.

Whatever makes a plan (a selection, a job to be taken back, a file), it is a list of steps, and one thing applies them
all. A plan is made of JSON alone, so that it can be kept: see `written` and `read_plan`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from outreach_tools.client import JsonObject, Query
from outreach_tools.json_values import is_object

Kind: TypeAlias = Literal["update", "create", "delete", "action"]

MOST_RECORDS = 100_000
"""The records of one plan: as many as a bulk action of Outreach takes (documented)."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The bulk action of Outreach that does the same as a step: its name and the attributes beside the ids."""

    action: str
    attributes: JsonObject


@dataclass(frozen=True, slots=True)
class Step:
    """The change that is planned for one record.

    `before` and `after` hold attributes and relationships (`{"type", "id"}` or null) by name, as Outreach names them:
    all that changes, and nothing else. Of a create there is no id and no before, of a delete no after. An `action` has
    its parameters as they go out; its before and after are what it is known to change. `seen` is what must still hold
    of the record when the step is applied, beside its before. `number` is the place in the plan.
    """

    kind: Kind
    type: str
    id: int | None = None
    name: str = ""
    before: JsonObject = field(default_factory=dict[str, Any])
    after: JsonObject = field(default_factory=dict[str, Any])
    seen: JsonObject = field(default_factory=dict[str, Any])
    action: str = ""
    parameters: Query = ()
    fit: Fit | None = None

    @property
    def record(self) -> tuple[str, int] | None:
        """The type and id of the record that it is about and that has to be looked at before; None where none is.

        Of an enrolment, which creates something, that is the prospect.
        """
        if self.id is not None:
            return self.type, self.id
        person = self.after.get("prospect") if self.type == "sequenceState" else None
        return (str(person["type"]), int(person["id"])) if is_object(person) else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to be applied together.

    `resource` is the type of record it is about, `doing` says it in a few words (`owner = Ann Lee (7)`), without the
    number of records. `selection` are the queries whose records they were: a record that none of them finds any more
    has left the selection. `left_out` counts those that were not taken, by reason. `mails` says what e-mail it causes.
    """

    resource: str
    doing: str
    steps: Sequence[Step]
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    selection: tuple[Query, ...] = ()
    mails: str = ""
    undoes: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of changes, each once: `update`, `action:pause`."""
        return tuple(dict.fromkeys(step.kind if not step.action else f"action:{step.action}" for step in self.steps))


def written_step(step: Step) -> list[Any]:
    """Return a step as JSON."""
    fit = None if step.fit is None else [step.fit.action, step.fit.attributes]
    parameters = [list(pair) for pair in step.parameters]
    return [
        step.kind, step.type, step.id, step.name, step.before, step.after, step.seen, step.action, parameters, fit
    ]  # fmt: skip


def read_step(entry: Any) -> Step:
    """Return the step that `written_step` wrote."""
    kind, type_, number, name, before, after, seen, action, parameters, fit = entry
    return Step(
        kind,
        type_,
        number,
        name,
        before,
        after,
        seen,
        action,
        tuple((each, value) for each, value in parameters),
        None if fit is None else Fit(fit[0], fit[1]),
    )


def written_head(plan: Plan) -> JsonObject:
    """Return all of a plan but its steps, as JSON."""
    return {
        "resource": plan.resource,
        "doing": plan.doing,
        "left_out": dict(plan.left_out),
        "selection": [[list(pair) for pair in query] for query in plan.selection],
        "mails": plan.mails,
        "undoes": plan.undoes,
    }


def read_plan(head: Any, steps: Sequence[Step]) -> Plan:
    """Return the plan that `written_head` and `written_step` wrote."""
    return Plan(
        head["resource"],
        head["doing"],
        steps,
        head["left_out"],
        tuple(tuple((name, value) for name, value in query) for query in head["selection"]),
        head["mails"],
        head["undoes"],
    )
