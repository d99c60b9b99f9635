"""The rows of a plan for its picture: each record before and after, as far as a person looks at them."""

from collections.abc import Mapping, Sequence
from typing import Any

from outreach_mcp.api.errors.tree import OutreachError
from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, JsonObject, MissingScope, Request
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.values import differing, told
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.text import clean, one_line
from outreach_tools.json_values import array_at, is_object

MOST_ROWS = 200
"""Rows that can be unticked one by one; a plan may have 100,000."""

_AT_ONCE = 100
_ARROW = " → "
_BESIDES = frozenset({"id", "name"})


async def rows_of(steps: Sequence[Step], examples: Sequence[JsonObject], client: Client) -> list[JsonObject]:
    """Return the rows of a plan's first steps; `examples` are some of them as the answer tells them.

    The answer knows what fields and some records are called that the steps have by their ids; the others' names are
    read, one request for a type, as far as they may be.
    """
    shown = steps[:MOST_ROWS]
    names, fields = _called(shown, examples)
    for kind, numbers in _unnamed(shown, names).items():
        names.update(await _names(kind, numbers, client))
    rows: list[JsonObject] = []
    for step in shown:
        record = step.record
        changed = {fields.get(name, name): pair for name, pair in _pairs(step, names).items()}
        rows.append({"id": record[1] if record else None, "name": step.name, "changed": changed or _told(step)})
    return rows


def _unnamed(steps: Sequence[Step], names: Mapping[tuple[str, int], str]) -> dict[str, list[int]]:
    """Return the related records before and after whose names are not known, by type."""
    found: dict[str, dict[int, None]] = {}
    for step in steps:
        if step.kind in ("update", "create"):
            for value in (*step.before.values(), *step.after.values()):
                if is_object(value) and (str(value.get("type")), _number(value)) not in names:
                    found.setdefault(str(value.get("type")), {})[_number(value)] = None
    return {kind: list(numbers)[:_AT_ONCE] for kind, numbers in found.items()}


async def _names(kind: str, numbers: Sequence[int], client: Client) -> dict[tuple[str, int], str]:
    resource, label = resource_type(kind), label_of(kind)
    if label is None:
        return {}
    query = (("filter[id]", ",".join(map(str, numbers))), (f"fields[{kind}]", label), ("page[size]", str(_AT_ONCE)))
    try:
        response = await client.send(Request("GET", f"/{resource.path}", query))
    except (ToolError, MissingScope, OutreachError):
        return {}
    rows = [row for row in array_at(response.body, "data") if is_object(row)]
    return {
        (kind, _number(row)): one_line(clean(str(value_of(row, label))), 40) for row in rows if value_of(row, label)
    }


def _pairs(step: Step, names: Mapping[tuple[str, int], str]) -> dict[str, list[str]]:
    if step.kind not in ("update", "create"):
        return {}
    resource = resource_type(step.type)

    def shown(name: str, value: Any) -> str:
        known = names.get((str(value.get("type")), _number(value))) if is_object(value) else None
        return known or told(resource, name, value)

    return {
        name: [shown(name, step.before.get(name)), shown(name, step.after[name])]
        for name in differing(resource, step.after, step.before)
    }


def _told(step: Step) -> dict[str, list[str]]:
    """Return in words what happens in a step that sets no fields."""
    words = {"delete": "deleted for good", "create": "added"}.get(step.kind, step.action or "changed")
    return {f"the {step.type}": ["", words]}


def _called(steps: Sequence[Step], examples: Sequence[JsonObject]) -> tuple[dict[tuple[str, int], str], dict[str, str]]:
    """Return what the answer calls records, by type and id, and fields, by their names."""
    names: dict[tuple[str, int], str] = {}
    fields: dict[str, str] = {}
    told_by_id = {example.get("id"): example for example in examples}
    for step in steps:
        example = told_by_id.get(step.id)
        if step.kind != "update" or example is None:
            continue
        changed = differing(resource_type(step.type), step.after, step.before)
        texts = [(label, text) for label, text in example.items() if label not in _BESIDES]
        if len(texts) != len(changed):
            continue
        for name, (label, text) in zip(changed, texts, strict=True):
            fields[name] = label
            parts = str(text).split(_ARROW)
            for part, value in zip(parts, (step.before.get(name), step.after[name]), strict=False):
                if len(parts) == 2 and is_object(value):
                    names[str(value.get("type")), _number(value)] = part
    return names, fields


def _number(link: Mapping[str, Any]) -> int:
    return int(link.get("id") or 0)
