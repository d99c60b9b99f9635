"""Creating, updating and deleting a record, whatever the resource."""

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Request
from outreach_tools.engine.arguments import CreateArguments, DeleteArguments, UpdateArguments, read
from outreach_tools.engine.aside import aside, weight_of_value
from outreach_tools.engine.bounding import bounded
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import CreateTool, DeleteTool, Resource, UpdateTool
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import CHECK, require_asked_for
from outreach_tools.engine.finders import finders_of, finds
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.labels.written import require, with_checked, with_keys
from outreach_tools.engine.making import CREATES, DELETES, SENDS, UPDATES, make_tool
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming.kinds import takes_text
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.pages import page_of
from outreach_tools.engine.records import summary
from outreach_tools.engine.schemas import create_schema, delete_schema, update_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.wanted import wanted
from outreach_tools.engine.writing import (
    attributes_document,
    document,
    given_relationships,
    lift_members,
    linked,
    passed_over,
)
from outreach_tools.json_values import as_object, member, object_at

_CREATE_OWN = ("attributes", "relationships")
_NOTHING: JsonObject = {}
_WITHOUT_RECORD = {
    202: "Outreach has accepted it and may do it later: read the record to see",
    204: "done; Outreach answers without the record",
    205: "done; Outreach answers without the record",
}
"""The text about a change for each status that may come without a body."""
_ANSWERED_EMPTY = ("/actions/linkEwsMasterAccount", "/actions/unlinkEwsMasterAccount")
"""The two actions that the contract answers with an empty object in the place of the record."""


def create_tool(declared: Resource, tool: CreateTool) -> Tool:
    """Make the tool that creates a record of a resource."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        resource = resource_type(declared.type)
        labels = Labels(context, resource)
        lifted = lift_members(resource, await with_keys(labels, arguments, _CREATE_OWN), _CREATE_OWN)
        given = read(CreateArguments, lifted, lifted=[*resource.attributes, *resource.relationships])
        calendar = Calendar(context.now(), context.zone)
        checked, said = await with_checked(labels, given.attributes, calendar)
        attributes, notes = await attributes_document(declared, checked, calendar, names)
        links = given_relationships(declared, given.relationships)
        require_members(declared, tool, attributes, links)
        await require(labels, attributes, creating=True)
        relationships = await linked(declared, links, names)
        if tool.finish is not None:
            attributes, found = await tool.finish(context, attributes, relationships)
            notes = (*notes, *found)
        body = document(declared.type, attributes, relationships)
        empty = passed_over(declared, given.attributes, given.relationships, but={**attributes, **relationships})
        told: JsonObject = {"not_set": list(map(labels.shown, empty))} if empty else {}
        notes, request = (*names.notes, *labels.notes, *said, *notes), Request("POST", f"/{resource.path}", body=body)
        return await write(context, declared, request, notes, told, labels=labels)

    return make_tool(
        declared,
        tool,
        create_schema(declared, tool),
        by_names(run, writing=True),
        SENDS if tool.destructive else CREATES,
        "create",
    )


def update_tool(declared: Resource, tool: UpdateTool) -> Tool:
    """Make the tool that changes a record of a resource."""
    finders = finders_of({tool.target: declared.type}, declared.listers)

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        resource = resource_type(declared.type)
        own = (*_CREATE_OWN, tool.target, "id", "clear")
        labels = Labels(context, resource)
        lifted = lift_members(resource, await with_keys(labels, arguments, own), own)
        flat = [*resource.attributes, *resource.relationships]
        given = read(
            UpdateArguments, lifted, target=tool.target, lifted=flat, finders=finders, named=takes_text(declared.type)
        )
        change = await wanted(declared, labels, given, Calendar(context.now(), context.zone), names)
        record_id = await names.target(given.id, declared.type, repr(tool.target), finders[tool.target])
        body = document(declared.type, change.attributes, change.relationships, record_id=record_id)
        told: JsonObject = {"not_changed": list(change.empty)} if change.empty else {}
        notes = (*names.notes, *labels.notes, *change.notes)
        request = Request("PATCH", f"/{resource.path}/{record_id}", body=body)
        return await write(context, declared, request, notes, told, record_id=record_id, labels=labels)

    return make_tool(declared, tool, update_schema(declared, tool), by_names(run, writing=True), UPDATES, "update")


def delete_tool(declared: Resource, tool: DeleteTool) -> Tool:
    """Make the tool that deletes a record of a resource."""
    finders = finders_of({tool.target: declared.type}, declared.listers)

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(DeleteArguments, arguments, target=tool.target, finders=finders, named=takes_text(declared.type))
        record_id = await names.target(given.id, declared.type, repr(tool.target), finders[tool.target])
        request = Request("DELETE", f"/{resource_type(declared.type).path}/{record_id}")
        response = await context.client.send(request)
        if deleted := as_object(member(response.body, "data")):
            require_asked_for(deleted, f"DELETE {request.target}", declared.type, record_id, changed=True)
        return {"deleted": True, "id": record_id, **({"note": names.notes[0]} if names.notes else {})}

    return make_tool(
        declared, tool, delete_schema(declared, tool.target), by_names(run, writing=True), DELETES, "delete"
    )


async def write(
    context: Context,
    declared: Resource,
    request: Request,
    notes: tuple[str, ...] = (),
    told: JsonObject = _NOTHING,
    *,
    record_id: int | str | None = None,
    labels: Labels | None = None,
) -> JsonObject:
    """Send a create, an update or an action, and return the record that Outreach answers with, in summary form.

    `notes` are for the model; `told` are further members of the answer; `record_id` is whose change it is, and `labels`
    are those of its custom fields. Where the status says that there is no record in the answer, so does what is
    returned. Raises `ToolError` for an answer that is not the record, though by its status the change was made.
    """
    response = await context.client.send(request)
    empty = response.body == {} and request.target.endswith(_ANSWERED_EMPTY)
    if empty or (response.body is None and response.status in _WITHOUT_RECORD):
        known = {} if record_id is None else {"id": record_id}
        said = (
            _WITHOUT_RECORD.get(response.status, _WITHOUT_RECORD[204]),
            *((response.note,) if response.note else ()),
            *notes,
        )
        return fit({**known, **told}, context.max_result_tokens, said)
    asked, record = f"{request.method} {request.target}", as_object(member(response.body, "data"))
    if record is None:
        raise ToolError(f"Outreach answered {asked} with {shorten(response.body)}, which holds no record. {CHECK}")
    require_asked_for(record, asked, declared.type, record_id, changed=True)
    written = {**object_at(request.body, "data", "attributes"), **object_at(request.body, "data", "relationships")}
    shown = summary(declared, record, written, zone=context.zone)
    page = page_of(context, declared.type, record.get("id"))
    answer: JsonObject = {**(labels.renamed(shown) if labels else shown), **told, **({"url": page} if page else {})}
    notes, budget = (*((response.note,) if response.note else ()), *notes), context.max_result_tokens
    return await aside(weight_of_value(answer), lambda _: fit(bounded(answer, budget), budget, notes))


def require_members(declared: Resource, tool: CreateTool, attributes: JsonObject, relationships: JsonObject) -> None:
    """Raise for what a create needs in practice and was not given, before anything is sent."""
    given = {"attributes": attributes, "relationships": relationships}
    missing = [path for path in tool.required if path.partition(".")[2] not in given[path.partition(".")[0]]]
    if missing:
        raise ArgumentError("; ".join(f"{path!r} is required{_finder(declared, path)}" for path in missing))


def _finder(declared: Resource, path: str) -> str:
    kind, _, name = path.partition(".")
    relationships = resource_type(declared.type).relationships
    return finds(relationships[name].types, declared.listers) if kind == "relationships" else ""
