"""The face of a report: all arguments optional, the same in each, so that whoever knows one knows all."""

from collections.abc import Iterable

from outreach_tools.client import JsonObject
from outreach_tools.engine.naming.references import Named, by_names
from outreach_tools.engine.schemas import enum_schema, object_schema
from outreach_tools.engine.tool import Tool

TOOLSET = "reports"
_TEXT: JsonObject = {"type": "string"}


def report_tool(
    name: str,
    description: str,
    run: Named,
    *,
    by: Iterable[str],
    reads: Iterable[str],
    names: Iterable[str],
    looks: Iterable[str] = (),
    more: JsonObject | None = None,
    period: str = "last_30_days, 2026-07, a..b",
) -> Tool:
    """Return the tool of a report: `by` is what it groups by, `reads` the types that it reads.

    `looks` are types that it reads where they are open to it. `names` are the types whose records its arguments name,
    or that its answers name. `period` says what periods are like.
    """
    properties: JsonObject = {
        "period": {"type": "string", "description": period},
        "by": enum_schema(by),
        **(more or {}),
        "owner": _TEXT,
        "team": _TEXT,
        "sort": _TEXT,
        "top": {"type": "integer"},
        "fields": {"type": "array", "items": _TEXT, "description": "columns, * all"},
    }
    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description=description,
        input_schema=object_schema(properties),
        run=by_names(run),
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset=TOOLSET,
        operations=frozenset((kind, "list") for kind in reads),
        looks=frozenset({"user", *looks}),  # the users are those in a team
        names=frozenset(names),
        figures=True,
    )
