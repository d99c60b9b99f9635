"""Writing a custom field by its label is writing it by its key, and what was written is read by the label."""

import csv
import io
import json
from random import Random
from typing import Any

import pytest

from tests.support.counts import few_or_many
from tests.support.workbench import Workbench, workbench
from tests.tools.labels.world import (
    FIELDS,
    GOODS,
    ONE,
    OWN,
    WORLD,
    WRITTEN,
    call_of,
    labelled,
    list_of,
    organisation,
    spelled,
    values,
)

LABELLED = labelled()


async def sent(bench: Workbench, kind: str, **arguments: Any) -> dict[str, Any]:
    """Return the attributes that an update sent."""
    tool, given = call_of("update", kind, {f"{kind}_id": ONE, **arguments})
    await bench.call(tool, **given)
    assert bench.requests[-1].method == "PATCH"
    found: dict[str, Any] = json.loads(bench.requests[-1].content)["data"]["attributes"]
    return found


def test_there_are_fields_of_every_kind_in_every_type_that_tools_write() -> None:
    kinds = {"boolean", "currency", "date", "date_time", "inclusion", "multi_inclusion", "numerical", "percentage"}
    kinds |= {"phone_number", "string", "url"}
    assert {kind: {each.kind for each in FIELDS[kind].values()} for kind in WRITTEN} == dict.fromkeys(
        ("account", "opportunity", "product", "prospect", "purchase"), kinds
    )


@pytest.mark.parametrize("kind", WRITTEN)
async def test_writing_by_label_is_writing_by_key_and_reads_back_by_label(kind: str) -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        for key, field in FIELDS[kind].items():
            shown, random = LABELLED[kind].shown(key), Random(f"{kind} {key}")
            given = [*values(field)]
            random.shuffle(given)
            for value in given[: few_or_many(1, len(given))]:
                by_key = await sent(bench, kind, attributes={key: value})
                by_label = await sent(bench, kind, attributes={spelled(shown, random): value})
                flat = await sent(bench, kind, **{spelled(shown, random): value})
                assert by_key == by_label == flat
                assert list(by_key) == [key]
                stored = by_key[key]
                read = await done(bench, "get", kind, fields=[spelled(shown, random)])
                assert read == {"id": ONE, shown: stored}
                assert (await done(bench, "get", kind))[shown] == stored
                tool, asked = list_of(kind, {"fields": ["id", key], "filters": {spelled(shown, random): f'"{stored}"'}})
                rows = await bench.call(tool, **asked)
                assert (rows["columns"], rows["rows"]) == (["id", shown], [[ONE, stored]])


@pytest.mark.parametrize("kind", WRITTEN)
async def test_what_the_general_operation_and_a_plan_write_by_label_they_write_by_key(kind: str) -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        for key, field in FIELDS[kind].items():
            shown, random = LABELLED[kind].shown(key), Random(f"{kind} {key}")
            value = random.choice([*values(field)])
            found: list[Any] = []
            for name in (key, spelled(shown, random)):
                given = {"id": ONE, "attributes": {name: value}}
                run = {"operation": f"update_{kind}", "arguments": given}
                dry = await bench.call("change_operation", **run, dry_run=True)
                plan = await bench.call("plan_change", resource=kind, ids=[ONE], attributes={name: value})
                found.append((dry["body"], plan["doing"], plan["examples"]))
            assert found[0] == found[1]
            assert list(found[0][0]["data"]["attributes"]) == [key]
            assert found[0][1].startswith(f"{shown} = ")


@pytest.mark.parametrize("kind", WRITTEN)
async def test_a_plan_by_label_is_applied_to_the_field_and_cleared_by_label_again(kind: str) -> None:
    shown = LABELLED[kind].shown("custom24")
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        for change, stored in (({"attributes": {"tier": "key account"}}, "Key account"), ({"clear": ["Tier"]}, None)):
            plan = await bench.call("plan_change", resource=kind, ids=[ONE], **change)
            await bench.call("apply_plan", plan_id=plan["plan_id"])
            assert (await done(bench, "get", kind, fields=["custom24"])).get(shown) == stored
            filtered = await bench.call("summarize_records", resource=kind, filters={"Tier": "Key account"})
            assert filtered["rows"] == [[0 if stored is None else 1]]


@pytest.mark.parametrize("kind", OWN)
async def test_an_import_by_label_is_one_by_key(kind: str) -> None:
    required = {} if kind != "opportunity" else {"Deal desk": "Standard"}
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        for key, field in FIELDS[kind].items():
            shown, random = LABELLED[kind].shown(key), Random(f"{kind} {key}")
            value = [str(each) for each in values(field) if isinstance(each, str | int)][-1]
            found: list[Any] = []
            for name in (key, shown, spelled(shown, random)):
                row = {**{each: told for each, told in required.items() if each != shown}, "id": ONE, name: value}
                text = io.StringIO()
                writer = csv.writer(text)
                writer.writerows((row.keys(), row.values()))
                plan = await bench.call("plan_import", resource=kind, csv=text.getvalue())
                found.append((plan["examples"], plan["update"], list(plan["columns"].values())[-1]))
            assert found[0] == found[1] == found[2]
            assert found[0][2] == shown


async def done(bench: Workbench, what: str, kind: str, **arguments: Any) -> dict[str, Any]:
    """Return the answer of what is done to the record of a type."""
    tool, given = call_of(what, kind, {f"{kind}_id": ONE, **arguments})
    return await bench.call(tool, **given)


@pytest.mark.parametrize("kind", WRITTEN)
async def test_what_is_cleared_by_label_is_cleared(kind: str) -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        for key, field in ((key, each) for key, each in FIELDS[kind].items() if not each.required):
            shown = LABELLED[kind].shown(key)
            await sent(bench, kind, attributes={key: next(values(field))})
            assert await sent(bench, kind, clear=[shown]) == {key: None}
            assert await sent(bench, kind, clear=key) == {key: None}
            assert shown not in await done(bench, "get", kind)


async def test_two_fields_are_set_by_label_in_one_call_that_answers_with_their_labels() -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
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


@pytest.mark.parametrize("kind", WRITTEN)
async def test_what_a_field_does_not_take_is_refused_by_label_in_few_tokens_and_not_sent(kind: str) -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        wrong = [(key, value) for key, each in FIELDS[kind].items() for value in WRONG[each.kind]]
        Random(kind).shuffle(wrong)
        for key, value in wrong[: few_or_many(20, len(wrong))]:
            shown = LABELLED[kind].shown(key)
            tool, given = call_of("update", kind, {f"{kind}_id": ONE, "attributes": {key: value}})
            told = await bench.refused(tool, **given)
            assert repr(shown) in told
            assert told.endswith("Nothing was sent.")
            tool, given = call_of("update", kind, {f"{kind}_id": ONE, "attributes": {shown: value}})
            assert told == await bench.refused(tool, **given)
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
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        attributes = {"name": "Deal", "closeDate": "2026-12-01", "amount": 1, "deal desk": " "}
        told = await bench.refused("create_opportunity", attributes=attributes)
        assert told == (
            "'Deal desk' is required for a new opportunity: one of Standard, Custom terms, Escalated. Nothing was sent."
        )
        assert bench.changes() == []


async def test_a_required_field_cannot_be_cleared() -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        told = await bench.refused("update_opportunity", opportunity_id=ONE, clear=["deal desk"])
        assert told == "'Deal desk' is required, and cannot be cleared in a opportunity. Nothing was sent."
        assert bench.changes() == []


async def test_an_empty_custom_field_is_told_of_by_its_label() -> None:
    async with workbench(WORLD) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"title": "CEO", "buying role": ""})
    assert answer["not_changed"] == ["Buying role"]


async def test_a_day_without_a_zone_is_told_of_under_the_label() -> None:
    async with workbench((*WORLD, *GOODS), custom_fields=organisation()) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"last audit": "2026-02-28"})
    assert answer["note"] == ("Last audit 2026-02-28 was sent as 2026-02-28T00:00Z: no time zone is configured")
