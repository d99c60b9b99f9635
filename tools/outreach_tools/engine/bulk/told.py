"""The answers about plans and jobs, each within a few hundred tokens."""

from collections.abc import Mapping, Sequence

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.bulk.batching import AT_ONCE
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.requests import request_of
from outreach_tools.engine.bulk.service import Report
from outreach_tools.engine.display import EMPTY
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.text import one_line
from outreach_tools.engine.tool import Context
from outreach_tools.engine.zones import shown_time

PLAN_TOKENS = 500
"""Tokens of an answer that shows a plan."""

AT_A_TIME = 20
"""Records that are looked at and changed one by one before what came of them is written down."""

SIDE_BY_SIDE = 4
"""Requests of one job that are under way at once: half of what one caller may have."""

_SECONDS_EACH = 0.4  # of a request, with what the sandbox and the documentation tell of Outreach's speed (assumed)
_SECONDS_OF_BATCH = 10.0

_MOST_REASONS = 5
_REASON = 90  # characters


async def plan_answer(
    context: Context, plan: Plan, examples: Sequence[JsonObject], notes: Sequence[str] = (), **more: object
) -> JsonObject:
    """Keep a plan and return what tells of it. Raises `ToolError` for one that the settings do not allow."""
    if context.bulk is None:
        raise ToolError("This server keeps no plans.")
    kinds: dict[tuple[str, str, str], Step] = {}
    for step in plan.steps:
        kinds.setdefault((step.kind, step.type, step.action), step)
    if refusal := await context.bulk.refusal([request_of(step) for step in kinds.values()]):
        raise ToolError(refusal)
    kept = await context.bulk.keep(plan)
    requests, seconds = costs(plan)
    answer: JsonObject = {
        "plan_id": kept.id,
        "records": len(plan.steps),
        "doing": one_line(plan.doing, 300),
        "left_out": few_reasons(plan.left_out),
        "sends_email": plan.mails,
        "requests": requests,
        "about_seconds": seconds,
        "holds_until": shown_time(kept.until.isoformat(), "minute", context.zone),
        **more,
        "examples": list(examples),
    }
    answer = {name: value for name, value in answer.items() if value not in EMPTY}
    note = ("nothing is changed yet: apply_plan does it", *notes)
    while len(answer.get("examples", ())) > 1 and cost([answer, note]) > PLAN_TOKENS * 0.8:
        answer["examples"] = answer["examples"][:-1]
    return fit(answer, min(context.max_result_tokens, PLAN_TOKENS), note)


def costs(plan: Plan) -> tuple[int, int]:
    """Return about how many requests a plan takes, reads included, and how many seconds."""
    groups: dict[str, int] = {}
    single = 0
    for step in plan.steps:
        if step.fit is None:
            single += 1
        else:
            key = f"{step.fit.action} {step.fit.attributes}"
            groups[key] = groups.get(key, 0) + 1
    requests, seconds = 0.0, 0.0
    fewest = fewest_of(len(groups), single)
    for count in groups.values():
        if count < fewest:
            single += count
            continue
        batches = -(-count // AT_ONCE)
        requests += batches * 5 + -(-count // 100)
        seconds += batches * _SECONDS_OF_BATCH
    requests += single + -(-single // AT_A_TIME)
    seconds += single * _SECONDS_EACH / SIDE_BY_SIDE
    return int(requests), max(1, round(seconds))


def fewest_of(groups: int, single: int) -> int:
    """Return how many records a bulk action is worth its requests for; the only thing to be done is one from two on."""
    return 2 if groups == 1 and not single else 6


def job_answer(context: Context, report: Report) -> JsonObject:
    """Return what tells how a job stands."""
    ended, many = report.ended_at, words_of(report.resource, many=report.total != 1)
    answer: JsonObject = {
        "job_id": report.id,
        "state": report.state,
        "doing": f"{one_line(report.doing, 200)} ({report.total:,} {many})",
        **{name: count for name, count in report.counts.items() if count},
        "to_come": report.total - sum(report.counts.values()),
        "why": {code: few_reasons(reasons) for code, reasons in report.reasons.items() if reasons},
        "error": report.error,
        "begun_at": shown_time(report.begun_at.isoformat(), "minute", context.zone),
        "ended_at": shown_time(ended.isoformat(), "minute", context.zone) if ended else "",
    }
    kept = {name: value for name, value in answer.items() if value not in ("", {}, 0, None)}
    return fit(kept, min(context.max_result_tokens, PLAN_TOKENS))


def few_reasons(reasons: Mapping[str, int]) -> JsonObject:
    """Return the most frequent reasons with their counts, and how many more there are."""
    found = sorted(reasons.items(), key=lambda each: -each[1])
    shown = {one_line(reason, _REASON): count for reason, count in found[:_MOST_REASONS]}
    rest = sum(count for _, count in found[_MOST_REASONS:])
    return {**shown, **({"other reasons": rest} if rest else {})}
