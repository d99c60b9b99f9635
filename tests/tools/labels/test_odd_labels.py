"""Odd labels: each means its own field wherever a label goes, or is refused with what does, and never another."""

import json
from typing import Any

import pytest

from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation.custom_fields import CustomField
from tests.support.workbench import Workbench, workbench
from tests.tools.naming.world import ME, one

TAKEN = ("Title", "id", "*", "account", "owner_id", "q", "name", "createdAt", "stage.name")
"""Labels that are something else's name as well: alone they mean that."""

KEYS = ("custom2", "custom12", "Custom 5", "custom_6")
"""Labels that look like the keys of other fields."""

LABELS = (
    *TAKEN, *KEYS, "A..B", "null", "not null", "me", "a.b", "-x", "account.Region", "Note", "count", "Fields",
    "filters", "attributes", "Clear", "relationships", "rows", "prospect_id", "dry_run", "sort", "type", "e-mail",
    "Region, EMEA", '"quoted"', "x:y=1", "42", "1,5", "true", "Sum(x)", "{}", "[a]", "\u00a0pad", "Größe (cm)", "?",
)  # fmt: skip
FIELDS = {f"custom{number}": CustomField("string", label) for number, label in enumerate(LABELS, 1)}


def holding(bench: Workbench, value: str) -> list[str]:
    """Return the custom fields that hold a value."""
    (row,) = bench.store.rows(f"SELECT {', '.join(FIELDS)} FROM prospect WHERE id = 456")
    return [key for key, held in zip(FIELDS, row, strict=True) if held == value]


async def test_an_odd_label_means_its_own_field_wherever_a_label_goes() -> None:
    wrong: list[Any] = []
    refused: list[str] = []
    async with workbench([ME, one("prospect")], custom_fields=CustomFields({"prospect": FIELDS})) as bench:
        for key, field in FIELDS.items():
            value = f"value of {key}"
            failed, text = await bench.outcome(
                "update_prospect", {"prospect_id": 456, "attributes": {field.label: value}}
            )
            if failed:
                refused.append(field.label)
                assert holding(bench, value) == []
                continue
            if field.label in TAKEN or field.label.startswith("custom"):
                assert key not in holding(bench, value), text
                continue
            read = await bench.call("get_prospect", prospect_id=456, fields=[field.label])
            found = await bench.call("list_prospects", filters={field.label: value}, fields=["id", field.label])
            held = holding(bench, value)
            await bench.call("update_prospect", prospect_id=456, clear=[field.label])
            if (held, value in json.dumps(read), len(found["rows"]), holding(bench, value)) != ([key], True, 1, []):
                wrong.append((field.label, held, read, found))
    assert wrong == []
    assert {*refused} == {*TAKEN, "Custom 5", "custom_6"} - {"Title"}


@pytest.mark.parametrize("tool", ["update_prospect", "change_operation"])
async def test_a_label_like_the_key_of_another_field_is_refused_with_both(tool: str) -> None:
    fields = {"custom5": CustomField("string", "Region"), "custom19": CustomField("string", "Custom 5")}
    async with workbench([ME, one("prospect")], custom_fields=CustomFields({"prospect": fields})) as bench:
        arguments: dict[str, Any] = {"prospect_id": 456, "attributes": {"Custom 5": "x"}}
        general = {"operation": "update_prospect", "arguments": arguments}
        refused = await bench.refused(tool, **(general if tool == "change_operation" else arguments))
        assert bench.changes() == []
        await bench.call("update_prospect", prospect_id=456, attributes={"Custom 5 (custom19)": "a", "custom5": "b"})
        (held,) = bench.store.rows("SELECT custom19, custom5 FROM prospect WHERE id = 456")
    assert refused == (
        "'Custom 5' is the label of a field, and like the key of another: write 'Custom 5 (custom19)' or 'custom5'. "
        "Nothing was sent."
    )
    assert held == ("a", "b")
