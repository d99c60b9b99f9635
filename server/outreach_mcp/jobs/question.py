"""The question that a plan is put to a person with: its own figures, once for all of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.confirmation import ConfirmationLevel, is_final, sends_mail
from outreach_mcp.guard.disclosure import RECEIVES, Member, members_of, rank_of, told
from outreach_mcp.guard.named_records import words_for
from outreach_mcp.guard.question import Question
from outreach_mcp.guard.shown_values import LONG, UnshowableError, plain_text, quoted, unseen_in
from outreach_tools.catalog import resource_type
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.requests import request_of
from outreach_tools.engine.bulk.told import few_reasons
from outreach_tools.engine.bulk.values import told as told_value
from outreach_tools.engine.display import EMPTY
from outreach_tools.json_values import is_object

UNASKED = 10
"""Records that a plan may change without a question, where each of the changes can be taken back."""

_EXAMPLES = 3
_DOING = 1_000
"""Characters of the words that say what a plan does; what of it does not fit is told member by member."""

_MAILS = 300
_VALUES = 3
"""Values of a receiver that differ from record to record: as many are shown as records of an import."""


def must_ask(plan: Plan, level: ConfirmationLevel) -> bool:
    """Return whether a person is to be asked before a plan is applied."""
    if level == "never":
        return False
    if level == "writes" or len(plan.steps) > UNASKED or plan.mails:
        return True
    return any(is_final(out, out.operation) or sends_mail(out, out.operation) for out in map(_outgoing, plan.steps))


def question_of(plan: Plan, name: str) -> Question:
    """Return the question for a plan that is kept under a name."""
    count = len(plan.steps)
    kind = words_for(plan.resource)
    records = f"{count:,} {kind}{'' if count == 1 else 's'}"
    deleted = sum(step.kind == "delete" for step in plan.steps)
    what = f"Change {records}"
    if deleted:
        what = f"Delete {records} for good" if deleted == count else f"Change {records}, deleting {deleted:,} of them"
    examples = "; ".join(map(_example, plan.steps[:_EXAMPLES]))
    left_out = sum(plan.left_out.values())
    reasons = ", ".join(f"{number:,} {quoted(reason)}" for reason, number in few_reasons(plan.left_out).items())
    more = f" {left_out:,} are left out: {reasons}." if left_out else ""
    mails = f" E-mail: {quoted(plan.mails, _MAILS)}." if plan.mails else ""
    final = " This cannot be undone." if deleted else ""
    doing = quoted(plan.doing, _DOING)
    text = f"{what}: {doing}{_set_by(plan, doing)}? Such as {examples}.{more}{mails}{final}"
    return Question(text, hashlib.sha256(json.dumps([text, name]).encode()).hexdigest())


def _set_by(plan: Plan, doing: str) -> str:
    """Return what the steps set that `doing` does not show whole: receivers, addresses and hosts always.

    Raises `UnshowableError` where that is more than a person can be shown at once.
    """
    is_cut = len(plan.doing) > _DOING
    # Of what some steps leave out (a company that follows its account) the others set the same.
    first = max(plan.steps, key=lambda step: len(step.after))
    if all(_sets_the_same(step, first) for step in plan.steps):
        out = _outgoing(first)
        members = [each for each in members_of(out, out.operation) if each.name != _PERSON]
        whole = told(each for each in members if each.rank == RECEIVES or is_cut or not _is_in(each, first.type, doing))
        return f", which sets{whole.removeprefix(':')}" if whole else ""
    if is_cut:
        raise UnshowableError(
            "Refused: the plan does more than a person can be shown at once. Nothing was changed. Plan it in parts."
        )
    return "".join(_differing(plan))


_PERSON = "prospect"
"""The member that says who is enrolled: another one in each step, told by the examples."""


def _sets_the_same(step: Step, first: Step) -> bool:
    return (
        (step.kind, step.type, step.action, step.parameters) == (first.kind, first.type, first.action, first.parameters)
        and step.after.keys() <= first.after.keys()
        and all(value == first.after[name] for name, value in step.after.items() if name != _PERSON)
    )


def _is_in(each: Member, kind: str, doing: str) -> bool:
    """Return whether the words of a plan show a value that it sets; what is linked stands there with its id."""
    if is_object(each.value) and "id" in each.value:
        return f"({each.value['id']})" in doing or f"{each.value.get('type')} {each.value['id']}" in doing
    shown = told_value(resource_type(kind), each.name, each.value)
    return not shown.endswith("…") and shown in doing and not unseen_in(plain_text(each.value))


def _differing(plan: Plan) -> Iterator[str]:
    """Yield the receivers that steps set, each by its own: the first ones whole, and the number of all."""
    found: dict[str, list[Any]] = {}
    counts: Counter[str] = Counter()
    ranks: dict[str, int] = {}
    for step in plan.steps:
        for name, value in step.after.items():
            if value in EMPTY or name == _PERSON or ranks.setdefault(name, rank_of(name)) != RECEIVES:
                continue
            counts[name] += 1
            if len(values := found.setdefault(name, [])) < _VALUES:
                values.append(value)
    for name, values in found.items():
        shown = ", ".join(quoted(value, LONG, exact=True) for value in values)
        more = f" and {counts[name] - len(values):,} more" if counts[name] > len(values) else ""
        yield f"; {name} of {counts[name]:,}: {shown}{more}"


def _example(step: Step) -> str:
    resource = resource_type(step.type)
    who = f"{quoted(step.name, 40)} " if step.name else ""
    number = step.record[1] if step.record else "new"
    changed = ", ".join(
        f"{name} from {quoted(told_value(resource, name, step.before.get(name)), 40)} to "
        f"{quoted(told_value(resource, name, value), 40)}"
        for name, value in list(step.after.items())[:2]
        if step.kind == "update"
    )
    return f"{who}({number}){f' {changed}' if changed else ''}"


def _outgoing(step: Step) -> Outgoing:
    request = request_of(step)
    return Outgoing(request.method, request.target, request.query, request.body)
