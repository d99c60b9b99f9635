"""The costs of labels: one request where a custom field is involved, none elsewhere, and few tokens more than keys."""

import json
from datetime import timedelta
from typing import Any

import pytest

from outreach_sandbox.organisation.custom_fields import CUSTOM_FIELDS
from outreach_sandbox.switches import Switches
from tests.support.workbench import Workbench, workbench
from tests.tools.labels.world import ONE, WORLD, organisation
from tests.tools.naming.test_costs import Clock
from tests.tools.test_definitions import O200K


async def asked(bench: Workbench, tool: str, **arguments: Any) -> int:
    """Return how often a call asked for the labels."""
    before = len(bench.requests)
    await bench.outcome(tool, arguments)
    return bench.sent()[before:].count("GET /types")


PLAIN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_prospects", {}),
    ("list_prospects", {"filters": {"owner": 1, "account.name": "x", "id": 3}, "fields": ["title", "account.domain"]}),
    ("list_prospects", {"fields": ["owner_id", "first_name", "title"]}),
    ("list_accounts", {"sort": "name", "filters": {"name": "x"}}),
    ("list_opportunities", {"fields": ["account", "amount"]}),
    ("list_tasks", {"fields": ["prospect.title"]}),
    ("get_prospect", {"prospect_id": ONE}),
    ("get_account", {"account_id": ONE, "fields": ["name"]}),
    ("update_prospect", {"prospect_id": ONE, "attributes": {"title": "CEO"}, "stage": ONE, "clear": ["nickname"]}),
    ("update_account", {"account_id": ONE, "name": "Bluth", "clear": "industry"}),
    ("list_users", {"fields": ["custom1"]}),
    ("execute_link", {"link": "https://api.outreach.io/api/v2/prospects"}),
)


@pytest.mark.parametrize(("tool", "arguments"), PLAIN, ids=str)
async def test_without_a_custom_field_no_label_is_asked_for(tool: str, arguments: dict[str, Any]) -> None:
    async with workbench(WORLD) as bench:
        assert await asked(bench, tool, **arguments) == 0


INVOLVED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_prospects", {"fields": ["custom2"]}),
    ("list_prospects", {"fields": ["Buying role"]}),
    ("list_prospects", {"filters": {"Buying role": "x"}}),
    ("list_prospects", {"fields": ["account.Field technicians"]}),
    ("list_tasks", {"fields": ["prospect.buying role"]}),
    ("get_account", {"account_id": ONE, "fields": ["custom1"]}),
    ("update_prospect", {"prospect_id": ONE, "attributes": {"custom_2": "Champion"}}),
    ("create_prospect", {"attributes": {"firstName": "Ann"}}),
)


@pytest.mark.parametrize(("tool", "arguments"), INVOLVED, ids=str)
async def test_the_first_custom_field_costs_one_request_and_the_next_none(tool: str, arguments: dict[str, Any]) -> None:
    async with workbench(WORLD) as bench:
        assert [await asked(bench, tool, **arguments) for _ in range(3)] == [1, 0, 0]
        assert await asked(bench, "list_accounts", fields=["Field technicians"]) == 0


@pytest.mark.parametrize("arguments", [{"clear": "buying role"}, {"buying role": "Champion"}], ids=str)
async def test_each_write_by_label_costs_one_request_so_that_it_is_the_field_of_now(arguments: dict[str, Any]) -> None:
    async with workbench(WORLD) as bench:
        asked_for = [await asked(bench, "update_prospect", prospect_id=ONE, **arguments) for _ in range(3)]
        assert asked_for == [1, 1, 1]
        assert await asked(bench, "list_prospects", fields=["Buying role"]) == 0


async def test_labels_are_read_again_after_some_minutes() -> None:
    clock = Clock()
    async with workbench(WORLD, now=clock) as bench:
        assert await asked(bench, "list_prospects", fields=["custom2"]) == 1
        clock.time += timedelta(minutes=4)
        assert await asked(bench, "list_prospects", fields=["custom2"]) == 0
        clock.time += timedelta(minutes=2)
        assert await asked(bench, "list_prospects", fields=["custom2"]) == 1


async def test_a_whole_record_asks_for_labels_where_a_custom_field_holds_something() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        assert await asked(bench, "get_prospect", prospect_id=ONE) == 0
        await bench.call("update_prospect", prospect_id=ONE, attributes={"custom1": "Bob"})
    async with workbench((*WORLD[:3],)) as bench:
        assert await asked(bench, "list_prospects", fields=["*"]) == 0


async def test_a_label_that_was_renamed_is_found_at_once_and_asked_for_once() -> None:
    fields = organisation()
    async with workbench(WORLD, custom_fields=fields) as bench:
        await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        fields.rename("prospect", "custom2", "Part in the deal")
        assert await asked(bench, "update_prospect", prospect_id=ONE, attributes={"part in the deal": "Blocker"}) == 1
        answer = await bench.call("get_prospect", prospect_id=ONE)
        assert answer["Part in the deal"] == "Blocker"
        assert await asked(bench, "list_prospects", filters={"Part in the deal": "Blocker"}) == 0
        assert await asked(bench, "list_prospects", fields=["Buying role"]) == 1
        told = await bench.refused("list_prospects", fields=["Buying role"])
        assert told.startswith("prospect has no field 'Buying role'")


async def test_what_a_field_takes_since_a_minute_ago_is_taken() -> None:
    fields = organisation()
    async with workbench(WORLD, custom_fields=fields) as bench:
        await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        fields.redefine("prospect", "custom2", ("Champion", "Sponsor"))
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "sponsor"})
    assert answer["Buying role"] == "Sponsor"


@pytest.mark.parametrize(("kind", "tool"), [("prospect", "list_prospects"), ("account", "list_accounts")])
async def test_a_list_costs_at_most_5_percent_more_tokens_with_labels_than_with_keys(kind: str, tool: str) -> None:
    def cost(answer: dict[str, Any]) -> int:
        return len(O200K.encode(json.dumps(answer, ensure_ascii=False, separators=(",", ":"))))

    columns = ["name", "owner", "createdAt", *CUSTOM_FIELDS[kind]]
    async with workbench() as bench:
        labelled = await bench.call(tool, fields=columns)
    async with workbench(switches=Switches(forbidden=frozenset({"types"}))) as bench:
        plain = await bench.call(tool, fields=columns)
    del plain["note"]
    assert len({*plain["columns"]} & {*CUSTOM_FIELDS[kind]}) >= 2
    assert plain["rows"] == labelled["rows"]
    assert cost(labelled) <= 1.05 * cost(plain)
