"""Does the work of batches that are due: item after item, each on its own."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.access import Access
from outreach_sandbox.bulk.actions import BULK_ACTIONS, BulkAction, problems
from outreach_sandbox.errors import ApiError
from outreach_sandbox.parameters import Parameters
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import moment_text
from outreach_tools.client import JsonObject


def run_due_batches(session: Session) -> None:
    """Carry out every pending batch that has had its time (`batch_seconds` of the switches)."""
    begun = moment_text(session.moment - timedelta(seconds=session.switches.batch_seconds))
    due = session.store.rows("SELECT id FROM batch WHERE state = 'pending' AND startedAt <= ? ORDER BY id", (begun,))
    for (number,) in due:
        row = session.store.row("batch", number)
        action = BULK_ACTIONS.get(row["action"]) if row else None
        if row is None or action is None:
            continue
        # It acts for who started it, whoever asks now.
        own = replace(session, user=row["creator.id"] or session.user, access=Access(), parameters=Parameters())
        with session.store.transaction():
            _run(own, action, row)


def _run(session: Session, action: BulkAction, batch: Row) -> None:
    payload: JsonObject = json.loads(batch["payload"] or "{}")
    failed: dict[str, int] = {}
    # What was in order when it was started may be gone by now: then the batch fails as a whole (assumed).
    stopped = [detail for detail, _ in problems(session, action, payload)]
    items = session.store.rows('SELECT id, data FROM "batchItem.rows" WHERE "batch.id" = ? ORDER BY id', (batch["id"],))
    for item_id, data in items:
        detail = stopped[0] if stopped else _work(session, action, json.loads(data), payload, batch["id"])
        if detail:
            failed[detail] = failed.get(detail, 0) + 1
        outcome: dict[str, Any] = {"state": "error" if detail else "finished", "failed": int(bool(detail))}
        session.store.update("batchItem", item_id, {**outcome, "info": detail or None})
    failures = sum(failed.values())
    # The members of the summary are assumed.
    summary = {"succeeded": len(items) - failures, "failed": failures, "errors": failed}
    session.store.update(
        "batch",
        batch["id"],
        {
            "state": "failed" if stopped else "finished",
            "pending": 0,
            "failures": failures,
            "summary": json.dumps(summary, ensure_ascii=False),
            "finishedAt": session.now,
            "updatedAt": session.now,
        },
    )


def _work(session: Session, action: BulkAction, data: JsonObject, payload: JsonObject, batch: int) -> str:
    """Do the work of one item; returns why it failed, or nothing."""
    type_name, record_id = str(data["type"]), int(data["id"])
    try:
        with session.store.attempt():
            row: Row | None = session.store.row(type_name, record_id) if action.type_name else {"id": record_id}
            if row is None:
                raise errors.resource_not_found(type_name, record_id)
            action.work(session, type_name, row, payload)
            if session.store.exists(type_name, record_id):
                before = session.store.related(type_name, "batches", [record_id]).get(record_id, [])
                session.store.relate(type_name, "batches", record_id, [*before, batch])
    except ApiError as error:
        return error.detail
    return ""
