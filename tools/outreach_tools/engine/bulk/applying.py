"""Applies plans and tells of jobs: how they stand, one by one what came of their records, and how to stop them."""

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import fit_rows
from outreach_tools.engine.arguments import ApplyArguments, CancelArguments, JobArguments, NoArguments, choose, read
from outreach_tools.engine.bulk.outcomes import file_of, page_of
from outreach_tools.engine.bulk.service import OUTCOMES, Bulk
from outreach_tools.engine.bulk.told import job_answer
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.files.writers import format_of
from outreach_tools.engine.text import one_line
from outreach_tools.engine.tool import Context
from outreach_tools.engine.zones import shown_time


async def apply_plan(context: Context, arguments: JsonObject) -> JsonObject:
    """Have a person agree to a plan, apply it, and tell how far it came."""
    given = read(ApplyArguments, arguments)
    return job_answer(context, await _bulk(context).apply(given.plan_id.strip(), given.stop_at))


async def get_job(context: Context, arguments: JsonObject) -> JsonObject:
    """Tell how a job stands; with an outcome, which of its records came to that, as pages or as a file."""
    given = read(JobArguments, arguments)
    bulk = _bulk(context)
    outcome = None if given.outcome is None else choose(given.outcome, (*OUTCOMES, "all"), "outcome")
    form = None if given.format is None else format_of(given.format)
    if given.page_after is not None and form is not None:
        raise ArgumentError("'page_after' and 'format' are both given: a file holds all")
    if given.page_after is not None and outcome is None:
        raise ArgumentError("'page_after' goes with 'outcome'")
    report = await bulk.report(given.job_id.strip())
    if outcome is None and form is None:
        return job_answer(context, report)
    if form is not None:
        return await file_of(context, bulk, report, outcome or "all", form)
    return await page_of(context, bulk, report, outcome or "all", given.page_after)


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
