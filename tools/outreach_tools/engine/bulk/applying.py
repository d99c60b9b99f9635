"""Applies plans and tells of jobs: how they stand, one by one what came of their records, and how to stop them."""

from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import fit_rows
from outreach_tools.engine.arguments import ApplyArguments, CancelArguments, JobArguments, NoArguments, choose, read
from outreach_tools.engine.bulk.service import OUTCOMES, Bulk
from outreach_tools.engine.bulk.told import job_answer
from outreach_tools.engine.cursor import FIRST, Position, decode, encode, fingerprint
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.text import one_line
from outreach_tools.engine.tool import Context
from outreach_tools.engine.zones import shown_time

_COLUMNS = ("id", "name", "outcome", "reason")
_REASON = 160  # characters
_AT_MOST = 200  # rows of a page


async def apply_plan(context: Context, arguments: JsonObject) -> JsonObject:
    """Have a person agree to a plan, apply it, and tell how far it came."""
    given = read(ApplyArguments, arguments)
    return job_answer(context, await _bulk(context).apply(given.plan_id.strip(), given.stop_at))


async def get_job(context: Context, arguments: JsonObject) -> JsonObject:
    """Tell how a job stands; with an outcome, which of its records came to that."""
    given = read(JobArguments, arguments)
    bulk = _bulk(context)
    outcome = None if given.outcome is None else choose(given.outcome, (*OUTCOMES, "all"), "outcome")
    report = await bulk.report(given.job_id.strip())
    if outcome is None:
        if given.page_after is not None:
            raise ArgumentError("'page_after' goes with 'outcome'")
        return job_answer(context, report)
    mark = fingerprint("job", report.id, outcome)
    start = (FIRST if given.page_after is None else decode(given.page_after, mark)).skip
    rows: list[list[Any]] = []
    places: list[int] = []
    more = False
    async for place, step, came in bulk.outcomes(report.id):
        if place < start or came is None or outcome not in ("all", came.code):
            continue
        if len(rows) == _AT_MOST:
            more = True
            break
        record = step.record
        number = step.id or came.id or (record[1] if record else None)
        rows.append([number, step.name, came.code, one_line(came.reason, _REASON)])
        places.append(place)
    fitting = fit_rows(_COLUMNS, rows, context.max_result_tokens - 100)
    more = more or len(fitting) < len(rows)
    # The places of the rows, and the one after the last of them: there the next page begins.
    next_place = [*places, places[-1] + 1][len(fitting)] if more else 0
    after = {"page_after": encode(Position(skip=next_place), mark)}
    return {
        "job_id": report.id,
        "state": report.state,
        "returned": len(fitting),
        "has_more": more,
        **(after if more else {}),
        "columns": list(_COLUMNS),
        "rows": fitting,
    }


async def list_jobs(context: Context, arguments: JsonObject) -> JsonObject:
    """Tell how all jobs of the last days stand."""
    read(NoArguments, arguments)
    reports = await _bulk(context).reports()
    columns = ["job_id", "state", "begun_at", "doing", "records", "done"]
    rows = [
        [
            each.id,
            each.state,
            shown_time(each.begun_at.isoformat(), "minute", context.zone),
            one_line(each.doing, 100),
            each.total,
            each.counts.get("done", 0),
        ]
        for each in reports
    ]
    fitting = fit_rows(columns, rows, context.max_result_tokens)
    left = {"note": f"{len(rows) - len(fitting)} older jobs are not shown"} if len(fitting) < len(rows) else {}
    return {"returned": len(fitting), **left, "columns": columns, "rows": fitting}


async def cancel_job(context: Context, arguments: JsonObject) -> JsonObject:
    """Have a job stop after what is under way."""
    given = read(CancelArguments, arguments)
    return job_answer(context, await _bulk(context).cancel(given.job_id.strip()))


def _bulk(context: Context) -> Bulk:
    if context.bulk is None:
        raise ToolError("This server keeps no plans and no jobs.")
    return context.bulk
