"""The rule that a batch action names its records one by one.

`POST /batches/actions/<name>` with neither ids nor a filter acts on every record of the organisation (bulk API
documentation), and what a filter selects can change between the asking and the doing.
"""

import re
from typing import Any

from outreach_mcp.api.errors.tree import UnboundedBatchError
from outreach_mcp.api.outgoing import Outgoing
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.numbers import whole
from outreach_tools.json_values import array_at, is_array, member

_ACTION = re.compile(r"/batches/actions(?:/.*)?", re.IGNORECASE)
_FILTER = "actionParams[filter]"
_ID_FILTERS = frozenset({f"{_FILTER}[id]", f"{_FILTER}[id][]"})
_IDS = re.compile(r"[1-9]\d*(?:,[1-9]\d*)*", re.ASCII)


def with_whole_ids(path: str, body: JsonObject | None) -> JsonObject | None:
    """Return the body of a batch action with its ids as integers where they are whole numbers of another spelling.

    `692.0` is the record 692 everywhere else; what Outreach makes of it in a batch, nobody has published.
    """
    ids = member(body, "data", "attributes", "ids")
    if body is None or not is_array(ids) or not _ACTION.fullmatch(path) or all(map(_is_id, ids)):
        return body
    attributes = {**body["data"]["attributes"], "ids": [each if _is_id(each) else _whole_id(each) for each in ids]}
    return {**body, "data": {**body["data"], "attributes": attributes}}


def require_explicit_ids(outgoing: Outgoing) -> None:
    """Raise `UnboundedBatchError` for a batch action that does not name its records.

    Ids count where the contract has them: `data.attributes.ids` of the body, or the parameter
    `actionParams[filter][id][]`. Any other filter is refused even beside ids, and so are ids in both places, because
    nobody has published which of the two wins.
    """
    if not _ACTION.fullmatch(outgoing.path):
        return
    ids = member(outgoing.body, "data", "attributes", "ids")
    named = is_array(ids) and bool(ids) and all(map(_is_id, ids))
    if ids is not None and not named:
        raise _refusal(outgoing, "data.attributes.ids is not a list of ids")
    for name, value in outgoing.query:
        if not name.startswith(_FILTER):
            continue
        if not names_ids(name) or not _IDS.fullmatch(value):
            raise _refusal(outgoing, f"{name}={value!r} does not name records by id")
        if ids is not None:
            raise _refusal(outgoing, "it names records both in its body and in its query")
        named = True
    if not named:
        raise _refusal(outgoing, "it names no records, which Outreach takes to mean every one")


def names_ids(name: str) -> bool:
    """Return whether a query parameter is the one that a batch action names its records by."""
    return name in _ID_FILTERS


def ids_of(query: Query, body: JsonObject | None) -> list[str]:
    """Return the ids that a batch action names, in its body or its query, each once and in order."""
    in_query = [each for name, value in query if names_ids(name) for each in value.split(",")]
    return [*dict.fromkeys(map(str, [*array_at(body, "data", "attributes", "ids"), *in_query]))]


def _is_id(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool) and value > 0) or (
        isinstance(value, str) and bool(re.fullmatch(r"[1-9]\d*", value, re.ASCII))
    )


def _whole_id(value: Any) -> Any:
    """Return the id that a value stands for, the value itself where it is not an id."""
    found = whole(value)
    return value if found is None or found < 1 else found


def _refusal(outgoing: Outgoing, reason: str) -> UnboundedBatchError:
    return UnboundedBatchError(
        f"Refused to send {outgoing.method} {outgoing.path}: {reason}. Nothing was sent. "
        "Name the records in the body: {'data': {'attributes': {'ids': [1, 2]}}}."
    )
