"""Reading one record, whatever the resource."""

from dataclasses import replace

from outreach_tools.catalog import Attribute, ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import GetArguments, read
from outreach_tools.engine.aside import Going, aside, weight_of
from outreach_tools.engine.columns import Selection, select, value_of
from outreach_tools.engine.declaration import GetTool, Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.fetching import fetch, record_of
from outreach_tools.engine.finders import finders_of
from outreach_tools.engine.fitting import MOST_AT_ONCE, fit, fit_piece, fit_window, fits
from outreach_tools.engine.included import index_included
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.making import READS, make_tool
from outreach_tools.engine.marks import UNTRUSTED, fitting_marks, marked
from outreach_tools.engine.names import resolve_name
from outreach_tools.engine.naming.kinds import takes_text
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.pages import page_of
from outreach_tools.engine.records import full, selected, shortened
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import get_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import object_at

_READ_ON = "name what is missing in fields: one text alone comes whole, and text_from reads on in it"


def get_tool(declared: Resource, tool: GetTool, listers: Listers) -> Tool:
    """Make the tool that reads one record of a resource; `listers` say how to list its many related records.

    The answer is flat: `{"id": 7, "subject": "Hello", "bodyText": "Hi Ann, … (+1,400 characters)", "prospect_id": 34}`.
    Asked for one text alone, by `fields: ["bodyText"]`, it holds as much of that text as the budget allows, from the
    character `text_from` on, and says where the rest begins:
    `{"id": 7, "bodyText": "Hi Ann, …", "more": {"text_from": 17520, "length": 36000}}`. Without `more` the text is at
    its end. Read one after the other, the pieces are the text, as it is after cleaning; an HTML body asked for by
    name is HTML, everywhere else it is text.
    """
    finders = finders_of({tool.target: declared.type}, declared.listers)

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        resource = resource_type(declared.type)
        given = read(GetArguments, arguments, target=tool.target, finders=finders, named=takes_text(declared.type))
        labels = Labels(context, resource)
        keys = await labels.keys(given.fields or ())
        asked = None if given.fields is None or "*" in given.fields else [keys[name] for name in given.fields]
        text = _only_text(resource, asked or ())
        if given.text_from and text is None:
            raise ArgumentError(
                "'text_from' reads on in one text: name that text, and nothing else, in 'fields', like "
                f'{{"fields": ["{_example(resource)}"], "text_from": {given.text_from}}}'
            )
        selection = (
            _names(declared, resource) if asked is None else select(resource, asked, summary=False, zone=context.zone)
        )
        record_id = await names.target(given.id, declared.type, repr(tool.target), finders[tool.target])
        selection = _with(names.keys_to_check(declared.type, record_id), selection)
        document, _, notes = await fetch(context.client, resource, f"/{resource.path}/{record_id}", selection)
        record = record_of(document, f"/{resource.path}/{record_id}", resource.type, record_id)
        names.check(declared.type, record)
        held = object_at(record, "attributes")
        await labels.load_for(name for name in asked or held if asked or held[name] not in (None, ""))
        notes = (*notes, *names.notes, *labels.notes)
        included = index_included(document, own=selection.leads_to_own_type)
        budget = context.max_result_tokens

        def shown(_: Going) -> JsonObject:
            if asked is None:
                hidden = given.fields is not None
                answer = full(declared, record, included, listers, budget, hidden=hidden, zone=context.zone)
                answer = labels.renamed(answer)
                if page := page_of(context, resource.type, record.get("id")):
                    answer["url"] = page
                return record_answer(context, answer, notes, trimmed=given.fields is None, advice=_READ_ON)
            start, whole = given.text_from or 0, value_of(record, text.name) if text else None
            name = labels.shown(text.name) if text else ""
            if isinstance(whole, str) and len(whole) > MOST_AT_ONCE:
                return _window(context, {"id": record.get("id")}, name, whole, start, notes)
            # A text that was asked for alone is read on in: it is bounded by being read in pieces.
            answer = selected(record, included, selection, listers, None if isinstance(whole, str) else budget)
            answer = labels.renamed(answer)
            return (
                _piece(context, answer, name, start, notes)
                if text
                else record_answer(context, answer, notes, advice=_READ_ON)
            )

        return await aside(weight_of([record]), shown)

    return make_tool(declared, tool, get_schema(declared, tool.target), by_names(run), READS, "get")


def record_answer(
    context: Context, answer: JsonObject, notes: tuple[str, ...] = (), *, trimmed: bool = False, advice: str = ""
) -> JsonObject:
    """Return a record within the budget; a `trimmed` one has short texts even where there is room for more.

    `advice` follows a note on what did not fit.
    """
    short = marked(shortened(answer) if trimmed else answer)
    answer = short if fits(short, context.max_result_tokens, notes) else marked(answer)
    return fitting_marks(fit(answer, context.max_result_tokens, notes, advice))


def _piece(context: Context, answer: JsonObject, name: str, start: int, notes: tuple[str, ...]) -> JsonObject:
    text = answer.get(name, "")
    if not isinstance(text, str) or (not text and not start):
        return fitting_marks(fit(marked(answer), context.max_result_tokens, notes))
    if start > len(text):
        raise ArgumentError(f"'text_from' is {start}, and {name} ends after {len(text)} characters")
    return fit_piece(marked(answer), name, text, start, context.max_result_tokens, notes)


def _window(
    context: Context, answer: JsonObject, name: str, text: str, start: int, notes: tuple[str, ...]
) -> JsonObject:
    """Return a piece of a text that is too long to be cleaned as a whole: its characters are counted uncleaned."""
    if start > len(text):
        raise ArgumentError(f"'text_from' is {start}, and {name} ends after {len(text)} characters")
    answer = {**answer, UNTRUSTED: [name]}
    return fit_window(answer, name, text, start, context.max_result_tokens, notes)


def _only_text(resource: ResourceType, asked: tuple[str, ...] | list[str]) -> Attribute | None:
    """Return the one text that is asked for, None when there is none, or several, or something else beside it."""
    names = {resolve_name(resource, name) or name for name in asked if name != "id"}
    attribute = resource.attributes.get(next(iter(names))) if len(names) == 1 else None
    return attribute if attribute and attribute.type == "string" and not attribute.format else None


def _example(resource: ResourceType) -> str:
    """Return a text of a resource that may be long, for an example."""
    texts = [each for each in resource.attributes.values() if each.type == "string" and not each.format]
    longest = max(texts, key=lambda each: each.max_length or 0, default=None)
    return "bodyText" if "bodyText" in resource.attributes else longest.name if longest else "name"


def _with(keys: tuple[str, ...], selection: Selection) -> Selection:
    """Return a selection that brings some attributes of the record as well, where it does not bring them all."""
    asked = selection.fields.get(selection.type)
    if asked is None:
        return selection
    fields = {**selection.fields, selection.type: tuple(dict.fromkeys((*asked, *keys)))}
    return replace(selection, fields=fields)


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
