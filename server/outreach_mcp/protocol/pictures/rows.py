"""The rows of a plan for its picture: each record before and after, as far as a person looks at them."""

from collections.abc import Mapping, Sequence
from typing import Any

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.values import differing, told
from outreach_tools.json_values import is_object, object_at

MOST_ROWS = 200
"""Rows that can be unticked one by one; a plan may have 100,000."""

_ARROW = " → "
_BESIDES = frozenset({"id", "name"})


def rows_of(steps: Sequence[Step], examples: Sequence[JsonObject]) -> list[JsonObject]:
    """Return the rows of a plan's first steps; `examples` are the first of them as the answer tells them.

    The answer knows what records and fields are called that the steps have by their ids alone.
    """
    names, fields = _called(steps, examples)
    rows: list[JsonObject] = []
    for step in steps[:MOST_ROWS]:
        record = step.record
        changed = {fields.get(name, name): pair for name, pair in _pairs(step, names).items()}
        rows.append({"id": record[1] if record else None, "name": step.name, "changed": changed or _told(step)})
    return rows


def _pairs(step: Step, names: Mapping[tuple[str, int], str]) -> dict[str, list[str]]:
    if step.kind != "update":
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
    for step, example in zip(steps, examples, strict=False):
        if step.kind != "update":
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
    return int(object_at({"link": link}, "link").get("id") or 0)
