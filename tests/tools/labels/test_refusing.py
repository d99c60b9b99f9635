"""Every refusal of a label, or of a custom field's value, says what is meant in 120 tokens, and nothing is sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation.custom_fields import CustomField
from outreach_sandbox.switches import Switches
from outreach_tools.json_values import is_array, is_object
from tests.support.workbench import workbench
from tests.tools.labels.test_written import WRONG
from tests.tools.labels.world import ONE, WORLD
from tests.tools.naming.test_refusing import LONG
from tests.tools.test_definitions import O200K

NAMES = {"odd": "a.b: \"c\"; or 'd' (e)", **{kind: LONG[kind].strip() for kind in ("chinese", "emoji", "capitals")}}
KINDS = (
    "boolean", "currency", "date", "date_time", "inclusion", "multi_inclusion", "numerical", "percentage",
    "phone_number", "string", "url",
)  # fmt: skip
OF_TEXT = ("phone_number", "string", "url")


def organisation(name: str, *, required: bool = False) -> CustomFields:
    """Return fields of every kind that are called by a name, with options that are called by it as well."""
    fields = {
        f"custom{place}": CustomField(
            kind,
            f"{name} {place}",
            tuple(f"{name} {number}" for number in range(14)) if "inclusion" in kind else None,
            required=required,
        )
        for place, kind in enumerate(KINDS, 1)
    }
    return CustomFields(dict.fromkeys(("prospect", "account", "opportunity"), fields))


def wrong_values(kind: str, name: str) -> Iterator[Any]:
    """Yield values that a field of a kind does not take: short ones, and long ones in the script of a name."""
    yield WRONG[kind][-1]
    if kind in OF_TEXT:
        yield {name: name}
    else:
        yield from (name * 9, {name: [name] * 9}, "2026-02-31")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_wrong_value_is_refused_in_120_tokens_however_long_labels_and_options_are(name: str) -> None:
    told: list[tuple[str, Any, str]] = []
    async with workbench(WORLD, custom_fields=organisation(name)) as bench:
        for place, kind in enumerate(KINDS, 1):
            for value in wrong_values(kind, name):
                arguments = {"prospect_id": ONE, "attributes": {f"custom{place}": value}}
                told.append((kind, value, await bench.refused("update_prospect", **arguments)))
        assert bench.changes() == []
    assert [each for each in told if len(O200K.encode(each[2])) > 120] == []
    assert [each for each in told if not each[2].endswith("Nothing was sent.")] == []


LABELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("update_prospect", {"prospect_id": ONE, "attributes": {"{}s 5": "x"}}),
    ("update_prospect", {"prospect_id": ONE, "attributes": {"{0}, {0} 55": "x"}}),
    ("update_prospect", {"prospect_id": ONE, "{} 5z": "x"}),
    ("update_prospect", {"prospect_id": ONE, "clear": ["{} 5z"]}),
    ("update_prospect", {"prospect_id": ONE, "attributes": {"custom5": "{} 1", "{} 5": "{} 2"}}),
    ("update_prospect", {"prospect_id": ONE, "attributes": {"custom5": "{} 1"}, "clear": ["{} 5"]}),
    ("create_prospect", {"attributes": {"firstName": "Ann", "{} 5z": "x"}}),
    ("list_prospects", {"fields": ["{} 5z"]}),
    ("list_prospects", {"filters": [{"field": "{} 5z", "criteria": "x"}]}),
    ("list_tasks", {"fields": ["prospect.{} 5z"]}),
    ("get_account", {"account_id": ONE, "fields": ["{} 5z"]}),
    ("create_account", {"attributes": {"name": "Acme", "{0}{0}{0}{0}": "x"}}),
)


def filled(value: Any, name: str) -> Any:
    """Return arguments with a name where their texts have a place for it."""
    if is_object(value):
        return {filled(key, name): filled(each, name) for key, each in value.items()}
    if is_array(value):
        return [filled(each, name) for each in value]
    return value.format(name) if isinstance(value, str) else value


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("readable", [True, False], ids=["labels are read", "labels cannot be read"])
async def test_a_wrong_label_is_refused_in_120_tokens(name: str, *, readable: bool) -> None:
    switches = Switches(forbidden=frozenset() if readable else frozenset({"types"}))
    told: list[tuple[str, Any, str]] = []
    async with workbench(WORLD, custom_fields=organisation(name), switches=switches) as bench:
        for tool, arguments in LABELS:
            told.append((tool, arguments, await bench.refused(tool, **filled(arguments, name))))
        assert bench.changes() == []
    assert [each for each in told if len(O200K.encode(each[2])) > 120] == []


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_what_is_required_or_shared_is_refused_in_120_tokens(name: str) -> None:
    shared = {f"custom{place}": CustomField("string", name) for place in range(1, 9)}
    async with workbench(WORLD, custom_fields=organisation(name, required=True)) as bench:
        told = [
            await bench.refused("create_prospect", attributes={"firstName": "Ann"}),
            await bench.refused("update_prospect", prospect_id=ONE, clear=[f"custom{place}" for place in range(1, 12)]),
            await bench.refused("update_prospect", prospect_id=ONE, clear=["custom5"]),
        ]
    async with workbench(WORLD, custom_fields=CustomFields({"prospect": shared})) as bench:
        told += [
            await bench.refused("update_prospect", prospect_id=ONE, attributes={name: "x"}),
            await bench.refused("list_prospects", fields=[name]),
            await bench.refused("list_prospects", filters=[{"field": name, "criteria": "x"}]),
        ]
        assert bench.changes() == []
    assert [each for each in told if len(O200K.encode(each)) > 120] == []
    assert [each for each in told if "custom" not in each and repr(name)[:6] not in each] == []
