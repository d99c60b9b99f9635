"""The question that a plan is put to a person with: its own figures, once for all of it."""

import hashlib
import json

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.confirmation import ConfirmationLevel, is_final, sends_mail
from outreach_mcp.guard.named_records import words_for
from outreach_mcp.guard.question import Question
from outreach_mcp.guard.shown_values import quoted
from outreach_tools.catalog import resource_type
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.requests import request_of
from outreach_tools.engine.bulk.told import few_reasons
from outreach_tools.engine.bulk.values import told

UNASKED = 10
"""Records that a plan may change without a question, where each of the changes can be taken back."""

_EXAMPLES = 3
_DOING = 300


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
    mails = f" E-mail: {quoted(plan.mails, 120)}." if plan.mails else ""
    final = " This cannot be undone." if deleted else ""
    text = f"{what}: {quoted(plan.doing, _DOING)}? Such as {examples}.{more}{mails}{final}"
    return Question(text, hashlib.sha256(json.dumps([text, name]).encode()).hexdigest())


def _example(step: Step) -> str:
    resource = resource_type(step.type)
    who = f"{quoted(step.name, 40)} " if step.name else ""
    number = step.record[1] if step.record else "new"
    changed = ", ".join(
        f"{name} from {quoted(told(resource, name, step.before.get(name)), 40)} to "
        f"{quoted(told(resource, name, value), 40)}"
        for name, value in list(step.after.items())[:2]
        if step.kind == "update"
    )
    return f"{who}({number}){f' {changed}' if changed else ''}"


def _outgoing(step: Step) -> Outgoing:
    request = request_of(step)
    return Outgoing(request.method, request.target, request.query, request.body)
