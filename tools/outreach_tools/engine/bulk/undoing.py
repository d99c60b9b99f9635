"""Plans to take back what was changed: what can be put back is, what somebody changed since is left as it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.arguments import UndoArguments, read
from outreach_tools.engine.bulk.batching import fit_of_update
from outreach_tools.engine.bulk.making import EXAMPLES, name_of, seen_of
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.selecting import IDS_AT_ONCE, Found, read_by_ids, read_filtered
from outreach_tools.engine.bulk.service import Done
from outreach_tools.engine.bulk.told import plan_answer
from outreach_tools.engine.bulk.values import held, same, told
from outreach_tools.engine.columns import Selection, label_of, select, value_of
from outreach_tools.engine.dates import Calendar, Days
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.filtering import sent_as_given
from outreach_tools.engine.included import related_id
from outreach_tools.engine.matching import few
from outreach_tools.engine.tool import Context
from outreach_tools.engine.values import moment
from outreach_tools.engine.zones import day_start

FOREIGN = "somebody changed it since: it stays as it is now"
GONE = "it was deleted since"
BACK = "it is as it was before already"
_FINISHED = "a finished enrolment cannot be taken up again: enrol anew"
_COMPLETED = "a completed task cannot be opened again: create a new one"
_FINAL = "an action that cannot be taken back"
_PART = "some of its fields were changed by somebody since, and stay as they are"
_ERASED = "what was deleted cannot be made anew here"
_LOST = "what was made cannot be found or deleted"
_LEEWAY = timedelta(minutes=2)  # by which clocks differ, and what follows from a create by itself comes later
_STATES: Mapping[str, str] = {"pause": "resume", "resume": "pause"}


@dataclass(slots=True)
class _Value:
    """One attribute or relationship of a record: what we made of it last, and what it was before we touched it."""

    expected: Any
    target: Any
    broken: bool = False


@dataclass(slots=True)
class _Taking:
    """What is gathered while the steps that were done are gone through, the last one first."""

    values: dict[tuple[str, int], dict[str, _Value]] = field(default_factory=dict[tuple[str, int], dict[str, _Value]])
    names: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    acts: dict[tuple[str, int], Done] = field(default_factory=dict[tuple[str, int], Done])
    made: list[Done] = field(default_factory=list[Done])
    enrolled: list[Done] = field(default_factory=list[Done])
    steps: list[Step] = field(default_factory=list[Step])
    left_out: Counter[str] = field(default_factory=Counter[str])
    examples: list[JsonObject] = field(default_factory=list[JsonObject])
    anew: int = 0

    def add(self, step: Step, example: JsonObject) -> None:
        """Take a step."""
        self.steps.append(step)
        if len(self.examples) < EXAMPLES:
            self.examples.append({"id": step.id, "name": step.name, **example})


async def plan_undo(context: Context, arguments: JsonObject) -> JsonObject:
    """Read what a job, a change or everything since a moment did, and make a plan that takes it back."""
    given = read(UndoArguments, arguments)
    if context.bulk is None:
        raise ToolError("This server keeps no plans.")
    named = [name for name in ("job_id", "change_id", "since") if getattr(given, name)]
    if len(named) != 1:
        raise ArgumentError("give one of 'job_id', 'change_id' and 'since'")
    since = _moment(context, given.since) if given.since else None
    taking, resources = _Taking(), set[str]()
    async for done in context.bulk.done(job_id=given.job_id or "", change_id=given.change_id or "", since=since):
        resources.add(done.step.type)
        _gather(taking, done)
    if not resources:
        what = f"since {given.since}" if since else f"by {given.job_id or given.change_id}"
        raise ToolError(f"There is nothing to take back: nothing was changed {what}. Nothing was planned.")
    await _put_back(taking, context)
    await _undo_acts(taking, context)
    await _undo_creates(taking, context)
    if not taking.steps:
        why = "; ".join(f"{count:,}: {reason}" for reason, count in taking.left_out.items())
        raise ToolError(f"There is nothing that can be taken back ({why}). Nothing was planned.")
    what = f"job {given.job_id}" if given.job_id else f"change {given.change_id or given.since}"
    kinds = {step.type for step in taking.steps}
    resource = next(iter(kinds)) if len(kinds) == 1 else "prospect"
    plan = Plan(
        resource, f"take back {f'what was changed since {what}' if since else what}: {_words(taking.steps)}",
        tuple(taking.steps), dict(taking.left_out), mails=_mails(taking.steps), undoes=given.job_id or "",
    )  # fmt: skip
    note = ("what was deleted is made anew, with a new id, and without its history",) if taking.anew else ()
    return await plan_answer(context, plan, taking.examples, note)


def _words(steps: list[Step]) -> str:
    counts: Counter[str] = Counter()
    for step in steps:
        word = {"update": "put back", "create": "made anew", "delete": "deleted again"}.get(step.kind, step.action)
        counts[word] += 1
    names = sorted({name for step in steps if step.kind == "update" for name in step.after})
    fields = f" ({few(names)})" if names else ""
    return ", ".join(f"{count:,} {word}{fields if word == 'put back' else ''}" for word, count in counts.items())


def _mails(steps: list[Step]) -> str:
    resumed = sum(step.action == "resume" for step in steps)
    return f"the sequence may e-mail {resumed:,} people again" if resumed else ""


def _gather(taking: _Taking, done: Done) -> None:
    step = done.step
    if step.kind == "update" and step.id is not None:
        values = taking.values.setdefault((step.type, step.id), {})
        taking.names.setdefault((step.type, step.id), step.name)
        resource = resource_type(step.type)
        for name, after in step.after.items():
            before = step.before.get(name)
            if name not in values:
                values[name] = _Value(after, before)
            elif not values[name].broken and same(resource, name, values[name].target, after):
                values[name].target = before
            else:
                values[name].broken = True  # between our two changes there was another one, which is the one to keep
    elif step.kind == "create":
        if done.outcome.id is not None:
            taking.made.append(done)
        elif step.type == "sequenceState":
            taking.enrolled.append(done)
        else:
            taking.left_out[_LOST] += 1
    elif step.kind == "delete":
        after = {name: value for name, value in step.before.items() if _is_set(step, name)}
        if "create" not in resource_type(step.type).operations or not after:
            taking.left_out[_ERASED] += 1
            return
        taking.anew += 1
        taking.add(Step("create", step.type, None, step.name, {}, after), {"made": "anew"})
    elif step.id is not None:
        taking.acts.setdefault((step.type, step.id), done)


def _is_set(step: Step, name: str) -> bool:
    resource = resource_type(step.type)
    return name in resource.attributes or name in resource.relationships


async def _put_back(taking: _Taking, context: Context) -> None:
    for kind in sorted({kind for kind, _ in taking.values}):
        resource = resource_type(kind)
        ids = [number for of, number in taking.values if of == kind]
        names = sorted({name for (of, _), values in taking.values.items() if of == kind for name in values})
        found, missing = await read_by_ids(context, resource, _selection(resource, names), ids)
        taking.left_out.update({GONE: len(missing)} if missing else {})
        for each in found:
            _put_back_one(taking, resource, each, taking.values[kind, int(each.record["id"])])


def _put_back_one(taking: _Taking, resource: ResourceType, found: Found, values: dict[str, _Value]) -> None:
    now = held(resource, found.record, values)
    after: JsonObject = {}
    foreign = 0
    for name, value in values.items():
        if same(resource, name, now[name], value.target):
            continue
        if same(resource, name, now[name], value.expected):
            after[name] = value.target
        else:
            foreign += 1
    if not after:
        taking.left_out[FOREIGN if foreign else BACK] += 1
        return
    if foreign:
        taking.left_out[_PART] += 1
    before = {name: now[name] for name in after}
    step = Step(
        "update", resource.type, int(found.record["id"]), name_of(found.record), before, after,
        held(resource, found.record, seen_of(resource)), fit=fit_of_update(resource.type, after),
    )  # fmt: skip
    shown = {
        name: f"{told(resource, name, before[name], found.included)} → {told(resource, name, value)}"
        for name, value in after.items()
    }
    taking.add(step, shown)


async def _undo_acts(taking: _Taking, context: Context) -> None:
    for kind in sorted({kind for kind, _ in taking.acts}):
        resource = resource_type(kind)
        ids = [number for of, number in taking.acts if of == kind]
        names = sorted({name for (of, _), each in taking.acts.items() if of == kind for name in each.step.after})
        found, missing = await read_by_ids(context, resource, _selection(resource, names), ids)
        taking.left_out.update({GONE: len(missing)} if missing else {})
        for each in found:
            _undo_act(taking, resource, each, taking.acts[kind, int(each.record["id"])].step)


def _undo_act(taking: _Taking, resource: ResourceType, found: Found, step: Step) -> None:
    now = held(resource, found.record, step.after)
    if step.action == "resume" and now.get("state") == "pending":
        now = {**now, "state": "active"}  # what resumes in a sequence that is off waits as pending
    action, parameters, reason = _inverse(step)
    if reason:
        taking.left_out[reason] += 1
    elif all(same(resource, name, now[name], value) for name, value in step.before.items()):
        taking.left_out[BACK] += 1
    elif not all(same(resource, name, now[name], value) for name, value in step.after.items()):
        taking.left_out[FOREIGN] += 1
    else:
        before = held(resource, found.record, step.after)
        seen = held(resource, found.record, seen_of(resource))
        made = Step(
            "action", step.type, step.id, step.name, before, {**step.before}, seen, action, parameters
        )  # fmt: skip
        taking.add(made, {"action": action})


def _inverse(step: Step) -> tuple[str, Query, str]:
    """Return the action that takes one back and its parameters, or why there is none."""
    if step.action in _STATES:
        return _STATES[step.action], (), ""
    if step.action == "reschedule" and step.before.get("dueAt"):
        return "reschedule", (("actionParams[dueAt]", str(step.before["dueAt"])),), ""
    owner = step.before.get("owner")
    if step.action == "reassignOwner" and owner:
        return "reassignOwner", (("actionParams[ownerId]", str(owner["id"])),), ""
    reasons = {"finish": _FINISHED, "markComplete": _COMPLETED}
    return "", (), reasons.get(step.action, _FINAL)


async def _undo_creates(taking: _Taking, context: Context) -> None:
    for done in await _with_ids(taking, context):
        if done.outcome.id is None or "delete" not in resource_type(done.step.type).operations:
            taking.left_out[_LOST] += 1
        else:
            taking.made.append(done)
    for kind in sorted({done.step.type for done in taking.made}):
        resource = resource_type(kind)
        of_kind = {done.outcome.id: done for done in taking.made if done.step.type == kind and done.outcome.id}
        names = sorted({name for done in of_kind.values() for name in done.step.after})
        readable = [
            name for name in names
            if not (attribute := resource.attributes.get(name)) or not attribute.write_only
        ]  # fmt: skip
        found, missing = await read_by_ids(context, resource, _selection(resource, readable), [*of_kind])
        taking.left_out.update({GONE: len(missing)} if missing else {})
        for each in found:
            done = of_kind[int(each.record["id"])]
            now = held(resource, each.record, readable)
            changed = moment(str(value_of(each.record, "updatedAt") or ""))
            is_foreign = any(not same(resource, name, now[name], done.step.after[name]) for name in readable)
            if is_foreign or (kind != "sequenceState" and changed and changed > done.at + _LEEWAY):
                taking.left_out[FOREIGN] += 1
                continue
            step = Step(
                "delete", kind, int(each.record["id"]), name_of(each.record) or done.step.name, now, {},
                held(resource, each.record, seen_of(resource)),
            )  # fmt: skip
            taking.add(step, {"made": "deleted again"})


async def _with_ids(taking: _Taking, context: Context) -> list[Done]:
    """Return the enrolments that bulk actions made, of which nobody told the ids, with these."""
    states = resource_type("sequenceState")
    by_sequence: dict[int, dict[int, Done]] = {}
    for done in taking.enrolled:
        after = done.step.after
        by_sequence.setdefault(int(after["sequence"]["id"]), {}).setdefault(int(after["prospect"]["id"]), done)
    for sequence, people in by_sequence.items():
        numbers = [*people]
        for start in range(0, len(numbers), IDS_AT_ONCE):
            some = ",".join(map(str, numbers[start : start + IDS_AT_ONCE]))
            query: Query = (("filter[sequence][id]", str(sequence)), ("filter[prospect][id]", some))
            selection = select(states, ("prospect_id", "createdAt"), summary=False)
            for each in await read_filtered(context, states, selection, sent_as_given(query)):
                number = int(related_id(each.record, "prospect"))
                made = moment(str(value_of(each.record, "createdAt") or ""))
                done = people[number]
                if made and abs(made - done.at) < timedelta(hours=1):
                    people[number] = replace(done, outcome=replace(done.outcome, id=int(each.record["id"])))
    return [done for people in by_sequence.values() for done in people.values()]


def _selection(resource: ResourceType, names: list[str]) -> Selection:
    label = label_of(resource.type)
    return select(resource, (*names, *((label,) if label else ())), summary=False, also=seen_of(resource))


def _moment(context: Context, given: str) -> datetime:
    calendar = Calendar(context.now(), context.zone)
    span = calendar.point(given) or calendar.span(given)
    if span is None:
        raise ArgumentError(f"'since' takes a time like 2026-01-31T09:00Z, today or -2h, not {given!r}")
    return day_start(span.first, context.zone) if isinstance(span, Days) else span.first
