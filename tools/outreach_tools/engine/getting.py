"""Reading one record, whatever the resource."""

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import fit_texts
from outreach_tools.engine.arguments import ME, GetArguments, GetUserArguments, read
from outreach_tools.engine.columns import Selection, index_included, select
from outreach_tools.engine.declaration import GetTool, Resource
from outreach_tools.engine.fetching import fetch
from outreach_tools.engine.making import READS, make_tool
from outreach_tools.engine.records import full, selected
from outreach_tools.engine.schemas import get_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import object_at


def get_tool(declared: Resource, tool: GetTool) -> Tool:
    """Make the tool that reads one record of a resource."""

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        resource = resource_type(declared.type)
        given: GetUserArguments | GetArguments = (
            read(GetUserArguments, arguments, target=tool.target)
            if declared.type == "user"
            else read(GetArguments, arguments, target=tool.target)
        )
        record_id = await context.client.current_user_id() if given.id == ME else given.id
        asked = None if given.fields is None or "*" in given.fields else given.fields
        selection = _names(declared, resource) if asked is None else select(resource, asked, summary=False)
        document, _, notes = await fetch(context.client, resource, f"/{resource.path}/{record_id}", selection)
        record, included = object_at(document, "data"), index_included(document)
        if asked is None:
            answer = full(declared, record, included, hidden=given.fields is not None)
        else:
            answer = selected(record, included, selection)
        return within_budget(context, answer, notes)

    return make_tool(declared, tool, get_schema(declared, tool.target), run, READS, "get")


def within_budget(context: Context, answer: JsonObject, notes: tuple[str, ...] = ()) -> JsonObject:
    """Return a record that fits the budget, its longest texts trimmed, with notes on what is missing."""
    fitted, trimmed = fit_texts(answer, context.max_result_tokens)
    cut = (f"trimmed to fit: {', '.join(trimmed)}",) if trimmed else ()
    return {**fitted, "note": ". ".join((*notes, *cut))} if notes or cut else fitted


def _names(declared: Resource, resource: ResourceType) -> Selection:
    """Return what brings the names of the related records along with a whole record."""
    names = [
        name
        for name in declared.columns
        if (relationship := resource.relationships.get(name))
        and not relationship.many
        and resource.type not in relationship.types
    ]
    selection = select(resource, names, summary=True)
    fields = {name: fields for name, fields in selection.fields.items() if name != resource.type}
    return Selection(type=resource.type, columns=(), fields=fields, include=selection.include)
