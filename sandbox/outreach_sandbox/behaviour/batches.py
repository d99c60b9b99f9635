"""Decides on a batch that waits: confirm it, or cancel it."""

from collections.abc import Mapping

from outreach_sandbox import errors
from outreach_sandbox.changes import touch
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import digits


def confirm(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Let a batch begin; `confirmedCount` must be its `confirmCount` (documented), also when left out (assumed).

    Raises a 422.
    """
    if row["state"] != "confirming":
        raise errors.validation(f"Batch cannot be confirmed while it is {row['state']}.")
    if digits(parameters.get("confirmedCount", "")) != row["confirmCount"]:
        raise errors.validation(f"Confirmed count must be {row['confirmCount']}.")
    touch(session, "batch", row["id"], {"state": "pending", "confirmedAt": session.now, "startedAt": session.now})


def cancel(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Cancel a batch that has not begun (documented for one that waits to be confirmed; a pending one is assumed).

    Raises a 422.
    """
    if row["state"] not in {"confirming", "pending"}:
        raise errors.validation(f"Batch cannot be canceled while it is {row['state']}.")
    session.store.run('UPDATE "batchItem.rows" SET state = \'canceled\' WHERE "batch.id" = ?', (row["id"],))
    touch(session, "batch", row["id"], {"state": "canceled", "canceledAt": session.now, "pending": 0})
