"""An organisation with custom fields of every kind, and what may be written into each."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation.custom_fields import DESKS, REQUIRED, CustomField, custom_fields_of
from outreach_sandbox.records import Record
from outreach_tools.catalog import resource_types
from outreach_tools.engine.labels.fields import CustomFields as Labelled
from outreach_tools.engine.labels.fields import fields_in
from outreach_tools.toolsets import all_tools
from tests.tools.naming.world import ME, one

_NONE = resource_types()["event"]
FIELDS: Mapping[str, Mapping[str, CustomField]] = custom_fields_of(2)
WRITTEN = tuple(name for name in FIELDS if "update" in resource_types().get(name, _NONE).operations and FIELDS[name])
"""The types with custom fields that can be written: by tools of their own, or by their operations."""

OWN = tuple(name for name in WRITTEN if f"update_{name}" in {tool.name for tool in all_tools()})
"""Those that have tools of their own."""

ONE = 456
WORLD = (
    ME,
    one("account"),
    one("opportunity", ONE, None, **{REQUIRED: DESKS[0]}),
    one("prospect"),
)
GOODS = (one("product"), Record("purchase", ONE, {"description": "Seats"}))
"""Records of the types without tools of their own."""

_VALUES: Mapping[str, tuple[Any, ...]] = {
    "boolean": (True, False, "true", "FALSE"),
    "currency": (12, 12.5, "0012.50", "-3"),
    "date": ("2026-02-28", "tomorrow", "+3d"),
    "date_time": ("2026-02-28T09:00Z", "2026-02-28T09:00:00+02:00"),
    "numerical": (0, 7, 1e22, "1e3", -0.001, "9.50"),
    "percentage": (0, 100, "33.3"),
    "phone_number": ("+1 416 555 0199",),
    "string": ("x", "Zoë, née O'Neill", "true", "12"),
    "url": ("https://x.example/a?b=c",),
}


def organisation() -> CustomFields:
    """Return the custom fields of an organisation of its own."""
    return CustomFields(FIELDS)


def labelled() -> Mapping[str, Labelled]:
    """Return the custom fields as they are read from an answer to `GET /types`."""
    return fields_in(
        {
            "data": [
                {
                    "type": name,
                    "meta": {
                        "validations": {
                            key: {
                                "type": each.kind,
                                "required": each.required,
                                "label": each.label,
                                "definition": list(each.definition)
                                if isinstance(each.definition, tuple)
                                else each.definition,
                            }
                            for key, each in fields.items()
                        }
                    },
                }
                for name, fields in FIELDS.items()
            ]
        }
    )


def call_of(what: str, kind: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the call that does something to a record of a type: by its own tool, else by its operation."""
    if kind in OWN:
        return f"{what}_{kind}", arguments
    tool = "read_operation" if what == "get" else "change_operation"
    return tool, {"operation": f"{what}_{kind}", "arguments": arguments}


def list_of(kind: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the call that lists records of a type."""
    name = f"list_{resource_types()[kind].path}"
    return (name, arguments) if kind in OWN else ("read_operation", {"operation": name, "arguments": arguments})


def values(field: CustomField) -> Iterator[Any]:
    """Yield values that a field takes, in each form that models give."""
    if not isinstance(field.definition, tuple):
        yield from _VALUES[field.kind]
        return
    for option in field.definition:
        yield from (option, option.upper(), f" {option.casefold()} ")
    if field.kind == "multi_inclusion":
        yield list(field.definition)
        yield "; ".join(field.definition[:2])
        yield f'["{field.definition[0]}"]'


def spelled(label: str, random: Random) -> str:
    """Return a label as somebody may write it: case, blanks and punctuation at its ends make no difference."""
    case = random.choice((str.upper, str.lower, str.title, str))
    blanks, before, after = (
        random.choice((" ", "  ")),
        random.choice(("", " ", "“")),
        random.choice(("", ".", " ", "!")),
    )
    return f"{before}{case(label).replace(' ', blanks)}{after}"
