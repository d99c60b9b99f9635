"""Writing a custom field by its label is writing it by its key, and what was written is read by the label."""

import json
from random import Random
from typing import Any

import pytest

from tests.support.workbench import Workbench, workbench
from tests.tools.labels.world import FIELDS, ONE, WORLD, WRITTEN, labelled, organisation, spelled, values

LABELLED = labelled()


async def sent(bench: Workbench, kind: str, **arguments: Any) -> dict[str, Any]:
    """Return the attributes that an update sent."""
    await bench.call(f"update_{kind}", **{f"{kind}_id": ONE}, **arguments)
    assert bench.requests[-1].method == "PATCH"
    found: dict[str, Any] = json.loads(bench.requests[-1].content)["data"]["attributes"]
    return found


def places() -> list[tuple[str, str]]:
    return [(kind, key) for kind in WRITTEN for key in FIELDS[kind]]


def test_there_are_fields_of_every_kind_in_every_type_that_tools_write() -> None:
    kinds = {"boolean", "currency", "date", "date_time", "inclusion", "multi_inclusion", "numerical", "percentage"}
    kinds |= {"phone_number", "string", "url"}
    assert {kind: {each.kind for each in FIELDS[kind].values()} for kind in WRITTEN} == dict.fromkeys(
        ("account", "opportunity", "prospect"), kinds
    )


@pytest.mark.parametrize(("kind", "key"), places())
async def test_writing_by_label_is_writing_by_key_and_reads_back_by_label(kind: str, key: str) -> None:
    field, shown = FIELDS[kind][key], LABELLED[kind].shown(key)
    random = Random(f"{kind} {key}")
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        for value in values(field):
            by_key = await sent(bench, kind, attributes={key: value})
            by_label = await sent(bench, kind, attributes={spelled(shown, random): value})
            flat = await sent(bench, kind, **{spelled(shown, random): value})
            assert by_key == by_label == flat
            assert list(by_key) == [key]
            stored = by_key[key]
            read = await bench.call(f"get_{kind}", **{f"{kind}_id": ONE}, fields=[spelled(shown, random)])
            assert read == {"id": ONE, shown: stored}
            assert (await bench.call(f"get_{kind}", **{f"{kind}_id": ONE}))[shown] == stored
            rows = await listed(bench, kind, fields=["id", key], filters={spelled(shown, random): f'"{stored}"'})
            assert (rows["columns"], rows["rows"]) == (["id", shown], [[ONE, stored]])


async def listed(bench: Workbench, kind: str, **arguments: Any) -> dict[str, Any]:
    name = "list_opportunities" if kind == "opportunity" else f"list_{kind}s"
    return await bench.call(name, **arguments)


@pytest.mark.parametrize("kind", WRITTEN)
async def test_what_is_cleared_by_label_is_cleared(kind: str) -> None:
    for key, field in FIELDS[kind].items():
        if field.required:
            continue
        shown = LABELLED[kind].shown(key)
        async with workbench(WORLD, custom_fields=organisation()) as bench:
            await sent(bench, kind, attributes={key: next(values(field))})
            assert await sent(bench, kind, clear=[shown]) == {key: None}
            assert await sent(bench, kind, clear=key) == {key: None}
            assert shown not in await bench.call(f"get_{kind}", **{f"{kind}_id": ONE})


async def test_two_fields_are_set_by_label_in_one_call_that_answers_with_their_labels() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        answer = await bench.call(
            "update_prospect", prospect_id=ONE, attributes={"Buying role": "decision maker", "number of sites": 12}
        )
        assert bench.sent() == ["GET /types", f"PATCH /prospects/{ONE}"]
    assert (answer["Buying role"], answer["Number of sites"]) == ("Decision maker", "12")


WRONG: dict[str, tuple[Any, ...]] = {
    "boolean": ("yes", 1, "maybe"),
    "currency": ("much", "12 EUR", "1,000", True),
    "date": ("soon", "31.12.2026", 5, "this_month"),
    "date_time": ("soon", 5),
    "inclusion": ("Gold", 5, ["A", "B, minor"], {"a": 1}),
    "multi_inclusion": ("Mars", ["Nordics", "Mars"], "Nordics, U.K."),
    "numerical": ("many", "12 people", [1], True),
    "percentage": ("33 %", "a third"),
    "phone_number": (416,),
    "string": (5, True, ["x"]),
    "url": (5,),
}


@pytest.mark.parametrize(("kind", "key"), places())
async def test_what_a_field_does_not_take_is_refused_by_label_in_few_tokens_and_not_sent(kind: str, key: str) -> None:
    field, shown = FIELDS[kind][key], LABELLED[kind].shown(key)
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        for value in WRONG[field.kind]:
            told = await bench.refused(f"update_{kind}", **{f"{kind}_id": ONE}, attributes={key: value})
            assert repr(shown) in told
            assert told.endswith("Nothing was sent.")
            assert told == await bench.refused(f"update_{kind}", **{f"{kind}_id": ONE}, attributes={shown: value})
        assert bench.changes() == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "Champoin",
            "'Buying role' takes one of Champion, Decision maker, Influencer, Blocker, not 'Champoin'; did you mean "
            "'Champion'? Nothing was sent.",
        ),
        (
            "CEO",
            "'Buying role' takes one of Champion, Decision maker, Influencer, Blocker, not 'CEO'. Nothing was sent.",
        ),
    ],
)
async def test_a_wrong_option_names_those_there_are_and_the_nearest(given: str, told: str) -> None:
    async with workbench(WORLD) as bench:
        assert await bench.refused("update_prospect", prospect_id=ONE, attributes={"buying role": given}) == told


async def test_a_new_record_without_a_required_field_is_refused_before_it_is_sent() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        attributes = {"name": "Deal", "closeDate": "2026-12-01", "amount": 1, "deal desk": " "}
        told = await bench.refused("create_opportunity", attributes=attributes)
        assert told == (
            "'Deal desk' is required for a new opportunity: one of Standard, Custom terms, Escalated. Nothing was sent."
        )
        assert bench.changes() == []


async def test_a_required_field_cannot_be_cleared() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        told = await bench.refused("update_opportunity", opportunity_id=ONE, clear=["deal desk"])
        assert told == "'Deal desk' is required, and cannot be cleared in a opportunity. Nothing was sent."
        assert bench.changes() == []


async def test_an_empty_custom_field_is_told_of_by_its_label() -> None:
    async with workbench(WORLD) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"title": "CEO", "buying role": ""})
    assert answer["not_changed"] == ["Buying role"]


async def test_a_day_without_a_zone_is_told_of_under_the_label() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"last audit": "2026-02-28"})
    assert answer["note"] == ("Last audit 2026-02-28 was sent as 2026-02-28T00:00Z: no time zone is configured")
