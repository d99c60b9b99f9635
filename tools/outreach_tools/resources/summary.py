"""Figures over all records of a type: `summarize_records`."""

from collections.abc import Mapping
from dataclasses import replace

from outreach_tools.client import JsonObject
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.figures.summarizing import summarize
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.tool import Context, Tool


def summarize_records(declared: Mapping[str, Resource], listers: Listers) -> Tool:
    """Make the tool that counts and reckons; `declared` is what is special about each type, `listers` its list."""
    known = {kind: replace(each, listers=listers) for kind, each in declared.items()}

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        return await summarize(context, arguments, names, known)

    text: JsonObject = {"type": "string"}

    number: JsonObject = {"type": "integer"}
    condition = object_schema({"field": text, "criteria": text})
    return Tool(
        name="summarize_records",
        title="Summarize records",
        description=(
            "How many, how much, which has the most: counts, totals, averages, shares over all matching records, in "
            "groups. Exact, in few requests."
        ),
        input_schema=object_schema(
            {
                "resource": {"type": "string", "description": "mailing, opportunity, task…"},
                "filters": {"type": "array", "items": condition},
                "group_by": {
                    "type": "array",
                    "items": text,
                    "description": "up to 2: state, owner, account.industry, a label, createdAt:day|week|month|quarter",
                },
                "measures": {
                    "type": "array",
                    "items": text,
                    "description": (
                        "count, sum(amount), avg, median, min, max, distinct(prospect), rate(repliedAt not null)"
                    ),
                },
                "having": {"type": "array", "items": text, "description": "count 10.."},
                "sort": {"type": "string", "description": "-count"},
                "top": number,
                "max_requests": number,
                "page_after": text,
            },
            ("resource",),
        ),
        run=by_names(run),
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset="reports",
        names=frozenset(NAMINGS),
        labels=True,
    )
