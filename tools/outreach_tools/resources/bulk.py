"""The tools that change many records: plan, apply, and take back."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from outreach_tools.catalog import resource_type
from outreach_tools.catalog.belonging import ADMINISTRATION
from outreach_tools.client import JsonObject
from outreach_tools.engine.bulk.acts import WORDS
from outreach_tools.engine.bulk.applying import apply_plan, cancel_job, get_job, list_jobs
from outreach_tools.engine.bulk.planning import DELETE, plan_change
from outreach_tools.engine.bulk.undoing import plan_undo
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.files.writers import MEDIA_TYPES
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.references import by_names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import enum_schema, object_schema
from outreach_tools.engine.tool import Run, Tool

APPLIES = "apply_plan"
"""The tool in whose name plans are applied."""

_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_CHANGED = frozenset({"update", "delete"})


def bulk_tools(declared: Mapping[str, Resource], listers: Listers) -> tuple[Tool, ...]:
    """Make the tools for many records; `declared` is what is special about each type."""
    changed = {
        kind: replace(each, listers=listers)
        for kind, each in declared.items()
        if kind not in ADMINISTRATION
        if resource_type(kind).operations & _CHANGED or kind in ("sequenceState", "task")
    }
    return (
        _tool(
            "plan_change",
            "Plan one change of many records (up to 100,000) chosen by filters, as in lists, or ids: set fields, tag, "
            "reassign, enrol, pause, finish, complete, delete. Changes nothing: shows how many, examples, who is left "
            "out and why. Then apply_plan.",
            object_schema(
                {
                    "resource": enum_schema(changed),
                    "filters": {
                        "type": "array",
                        "items": object_schema({"field": _TEXT, "criteria": _TEXT}),
                    },
                    "ids": {"type": "array", "items": {"type": "integer"}},
                    "all": {"type": "boolean", "description": "every record is meant"},
                    "attributes": {"type": "string", "description": "JSON"},
                    "relationships": {"type": "string", "description": "JSON: ids or names"},
                    "clear": _TEXTS,
                    "add_tags": _TEXTS,
                    "remove_tags": _TEXTS,
                    "action": enum_schema((*WORDS, DELETE)),
                    "parameters": {
                        "type": "string",
                        "description": "JSON: sequenceId, mailboxId, ownerId, dueAt",
                    },
                },
                ("resource",),
            ),
            by_names(partial(plan_change, changed), writing=True),
            read_only=True,
            names=frozenset(NAMINGS),
            labels=True,
        ),
        _tool(
            APPLIES,
            "Carry out a plan of plan_change or plan_undo, as it was shown: asks the person, runs on as a job. Records "
            "changed since are left alone and told.",
            object_schema({"plan_id": _TEXT, "stop_at": {"type": "integer", "description": "failures"}}, ("plan_id",)),
            apply_plan,
            read_only=False,
        ),
        _tool(
            "get_job",
            "How a job stands; with outcome, which records, and why; with format, as a file.",
            object_schema(
                {
                    "job_id": _TEXT,
                    "outcome": enum_schema(("done", "unchanged", "left_out", "refused", "unknown", "all")),
                    "page_after": _TEXT,
                    "format": enum_schema(MEDIA_TYPES),
                },
                ("job_id",),
            ),
            get_job,
            read_only=True,
        ),
        _tool("list_jobs", "Bulk changes of the last 30 days.", object_schema({}), list_jobs, read_only=True),
        _tool(
            "cancel_job",
            "Stop a running job after what is under way.",
            object_schema({"job_id": _TEXT}, ("job_id",)),
            cancel_job,
            read_only=False,
            destructive=False,
        ),
        _tool(
            "plan_undo",
            "Plan to take back (undo, revert) a job, one change, or all your changes since a time. Shows what comes "
            "back and what cannot. Then apply_plan.",
            object_schema({"job_id": _TEXT, "change_id": _TEXT, "since": _TEXT}),
            plan_undo,
            read_only=True,
        ),
    )


def _tool(
    name: str,
    description: str,
    schema: JsonObject,
    run: Run,
    *,
    read_only: bool,
    destructive: bool = True,
    names: frozenset[str] = frozenset(),
    labels: bool = False,
) -> Tool:
    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description=description,
        input_schema=schema,
        run=run,
        read_only=read_only,
        destructive=destructive and not read_only,
        idempotent=read_only or name == "cancel_job",
        open_world=not read_only and name == APPLIES,
        toolset="bulk",
        names=names,
        labels=labels,
        borrows=True,
    )
