"""Tells one by one what came of a job's records: as pages of an answer, or all of them as a file."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from anyio.to_thread import run_sync

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import fit_rows
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.service import Bulk, Outcome, Report
from outreach_tools.engine.cursor import FIRST, Position, decode, encode, fingerprint
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.files.writers import MEDIA_TYPES, Format, written
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context

_COLUMNS = ("id", "name", "outcome", "reason")
_REASON = 160  # characters of a row of a page
_AT_MOST = 200  # rows of a page
_AT_ONCE = 1_000  # rows that are written together
_SAMPLE = 3  # rows of a file that the answer shows
_CELL = 60  # characters of a cell in it


async def page_of(context: Context, bulk: Bulk, report: Report, outcome: str, page_after: str | None) -> JsonObject:
    """Return a page of the records of a job that came to an outcome, or to any with `all`."""
    mark = fingerprint("job", report.id, outcome)
    start = (FIRST if page_after is None else decode(page_after, mark)).skip
    rows: list[list[Any]] = []
    places: list[int] = []
    more = False
    async for place, row in _rows(bulk, report, outcome):
        if place < start:
            continue
        if len(rows) == _AT_MOST:
            more = True
            break
        rows.append([*row[:-1], one_line(row[-1], _REASON)])
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


async def file_of(context: Context, bulk: Bulk, report: Report, outcome: str, form: Format) -> JsonObject:
    """Write the records of a job that came to an outcome into a file, and answer where it is and how it begins."""
    if context.files is None:
        raise ToolError("This server keeps no files: leave 'format' out for pages.")
    count = 0
    sample: list[list[Any]] = []
    async with context.files.draft(f"job-{report.id}.{form}", MEDIA_TYPES[form]) as draft:
        async with written(form, draft, _COLUMNS) as file:
            waiting: list[list[Any]] = []
            async for _, row in _rows(bulk, report, outcome):
                waiting.append(row)
                count += 1
                if len(sample) < _SAMPLE:
                    sample.append([one_line(clean(cell), _CELL) if isinstance(cell, str) else cell for cell in row])
                if len(waiting) == _AT_ONCE:
                    await run_sync(partial(file.write, waiting))
                    waiting = []
            await run_sync(partial(file.write, waiting))
        kept = await draft.keep()
    to_come = report.total - sum(report.counts.values())
    told: JsonObject = {
        "job_id": report.id,
        "state": report.state,
        **kept.told(count),
        "columns": list(_COLUMNS),
        "first_rows": sample,
    }
    note = (f"the job goes on: {to_come:,} records are not in the file yet",) if to_come else ()
    return fit(told, context.max_result_tokens, note)


async def _rows(bulk: Bulk, report: Report, outcome: str) -> AsyncIterator[tuple[int, list[Any]]]:
    """Yield the records that came to an outcome with their places in the plan: id, name, outcome, and reason."""
    async for place, step, came in bulk.outcomes(report.id):
        if came is not None and outcome in ("all", came.code):
            yield place, [_number(step, came), step.name, came.code, came.reason]


def _number(step: Step, came: Outcome) -> int | None:
    """Return the id of the record that a step is about: the one it changes, the one enrolled, or the one it made."""
    return step.record[1] if step.record else came.id
