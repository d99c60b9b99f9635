"""The tools for whole selections of records as such: which of them may be the same."""

from collections.abc import Mapping
from dataclasses import replace

from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import choose
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.duplicates.finding import find_duplicates, read_arguments
from outreach_tools.engine.duplicates.keys import READ
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import enum_schema, object_schema
from outreach_tools.engine.tool import Context, Run, Tool

_TEXT: JsonObject = {"type": "string"}
_FILTERS: JsonObject = {"type": "array", "items": object_schema({"field": _TEXT, "criteria": _TEXT})}


def file_tools(declared: Mapping[str, Resource], listers: Listers) -> tuple[Tool, ...]:
    """Make the tools; `declared` is what is special about each type, `listers` name the tools that list them."""
    known = {kind: replace(each, listers=listers) for kind, each in declared.items()}

    async def duplicates(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read_arguments(arguments)
        return await find_duplicates(context, known[choose(given.resource, tuple(READ), "resource")], given, names)

    return (
        _tool(
            "find_duplicates",
            "Find duplicate (double) contacts or companies: same e-mail, name and company, domain, phone, LinkedIn. "
            "Shows what differs. It cannot merge them.",
            object_schema({"resource": enum_schema(READ), "filters": _FILTERS, "page_after": _TEXT}, ("resource",)),
            by_names(duplicates),
        ),
    )


def _tool(name: str, description: str, schema: JsonObject, run: Run) -> Tool:
    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description=description,
        input_schema=schema,
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset="bulk",
        names=frozenset(NAMINGS),
        labels=True,
        borrows=True,
    )
