"""Plans to take back what was changed: what can be put back is, what somebody changed since is left as it is."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.arguments import UndoArguments, read
from outreach_tools.engine.bulk.batching import fit_of_update
from outreach_tools.engine.bulk.checking import is_enrolment
from outreach_tools.engine.bulk.making import EXAMPLES, lets_mail_out, name_of, seen_of, told_let_out
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


@dataclass(slots=True)
class _Value:
    """One attribute or relationship of a record: what we made of it last, and what it was before we touched it."""

    expected: Any
    target: Any
    broken: bool = False


@dataclass(slots=True)
class _Taking:
    """The state that is gathered while the steps that were done are gone through, the last one first."""

    values: dict[tuple[str, int], dict[str, _Value]] = field(default_factory=dict[tuple[str, int], dict[str, _Value]])
    made: list[Done] = field(default_factory=list[Done])
    enrolled: list[Done] = field(default_factory=list[Done])
    steps: list[Step] = field(default_factory=list[Step])
    left_out: Counter[str] = field(default_factory=Counter[str])
    examples: list[JsonObject] = field(default_factory=list[JsonObject])
    anew: list[Step] = field(default_factory=list[Step])

    def deleted_again(self, made: Step, number: int | None) -> Step | None:
        """Return the step that deleted a record later which another one had made, None where none did."""
        for each in self.anew:
            if each.type != made.type:
                continue
            if number is not None and each.id == number:
                return each
            linked = all(each.before.get(name) == made.after.get(name) for name in ("prospect", "sequence"))
            if number is None and made.type == "sequenceState" and linked:
                return each
        return None

    def add(self, step: Step, example: JsonObject) -> None:
        """Take a step."""
        self.steps.append(step)
        if len(self.examples) < EXAMPLES:
            named = {"id": step.id, "name": step.name}
            self.examples.append({**{name: value for name, value in named.items() if value}, **example})


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
    await _undo_creates(taking, context)
    _make_anew(taking)
    if not taking.steps:
        why = "; ".join(f"{count:,}: {reason}" for reason, count in taking.left_out.items())
        raise ToolError(f"There is nothing that can be taken back ({why}). Nothing was planned.")
    what = f"job {given.job_id}" if given.job_id else f"change {given.change_id}"
    what = f"all since {given.since}" if since else what
    kinds = {step.type for step in taking.steps}
    resource = next(iter(kinds)) if len(kinds) == 1 else "prospect"
    plan = Plan(
        resource, f"take back {what}: {_words(taking.steps)}",
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
    """Return what e-mail steps may cause: of who goes on or anew through a sequence, and who had opted out."""
    on_the_way = sum(step.action == "resume" or is_enrolment(step) for step in steps)
    let_out = sum(step.kind == "update" and lets_mail_out(step.after) for step in steps)
    found = [f"the sequence may e-mail {on_the_way:,} people again"] if on_the_way else []
    return "; ".join((*found, *told_let_out(let_out)))


def _gather(taking: _Taking, done: Done) -> None:
    step = done.step
    if step.kind == "create":
        if (again := taking.deleted_again(step, done.outcome.id)) is not None:
            taking.anew.remove(again)  # what was made was deleted after it: there is nothing to be made anew
        elif done.outcome.id is not None:
            taking.made.append(done)
        elif step.type == "sequenceState":
            taking.enrolled.append(done)
        else:
            taking.left_out[_LOST] += 1
    elif step.kind == "delete":
        anew = next((each for each in taking.made if each.step.type == step.type and _is_anew(each.step, step)), None)
        if anew is not None:
            taking.made.remove(anew)  # it was put back already
        else:
            taking.anew.append(step)
    elif step.id is None or not step.after:
        taking.left_out[_FINAL] += 1
    else:
        _gather_values(taking, step, step.id)


def _gather_values(taking: _Taking, step: Step, number: int) -> None:
    values = taking.values.setdefault((step.type, number), {})
    resource = resource_type(step.type)
    for name, after in step.after.items():
        before = step.before.get(name)
        if name not in values:
            values[name] = _Value(after, before)
        elif not values[name].broken and _alike(resource, name, values[name].target, after):
            values[name].target = before
        else:
            values[name].broken = True  # between our two changes there was another one, which is the one to keep


def _alike(resource: ResourceType, name: str, one: Any, other: Any) -> bool:
    """Return whether two values are the same; an enrolment that goes on waits as pending where its sequence is off."""
    goes_on = ("active", "pending")
    if resource.type == "sequenceState" and name == "state" and one in goes_on and other in goes_on:
        return True
    return same(resource, name, one, other)


def _is_anew(made: Step, deleted: Step) -> bool:
    """Return whether a record was made as what had been deleted before."""
    return made.after == _to_be_made(deleted)


def _to_be_made(deleted: Step) -> JsonObject:
    return {name: value for name, value in deleted.before.items() if _is_set(deleted, name)}


def _make_anew(taking: _Taking) -> None:
    for step in taking.anew:
        after = _to_be_made(step)
        if "create" not in resource_type(step.type).operations or not after:
            taking.left_out[_ERASED] += 1
        else:
            taking.add(Step("create", step.type, None, step.name, {}, after), {"made": "anew"})


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
        if _alike(resource, name, now[name], value.target):
            continue
        if _alike(resource, name, now[name], value.expected):
            after[name] = value.target
        else:
            foreign += 1
    if not after:
        taking.left_out[FOREIGN if foreign else BACK] += 1
        return
    if foreign:
        taking.left_out[_PART] += 1
    before = {name: now[name] for name in after}
    number, called = int(found.record["id"]), name_of(found.record)
    seen = held(resource, found.record, seen_of(resource))
    if "state" in after and resource.type in _ACTED:
        state = after.pop("state")
        action, reason = _back_to(resource.type, str(before["state"]), str(state))
        if reason:
            taking.left_out[reason] += 1
        else:
            had = {"state": before["state"]}
            step = Step("action", resource.type, number, called, had, {"state": state}, seen, action)
            taking.add(step, {"state": f"{before['state']} → {state}"})
        if not after:
            return
        before.pop("state")
    step = Step(
        "update", resource.type, number, called, before, after, seen, fit=fit_of_update(resource.type, after)
    )  # fmt: skip
    shown = {
        name: f"{told(resource, name, before[name], found.included)} → {told(resource, name, value)}"
        for name, value in after.items()
    }
    taking.add(step, shown)


_ACTED = ("sequenceState", "task")
"""The types whose state only actions change."""


def _back_to(kind: str, now: str, state: str) -> tuple[str, str]:
    """Return the action that leads from one state back to another, or why none does."""
    if kind == "sequenceState" and state == "paused" and now in ("active", "pending"):
        return "pause", ""
    if kind == "sequenceState" and now == "paused" and state in ("active", "pending"):
        return "resume", ""
    return "", _COMPLETED if kind == "task" else _FINISHED


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
        stamp = ["createdAt"] if "createdAt" in resource.attributes else []
        found, missing = await read_by_ids(context, resource, _selection(resource, [*readable, *stamp]), [*of_kind])
        taking.left_out.update({GONE: len(missing)} if missing else {})
        for each in found:
            done = of_kind[int(each.record["id"])]
            now = held(resource, each.record, readable)
            changed = moment(str(value_of(each.record, "updatedAt") or ""))
            # By Outreach's own clock where it says when it was made: a job goes on for long after it has made one.
            made = moment(str(value_of(each.record, "createdAt") or "")) or done.at
            is_foreign = any(not same(resource, name, now[name], done.step.after[name]) for name in readable)
            if is_foreign or (kind != "sequenceState" and changed and changed > made + _LEEWAY):
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
    since = day_start(span.first, context.zone) if isinstance(span, Days) else span.first
    if since > calendar.now:
        raise ArgumentError(
            f"'since' is {given!r}, which is {since:%Y-%m-%d %H:%M} and yet to come: give the moment itself. Nothing "
            "was planned"
        )
    return since
