"""The output schemas of each kind of tool, for clients that write code: as small as they can be while they are true.

They keep to the words that the input schemas use, one `type` for each value: a member that may hold anything is not
named. The values of a list's rows alone are of no type, because an array has to say something of its items.
"""

from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool

_INTEGER: JsonObject = {"type": "integer"}
_BOOLEAN: JsonObject = {"type": "boolean"}
_STRING: JsonObject = {"type": "string"}
_STRINGS: JsonObject = {"type": "array", "items": _STRING}


def _objects(**members: JsonObject) -> JsonObject:
    return {"type": "array", "items": {"type": "object", "properties": members}}


_LIST: JsonObject = {
    "type": "object",
    "properties": {
        "returned": _INTEGER,
        "has_more": _BOOLEAN,
        "page_after": _STRING,
        "note": _STRING,
        "columns": _STRINGS,
        "rows": {"type": "array", "items": {"type": "array", "items": {}}},
    },
    "required": ["returned", "has_more", "columns", "rows"],
}
# A few answers hold no id. Only audits have ids that are not integers, and those are only listed.
_RECORD: JsonObject = {"type": "object", "properties": {"id": _INTEGER, "note": _STRING}}
_DELETED: JsonObject = {
    "type": "object",
    "properties": {"deleted": _BOOLEAN, "id": _INTEGER},
    "required": ["deleted", "id"],
}
_RAW: JsonObject = {
    "type": "object",
    "properties": {"status": _INTEGER, "note": _STRING},
    "required": ["status"],
}
_PLAN: JsonObject = {
    "type": "object",
    "properties": {"plan_id": _STRING, "records": _INTEGER, "doing": _STRING, "holds_until": _STRING, "note": _STRING},
    "required": ["plan_id", "records"],
}
_JOB: JsonObject = {
    "type": "object",
    "properties": {"job_id": _STRING, "state": _STRING, "note": _STRING},
    "required": ["job_id", "state"],
}
_JOBS: JsonObject = {
    "type": "object",
    "properties": {name: _LIST["properties"][name] for name in ("returned", "note", "columns", "rows")},
    "required": ["returned", "columns", "rows"],
}
_ANY: JsonObject = {"type": "object"}
_DUPLICATES: JsonObject = {
    "type": "object",
    "properties": {
        "groups": _INTEGER,
        "records": _INTEGER,
        "read": _INTEGER,
        "returned": _INTEGER,
        "has_more": _BOOLEAN,
        "page_after": _STRING,
        "note": _STRING,
        "duplicates": _objects(by=_STRING, more_records=_INTEGER),
    },
    "required": ["groups", "read"],
}

_EXPORT: JsonObject = {
    "type": "object",
    "properties": {
        "file": _STRING,
        "uri": _STRING,
        "expires_at": _STRING,
        "rows": _INTEGER,
        "bytes": _INTEGER,
        "sha256": _STRING,
        "columns": _STRINGS,
        "note": _STRING,
    },
    "required": ["rows", "bytes", "sha256"],
}
_IMPORT: JsonObject = {
    "type": "object",
    "properties": {
        "plan_id": _STRING,
        "records": _INTEGER,
        "requests": _INTEGER,
        "about_seconds": _INTEGER,
        "holds_until": _STRING,
        "rows": _INTEGER,
        "create": _INTEGER,
        "update": _INTEGER,
        "unchanged": _INTEGER,
        "skip": _INTEGER,
        "error": _INTEGER,
        "errors": _objects(line=_INTEGER, why=_STRING),
        "note": _STRING,
    },
    "required": ["rows"],
}

_REPORT: JsonObject = {
    "type": "object",
    "properties": {"counted": _STRING, "note": _STRING, "columns": _STRINGS, "rows": _LIST["properties"]["rows"]},
    "required": ["counted", "columns", "rows"],
}

_BY_OPERATION: dict[str, JsonObject] = {
    "list": _LIST,
    "get": _RECORD,
    "create": _RECORD,
    "update": _RECORD,
    "action": _RECORD,
    "delete": _DELETED,
}

_BY_NAME: dict[str, JsonObject] = {
    "raw_http_request": _RAW,
    "describe_fields": _LIST,
    "build_sequence": _RECORD,
    "summarize_records": _LIST,
    "search": {
        "type": "object",
        "properties": {
            "results": _objects(id=_STRING, title=_STRING, url=_STRING),
            "note": _STRING,
        },
        "required": ["results"],
    },
    "fetch": {
        "type": "object",
        "properties": {"id": _STRING, "title": _STRING, "text": _STRING, "url": _STRING},
        "required": ["id", "title", "text", "url"],
    },
    "get_timeline": {**_LIST, "properties": {**_LIST["properties"], "not_read": _STRINGS}},
    "find_operations": {
        "type": "object",
        "properties": {
            "columns": _STRINGS,
            "rows": {"type": "array", "items": _STRINGS},
            "note": _STRING,
        },
        "required": ["columns", "rows"],
    },
    "read_operation": {"type": "object", "properties": {"note": _STRING}},
    "change_operation": {"type": "object", "properties": {"note": _STRING}},
    "delete_operation": _DELETED,
    "plan_change": _PLAN,
    "plan_undo": _PLAN,
    "apply_plan": _JOB,
    "get_job": _JOB,
    "cancel_job": _JOB,
    "list_jobs": _JOBS,
    "find_duplicates": _DUPLICATES,
    "export_records": _EXPORT,
    "plan_import": _IMPORT,
}


def output_schema(tool: Tool) -> JsonObject:
    """Return the schema of a tool's answers: the same JSON object as its text.

    A list keeps `columns` and `rows` apart, as its text does: `rows[n][m]` is the value of `columns[m]`.
    """
    if tool.figures:
        return _REPORT
    if tool.name in _BY_NAME:
        return _BY_NAME[tool.name]
    kinds: set[Any] = {operation.partition(":")[0] for _, operation in tool.operations}
    return _BY_OPERATION.get(kinds.pop(), _ANY) if len(kinds) == 1 else _ANY
