"""describe_fields tells of every field of a type in few tokens, and what it says is so."""

import json
from typing import Any

import pytest

from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation.custom_fields import CustomField
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import resource_type, resource_types
from outreach_tools.engine.labels.fields import NONE, is_key
from outreach_tools.toolsets import all_tools
from tests.support.workbench import Workbench, workbench
from tests.tools.labels.test_shown import UNREADABLE
from tests.tools.labels.world import FIELDS, WORLD, labelled, organisation
from tests.tools.test_definitions import O200K, tokens

HERE = "lists filter by fields without 'filter' too, row by row"


def cost(answer: dict[str, Any]) -> int:
    return len(O200K.encode(json.dumps(answer, ensure_ascii=False, separators=(",", ":"))))


async def told(bench: Workbench, kind: str) -> dict[str, list[str]]:
    """Return what is told of each field of a type, page after page."""
    found: dict[str, list[str]] = {}
    more: dict[str, Any] = {}
    while True:
        answer = await bench.call("describe_fields", resource=kind, **more)
        assert cost(answer) <= 600
        assert answer["returned"] == len(answer["rows"]) > 0
        assert not found.keys() & {row[0] for row in answer["rows"]}
        found |= {name: [kind, can] for name, kind, can in answer["rows"]}
        if not answer["has_more"]:
            return found
        more = {"page_after": answer["page_after"]}


def test_its_definition_costs_at_most_130_tokens() -> None:
    (tool,) = [each for each in all_tools() if each.name == "describe_fields"]
    assert tokens(tool) <= 130


@pytest.mark.parametrize("kind", sorted(resource_types()))
async def test_every_field_of_every_type_is_told_once_in_pages_of_600_tokens(kind: str) -> None:
    resource = resource_type(kind)
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        found = await told(bench, kind)
        assert bench.sent() == ["GET /types"]
    customs = {key for key in resource.attributes if is_key(key)}
    labels = labelled().get(kind, NONE).by_key
    shown = [each.shown for key, each in labels.items() if key in customs]
    rest = [name for name in found if " … " in name]
    plain = {*resource.attributes, *resource.relationships, *resource.filters} - customs
    assert set(found) == {*shown, *plain, *rest}
    assert bool(rest) == bool(customs - labels.keys())
    assert list(found)[: len(shown)] == shown
    writes = bool({"create", "update"} & resource.operations)
    for name, attribute in resource.attributes.items():
        if name in found:
            can = (
                writes and not attribute.read_only,
                attribute.filterable or name in resource.filters,
                attribute.sortable,
            )
            assert found[name][1] == " ".join(
                word for word, holds in zip(("write", "filter", "sort"), can, strict=True) if holds
            )


async def test_a_custom_field_is_told_with_its_key_its_kind_its_options_and_whether_it_is_required() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        answer = await bench.call("describe_fields", resource="Opportunities", query="deal desk")
        tier = await bench.call("describe_fields", resource="opportunity", query="tier")
    assert answer == {
        "resource": "opportunity",
        "returned": 1,
        "has_more": False,
        "note": HERE,
        "columns": ["field", "kind", "can"],
        "rows": [["Deal desk", "custom11, one of Standard, Custom terms, Escalated, required", "write"]],
    }
    assert tier["rows"] == [["Tier", 'custom24, one of A, A+, "B, minor", Key account', "write"]]


@pytest.mark.parametrize(
    ("kind", "query", "names"),
    [
        ("prospect", "champion", ["Buying role"]),
        ("prospect", "first name", ["firstName"]),
        ("prospect", "buyi", ["Buying role"]),
        ("prospect", "custom2", ["Buying role"]),
        ("prospect", "custom99", ["custom4 … custom150"]),
        ("task", "due", ["dueAt"]),
        ("account", "region", ["Region (custom11)", "Region (custom12)"]),
    ],
)
async def test_words_narrow_it(kind: str, query: str, names: list[str]) -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        answer = await bench.call("describe_fields", resource=kind, query=query)
    assert [row[0] for row in answer["rows"]][: len(names)] == names


async def test_words_that_nothing_has_are_answered_with_the_nearest() -> None:
    async with workbench(WORLD) as bench:
        answer = await bench.call("describe_fields", resource="account", query="field tecnicians")
    assert (answer["returned"], answer["note"]) == (
        0,
        "account has no field for 'field tecnicians', did you mean 'Field technicians'?",
    )


async def test_a_field_with_many_options_is_told_with_more_of_them_alone() -> None:
    options = tuple(f"Option number {place}" for place in range(60))
    fields = {"prospect": {f"custom{n}": CustomField("inclusion", f"Choice {n}", options) for n in (1, 2)}}
    async with workbench(WORLD, custom_fields=CustomFields(fields)) as bench:
        many = await bench.call("describe_fields", resource="prospect", query="choice")
        one = await bench.call("describe_fields", resource="prospect", query="choice 2")
    assert [row[1].rpartition(" and ")[2] for row in many["rows"]] == ["48 more", "48 more"]
    assert one["rows"][0][1].endswith("Option number 59")
    assert max(cost(many), cost(one)) <= 600


async def test_where_labels_cannot_be_read_it_says_so_and_tells_of_the_rest() -> None:
    async with workbench(WORLD, switches=Switches(forbidden=frozenset({"types"}))) as bench:
        answer = await bench.call("describe_fields", resource="prospect", query="custom2")
    assert answer["note"] == f"{UNREADABLE}. {HERE}"
    assert answer["rows"] == [["custom1 … custom150", "text, custom fields without a label", "write"]]


async def test_what_is_no_type_of_record_is_refused_with_the_nearest() -> None:
    async with workbench(WORLD) as bench:
        told_of = [await bench.refused("describe_fields", resource=name) for name in ("tusk", "zzz")]
        assert bench.sent() == []
    assert told_of == [
        "'resource' is 'tusk', which is not a type of record, did you mean 'task'?",
        "'resource' is 'zzz', which is not a type of record: it takes one like prospect, account, opportunity, "
        "sequenceState",
    ]


async def test_a_page_after_of_another_type_is_refused() -> None:
    async with workbench(WORLD) as bench:
        first = await bench.call("describe_fields", resource="prospect")
        assert "page_after" in await bench.refused(
            "describe_fields", resource="account", page_after=first["page_after"]
        )


async def test_refusals_of_unknown_fields_point_to_it() -> None:
    async with workbench(WORLD) as bench:
        refusals = [
            await bench.refused("list_tasks", fields=["zzz"]),
            await bench.refused("list_tasks", filters={"zzz": "1"}),
            await bench.refused("create_task", attributes={"zzz": "1"}),
            await bench.refused("list_prospects", filters={"zzz": "1"}),
        ]
    assert all(each.endswith("describe_fields lists them") for each in refusals), refusals
    assert max(len(O200K.encode(each)) for each in refusals) <= 120


def test_the_organisation_has_fields_that_are_told() -> None:
    assert sum(map(len, FIELDS.values())) > 40
