"""Takes a request for a bulk action and makes the batch with its items; the work is done when it is due."""

import json
from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.bulk.actions import BULK_ACTIONS, BulkAction, problems
from outreach_sandbox.bulk.values import identifiers
from outreach_sandbox.filters import filter_conditions
from outreach_sandbox.listing import selected_ids
from outreach_sandbox.parameters import Parameters
from outreach_sandbox.session import Session
from outreach_sandbox.validation import read_data
from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_object

_MOST_ITEMS = 100_000  # documented


def start_batch(session: Session, name: str, body: bytes) -> int:
    """Make the batch of a bulk action and return its id.

    Which records: the ids in the body, narrowed by the filter where there is one (assumed), those of the filter alone,
    or every record when there are neither (documented). Without `skipConfirmation` it waits to be confirmed.
    Raises a 404 for an unknown one, a 400 or 422 for wrong parameters.
    """
    action = BULK_ACTIONS.get(name)
    if action is None:
        raise errors.route_not_found()
    batches = resource_type("batch")
    session.access.demand(batches, "read")  # documented: both, and writing the records
    session.access.demand(batches, "write")
    if action.type_name:
        session.access.demand(resource_type(action.type_name), "write")
    flags, filters = _parameters(session)
    object_name = flags.get("objectName", "")
    if not action.type_name and not object_name:
        raise errors.bad_request("actionParameter.missing", f"'{name}' needs actionParams[objectName].")
    payload = as_object(read_data(body).get("attributes", {})) if body else {}
    if payload is None:
        raise errors.validation("Attributes must be an object.", "/data/attributes")
    wrong = problems(session, action, payload)
    if wrong:
        raise errors.validations(wrong)
    chosen = _chosen(session, action, payload, filters)
    if len(chosen) > _MOST_ITEMS:
        raise errors.validation(f"A bulk action takes at most {_MOST_ITEMS} records, not {len(chosen)}.")
    confirmed = flags.get("skipConfirmation") == "true"
    return _make(session, name, payload, chosen, object_name or action.type_name, confirmed=confirmed)


def _parameters(session: Session) -> tuple[dict[str, str], Parameters]:
    """Return the action's plain parameters, and its filter as the parameters of a list (always in the new syntax)."""
    flags: dict[str, str] = {}
    filters = [("newFilterSyntax", "true")]
    for steps, value in session.parameters.family("actionParams"):
        if steps[:1] == ("filter",) and len(steps) > 1:
            filters.append(("filter" + "".join(f"[{step}]" for step in steps[1:]), value))
        elif len(steps) == 1 and steps[0] in {"skipConfirmation", "objectName"}:
            flags[steps[0]] = value
        else:
            shown = "".join(f"[{step}]" for step in steps)
            raise errors.bad_request("actionParameter.unknown", f"A bulk action takes no actionParams{shown}.")
    if flags.get("skipConfirmation", "true") not in {"true", "false"}:
        raise errors.bad_request("actionParameter.invalid", "skipConfirmation must be true or false.")
    return flags, Parameters(tuple(filters))


def _chosen(session: Session, action: BulkAction, payload: JsonObject, filters: Parameters) -> list[int]:
    ids = identifiers(payload.get("ids"))
    filtered = len(filters.pairs) > 1
    if ids == [] and not filtered and session.switches.empty_ids == "none":
        return []
    if not action.type_name:
        return ids or []  # there are no custom objects to choose from
    if not filtered and ids:
        return ids
    resource = resource_type(action.type_name)
    found = selected_ids(session.store, resource, filter_conditions(resource, filters, session.switches))
    return [each for each in found if each in set(ids)] if ids else found


def _make(
    session: Session, name: str, payload: JsonObject, chosen: list[int], type_name: str, *, confirmed: bool
) -> int:
    batch: dict[str, Any] = {
        "action": name,
        "state": "pending" if confirmed else "confirming",
        "payload": json.dumps(payload, ensure_ascii=False),
        "total": len(chosen),
        "pending": len(chosen),
        "failures": 0,
        "confirmCount": len(chosen),
        "confirmedCountRequired": int(not confirmed),
        "createdAt": session.now,
        "updatedAt": session.now,
        "startedAt": session.now if confirmed else None,
        "creator.id": session.user,
    }
    number = session.store.insert("batch", batch)
    for record_id in chosen:
        # The members of an item's data are assumed.
        data = json.dumps({"type": type_name, "id": record_id})
        item: dict[str, Any] = {"batch.id": number, "data": data, "failed": 0, "state": "pending"}
        session.store.insert("batchItem", {**item, "createdAt": session.now})
    return number
