"""The rule that a batch action names its records one by one.

`POST /batches/actions/<name>` with neither ids nor a filter acts on every record of the organisation (bulk API
documentation), and what a filter selects can change between the asking and the doing.
"""

import re
from urllib.parse import parse_qsl

from outreach_mcp.api.errors import UnboundedBatchError
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_array, member

_ACTION = re.compile(r"/batches/actions(?:/.*)?", re.IGNORECASE)
_FILTER = re.compile(r"actionParams\[filter\](.*)", re.DOTALL)
_ID_FILTER = frozenset({"[id]", "[id][]"})
_IDS = re.compile(r"[1-9]\d*(?:,[1-9]\d*)*", re.ASCII)


def require_explicit_ids(method: str, path: str, query: str, body: JsonObject | None) -> None:
    """Raise `UnboundedBatchError` for a batch action that does not name its records.

    `path` is the path below the API's root, `query` the encoded query as it is sent. Ids count where the contract has
    them: `data.attributes.ids` of the body, or the parameter `actionParams[filter][id][]`. Any other filter is
    refused even beside ids, because nobody has published which of the two wins.
    """
    if not _ACTION.fullmatch(path):
        return
    ids = member(body, "data", "attributes", "ids")
    named = is_array(ids) and bool(ids) and all(map(_is_id, ids))
    if ids is not None and not named:
        raise _refusal(method, path, "data.attributes.ids is not a list of ids")
    for name, value in parse_qsl(query, keep_blank_values=True):
        criterion = _FILTER.fullmatch(name)
        if criterion is None:
            continue
        if criterion[1] not in _ID_FILTER or not _IDS.fullmatch(value):
            raise _refusal(method, path, f"{name}={value!r} does not name records by id")
        named = True
    if not named:
        raise _refusal(method, path, "it names no records, which Outreach takes to mean every one")


def _is_id(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool) and value > 0) or (
        isinstance(value, str) and bool(re.fullmatch(r"[1-9]\d*", value, re.ASCII))
    )


def _refusal(method: str, path: str, reason: str) -> UnboundedBatchError:
    return UnboundedBatchError(
        f"Refused to send {method} {path}: {reason}. Nothing was sent. "
        "Name the records in the body: {'data': {'attributes': {'ids': [1, 2]}}}."
    )
