"""The tools for whole selections of records: which of them may be the same, and all of them as a file."""

from collections.abc import Mapping
from dataclasses import replace

from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import ExportArguments, ImportArguments, choose, read
from outreach_tools.engine.declaration import CreateTool, ListTool, Resource, UpdateTool
from outreach_tools.engine.duplicates.finding import find_duplicates, read_arguments
from outreach_tools.engine.duplicates.keys import READ
from outreach_tools.engine.files.exporting import export_records
from outreach_tools.engine.files.importing import plan_import
from outreach_tools.engine.files.writers import MEDIA_TYPES, format_of
from outreach_tools.engine.matching import camel_case
from outreach_tools.engine.names import kind_named
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
    listed = tuple(kind for kind, each in known.items() if any(isinstance(tool, ListTool) for tool in each.tools))
    written = tuple(kind for kind, each in known.items() if _is_written(each))

    async def duplicates(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read_arguments(arguments)
        return await find_duplicates(context, known[_resource(given.resource, tuple(READ))], given, names)

    async def export(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(ExportArguments, arguments)
        form = format_of(given.format)
        return await export_records(context, known[_resource(given.resource, listed)], given, form, names)

    async def importing(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(ImportArguments, arguments)
        return await plan_import(context, known[_resource(given.resource, written)], given, names)

    return (
        _tool(
            "export_records",
            "Export, save a whole list (prospect, account, task, …) to a file or spreadsheet: CSV, Excel (xlsx), "
            "JSON lines. All records that filters match, up to 100,000. Answers where it is and its first rows.",
            object_schema(
                {
                    "resource": _TEXT,
                    "filters": _FILTERS,
                    "fields": {"type": "array", "items": _TEXT},
                    "format": enum_schema(MEDIA_TYPES),
                },
                ("resource",),
            ),
            by_names(export),
        ),
        _tool(
            "plan_import",
            "Plan an import: load a spreadsheet (CSV or Excel file) of leads, companies, …: matches rows to records,"
            " shows what would be created, updated, is unchanged or wrong, by line. Changes nothing; then "
            "apply_plan.",
            object_schema(
                {
                    "resource": _TEXT,
                    "path": {"type": "string", "description": "in the export folder"},
                    "uri": _TEXT,
                    "csv": {"type": "string", "description": "up to 200 rows"},
                    "columns": {"type": "string", "description": "JSON: header → field, null skips"},
                },
                ("resource",),
            ),
            by_names(importing, writing=True),
        ),
        _tool(
            "find_duplicates",
            "Find duplicate (double) contacts or companies, two records of one: same e-mail, name and company, "
            "domain, phone, LinkedIn. Shows what differs. It cannot merge them.",
            object_schema({"resource": enum_schema(READ), "filters": _FILTERS, "page_after": _TEXT}, ("resource",)),
            by_names(duplicates),
        ),
    )


def _is_written(declared: Resource) -> bool:
    """Return whether records of a type are taken from files: not of one that sends e-mail when it is created."""
    sends = any(isinstance(tool, CreateTool) and tool.destructive for tool in declared.tools)
    return not sends and any(isinstance(tool, CreateTool | UpdateTool) for tool in declared.tools)


def _resource(given: str, known: tuple[str, ...]) -> str:
    """Return the type that is meant, by its name or that of its list."""
    return kind_named(given, known) or choose(camel_case(given.strip()), known, "resource")


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
