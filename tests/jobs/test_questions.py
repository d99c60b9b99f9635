"""The question about a plan shows what its requests set: receivers, addresses and hosts whole, of the rest a number."""

from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import resource_type
from tests.guard.test_confirmation import Person
from tests.jobs.test_plans import people
from tests.support.workbench import Workbench, workbench

IDS = [record.id for record in people()][:11]
ADDRESS = f"{'long.' * 20}address@elsewhere.example"
HOST = f"https://acme.example/{'a' * 60}/../elsewhere.example"


async def question(bench: Workbench, person: Person, tool: str, **arguments: Any) -> str:
    """Plan something, have it refused by the person, and return what they were asked."""
    plan = await bench.call(tool, resource="prospect", **arguments)
    assert "declined" in await bench.refused("apply_plan", plan_id=plan["plan_id"])
    assert bench.changes() == []
    return person.questions[-1]


@pytest.mark.parametrize(("name", "value"), [("emails", [ADDRESS]), ("websiteUrl1", HOST)])
async def test_who_receives_something_is_shown_whole(name: str, value: Any) -> None:
    person = Person("decline")
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        asked = await question(bench, person, "plan_change", ids=IDS, attributes={name: value})
    assert f'{name} = "{value[0] if isinstance(value, list) else value}"' in asked


async def test_of_many_values_none_is_left_out_without_being_counted() -> None:
    texts = [
        each.name
        for each in resource_type("prospect").attributes.values()
        if each.type == "string" and not each.format and not each.read_only and not each.name.startswith("custom")
    ]
    values = {name: f"{name} {'x' * 50}" for name in texts if not name.endswith("Status")}
    person = Person("decline")
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        hidden = ("company",)  # which for people in an account is its name, and is not set
        many = {name: value for name, value in values.items() if "url" not in name.casefold() and name not in hidden}
        shown = await question(
            bench, person, "plan_change", ids=IDS, attributes={**many, "emails": ["ann@elsewhere.example"]}
        )
    assert 'emails = "ann@elsewhere.example"' in shown
    told = sum(f'{name} = "{value}' in shown for name, value in many.items())
    assert f" and {len(many) - told} more" in shown
    assert told < len(many)


async def test_a_value_with_invisible_characters_says_so() -> None:
    person = Person("decline")
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        shown = await question(bench, person, "plan_change", ids=IDS, attributes={"title": "C\u200b\u202eEO"})
        plan = await bench.call(
            "plan_change", resource="prospect", ids=IDS, attributes={"emails": ["a\u200b@b.example"]}
        )
        message = await bench.refused("apply_plan", plan_id=plan["plan_id"])
    assert 'title = "CEO" (2 invisible characters)' in shown
    assert message.startswith("Refused: 'emails' holds invisible characters")


async def test_what_is_too_much_to_be_shown_is_refused_before_anybody_is_asked() -> None:
    person = Person("accept", {"confirm": True})
    tags = [f"{number} {'tag' * 15}" for number in range(40)]
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        plan = await bench.call("plan_change", resource="prospect", ids=IDS, add_tags=tags)
        message = await bench.refused("apply_plan", plan_id=plan["plan_id"])
        assert bench.changes() == []
    assert person.questions == []
    assert "more than a person can be shown at once. Nothing was changed. Plan it in parts." in message


async def test_the_first_addresses_of_an_import_are_shown_whole_and_the_rest_counted() -> None:
    person = Person("decline")
    rows = [f"A{number},{number}.{ADDRESS}" for number in range(12)]
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        shown = await question(bench, person, "plan_import", csv="\n".join(["First name,Email", *rows]))
    first = ", ".join(f'"{number}.{ADDRESS}" (list of 1)' for number in range(3))
    assert f"; emails of 12: {first} and 9 more?" in shown


async def test_short_values_and_links_are_said_once() -> None:
    person = Person("decline")
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        shown = await question(
            bench, person, "plan_change", ids=IDS, attributes={"title": "CEO"}, relationships={"owner": 18}
        )
        enrolled = await question(
            bench, person, "plan_change", all=True, action="enrol", parameters={"sequenceId": 123}
        )
    assert shown.startswith('Change 11 prospects: "title = CEO, owner = Tom Brennan (18)"? Such as ')
    assert "which sets" not in enrolled


async def test_a_company_that_some_leave_out_hides_nothing_of_what_is_set() -> None:
    person = Person("decline")
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        bench.store.run('UPDATE "prospect.rows" SET "account.id" = NULL WHERE id = ?', (IDS[-1],))
        long = f"{'x' * 60} and this"
        shown = await question(bench, person, "plan_change", ids=IDS, attributes={"title": long, "company": "Other"})
    assert f'title = "{long}"' in shown
    assert "company = Other" in shown
