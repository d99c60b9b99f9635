"""Finding duplicates through a real client: who is in which group, what is shown of them, and within what."""

import json
from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.engine.duplicates.finding import MERGING
from tests.support.workbench import workbench
from tests.tools.test_definitions import O200K

LEE: dict[str, Any] = {"firstName": "Ann", "lastName": "Lee"}
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "e-mail": ({"emails": ["x@y.example", "ANN@acme.example"]}, {"emails": ["ann@acme.example "]}),
    "LinkedIn": ({"linkedInUrl": "https://linkedin.com/in/ann"}, {"linkedInUrl": "https://de.linkedin.com/in/Ann/"}),
    "name and company": ({**LEE, "company": "Acme Inc."}, {**LEE, "company": "ACME"}),
    "name and domain": ({**LEE, "emails": ["al@acme.example"]}, {**LEE, "emails": ["ann@acme.example"]}),
    "phone and name": (
        {"firstName": "Bob", "lastName": "Fox", "workPhones": ["+1 415 555 0100"]},
        {"firstName": "Robert", "lastName": "Fox", "mobilePhones": ["(415) 555-0100"]},
    ),
}
ACCOUNTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "domain": ({"name": "A", "domain": "acme.example"}, {"name": "B", "websiteUrl": "https://www.acme.example/en"}),
    "LinkedIn": (
        {"name": "A", "linkedInUrl": "https://linkedin.com/company/acme"},
        {"name": "B", "linkedInUrl": "linkedin.com/company/ACME/"},
    ),
    "name": ({"name": "Acme GmbH"}, {"name": "ACME"}),
}
STRANGERS: list[dict[str, Any]] = [
    {**LEE, "company": "Cold", "workPhones": ["415 555 0100"], "emails": ["ann@gmail.com"]},
    {**LEE, "company": "Bolt", "emails": ["lee@gmail.com"]},  # of the same name, elsewhere
    {"firstName": "Joe", "lastName": "Doe", "company": "Acme", "workPhones": ["415 555 0100"]},  # a colleague
    {"emails": ["not an address"]}, {"emails": ["not an address"]}, {}, {},
]  # fmt: skip


def records(kind: str, *attributes: dict[str, Any], start: int = 100) -> list[Record]:
    return [Record(kind, number, each) for number, each in enumerate(attributes, start)]


@pytest.mark.parametrize("by", PAIRS)
async def test_two_prospects_are_found_by(by: str) -> None:
    async with workbench(records("prospect", *PAIRS[by], *STRANGERS)) as bench:
        answer = await bench.call("find_duplicates", resource="prospect")
        (group,) = answer["duplicates"]
        assert group["by"] == by
        assert [each["id"] for each in group["records"]] == [100, 101]
        assert MERGING in answer["note"]
        assert bench.changes() == []


@pytest.mark.parametrize("by", ACCOUNTS)
async def test_two_accounts_are_found_by(by: str) -> None:
    async with workbench(
        records("account", *ACCOUNTS[by], {"name": "C", "domain": "gmail.com"}, {"domain": "gmail.com"})
    ) as bench:
        (group,) = (await bench.call("find_duplicates", resource="account"))["duplicates"]
        assert group["by"] == by
        assert [each["id"] for each in group["records"]] == [100, 101]


async def test_the_name_of_the_account_counts_as_the_company() -> None:
    linked = Record("prospect", 7, LEE, {"account": Identifier("account", 5)})
    own = Record("prospect", 8, {**LEE, "company": "Acme Ltd"})
    async with workbench([Record("account", 5, {"name": "Acme"}), linked, own]) as bench:
        (group,) = (await bench.call("find_duplicates", resource="prospect"))["duplicates"]
        assert group["by"] == "name and company"


async def test_strangers_are_in_no_group_and_the_answer_says_so() -> None:
    async with workbench(records("prospect", *STRANGERS)) as bench:
        answer = await bench.call("find_duplicates", resource="prospect")
        assert answer == {"groups": 0, "read": 7, "note": "no two prospects share what identifies them"}


async def test_a_group_shows_what_differs_and_of_other_fields_the_names() -> None:
    one = {**LEE, "name": "Ann Lee", "emails": ["a@acme.example"], "title": "CEO", "custom1": "x", "gender": "f"}
    other = {**LEE, "name": "Ann Lee", "emails": ["a@acme.example"], "title": "CFO", "gender": "f", "tags": ["vip"]}
    async with workbench(records("prospect", one, other)) as bench:
        (group,) = (await bench.call("find_duplicates", resource="prospect"))["duplicates"]
        differences = [{**each, "createdAt": None} for each in group["records"]]
        assert group["name"] == "Ann Lee"
        assert differences == [
            {"id": 100, "title": "CEO", "createdAt": None},
            {"id": 101, "title": "CFO", "tags": ["vip"], "createdAt": None},
        ]
        assert group["also_differ"] == "Assistant"


async def test_filters_say_among_which_records() -> None:
    double = {"emails": ["a@acme.example"], "title": "CEO"}
    async with workbench(records("prospect", double, double, {**double, "title": "CFO"})) as bench:
        answer = await bench.call(
            "find_duplicates", resource="prospect", filters=[{"field": "title", "criteria": "CEO"}]
        )
        assert [each["id"] for each in answer["duplicates"][0]["records"]] == [100, 101]


@pytest.mark.parametrize("budget", [500, 1500, 6000])
async def test_pages_within_the_budget_hold_every_group_once(budget: int) -> None:
    people = [{"emails": [f"p{number // 2}@acme.example"], "title": f"Title {number}" * 5} for number in range(120)]
    async with workbench(records("prospect", *people), max_result_tokens=budget) as bench:
        found, after = list[list[int]](), dict[str, str]()
        for _ in range(70):
            answer = await bench.call("find_duplicates", resource="prospect", **after)
            assert len(O200K.encode(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))) <= budget
            found += [[each["id"] for each in group["records"]] for group in answer["duplicates"]]
            if not answer["has_more"]:
                break
            after = {"page_after": answer["page_after"]}
        assert found == [[number, number + 1] for number in range(100, 220, 2)]


async def test_a_large_group_shows_its_first_records_and_how_many_more_there_are() -> None:
    async with workbench(records("prospect", *[{"emails": ["a@acme.example"]}] * 300)) as bench:
        (group,) = (await bench.call("find_duplicates", resource="prospect"))["duplicates"]
        assert (len(group["records"]), group["more_records"]) == (10, 290)


async def test_excluded_records_are_not_looked_at() -> None:
    guard = Guard(Policy.of(excluded=["accounts"]), "never")
    async with workbench(records("account", *ACCOUNTS["name"]), guard=guard) as bench:
        assert "settings exclude" in await bench.refused("find_duplicates", resource="account")
        assert bench.sent() == []


async def test_the_names_of_excluded_accounts_are_not_told_by_who_is_a_duplicate() -> None:
    linked = Record("prospect", 7, LEE, {"account": Identifier("account", 5)})
    own = Record("prospect", 8, {**LEE, "company": "Acme Ltd"})
    guard = Guard(Policy.of(excluded=["accounts"]), "never")
    async with workbench([Record("account", 5, {"name": "Acme"}), linked, own], guard=guard) as bench:
        answer = await bench.call("find_duplicates", resource="prospect")
        assert answer["groups"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "resource"),
        ({"resource": "task"}, "not one of prospect, account"),
        ({"resource": "prospect", "page_after": "zz"}, "page_after"),
        ({"resource": "prospect", "filters": [{"field": "titel", "criteria": "CEO"}]}, "did you mean 'title'"),
        ({"resource": "prospect", "merge": True}, "merge"),
    ],
)
async def test_wrong_arguments_are_refused_by_name(arguments: dict[str, Any], said: str) -> None:
    async with workbench(records("prospect", LEE)) as bench:
        assert said in await bench.refused("find_duplicates", **arguments)
        assert [each for each in bench.asked() if each != "GET /prospects"] == []
