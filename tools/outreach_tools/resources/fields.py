"""The fields of a type of record: what can be asked for, written, filtered and sorted by. No record of Outreach's."""

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost, fit_rows
from outreach_tools.engine.arguments import FieldsArguments, read
from outreach_tools.engine.cursor import FIRST, Position, decode, encode, fingerprint
from outreach_tools.engine.labels.describing import COLUMNS, Declared, described, matching
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.likeness import like
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.names import type_named
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.tool import Context, Tool

MOST_TOKENS = 600
"""Tokens of an answer, as o200k counts: the fields of a large type take several calls, or words that narrow them."""

_GENEROUS = 1.3  # what `fit_rows` keeps free is meant for long answers


def describe_fields(declared: Declared) -> Tool:
    """Make the tool that tells of a type's fields; `declared` is what is special about each type."""

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(FieldsArguments, arguments)
        resource, query = type_named(given.resource), (given.query or "").strip()
        labels = Labels(context, resource)
        await labels.load()
        fields = described(resource, labels, declared.get(resource.type))
        found = matching(fields, query)
        mark = fingerprint("fields", resource.type, query)
        start = (FIRST if given.page_after is None else decode(given.page_after, mark)).skip
        notes = labels.missing if not start else ()
        if not found:
            near = like([query], [(each.name, None) for each in fields])
            names = f", did you mean {near[0][0]!r}?" if near else ": leave 'query' out to see all"
            notes = (*notes, f"{resource.type} has no field for {shorten(query)}{names}")
        if not start and any("filter" not in each.can for each in found):
            notes = (*notes, "lists filter by fields without 'filter' too, row by row")
        budget = min(MOST_TOKENS, context.max_result_tokens) * _GENEROUS - cost(list(notes))
        rows = fit_rows(COLUMNS, (each.row for each in found[start:]), int(budget))
        after = start + len(rows)
        more = {"page_after": encode(Position(skip=after), mark)} if after < len(found) else {}
        note = {"note": ". ".join(notes)} if notes else {}
        counts = {"returned": len(rows), "has_more": bool(more)}
        return {"resource": resource.type, **counts, **more, **note, "columns": list(COLUMNS), "rows": rows}

    text: JsonObject = {"type": "string"}
    return Tool(
        name="describe_fields",
        title="Describe fields",
        description=(
            "Which fields a type of record (prospect, task) has, custom fields by label: what values a field can "
            "take (options), kind, whether it can be written, filtered or sorted by. query narrows by words."
        ),
        input_schema=object_schema({"resource": text, "query": text, "page_after": text}, ("resource",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        toolset="connection",
        labels=True,
    )
