"""Reading one record: flat and small, with the names of related records, and never more than the budget."""

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_tools.client import Request, Response
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.toolsets import all_tools
from tests.support.workbench import API, workbench
from tests.tools.test_lists import people

O200K = bpe_openai.get_encoding("o200k_base")
GETS = [pytest.param(tool, id=tool.name) for tool in all_tools() if tool.name.startswith("get_") and tool.resource]


def tokens(text: str) -> int:
    """Count the o200k tokens of a text."""
    return len(O200K.encode(text))


async def test_a_record_is_flat_without_nulls_and_with_names_of_related_records() -> None:
    async with workbench(people(1, title="VP Sales", optedOut=False)) as bench:
        prospect = await bench.call("get_prospect", prospect_id=100)
    assert prospect == {
        "id": 100,
        "firstName": "Ann",
        "lastName": "No0",
        "name": "Ann No0",
        "company": "Acme",
        "title": "VP Sales",
        "optedOut": False,
        "account": "Acme",
        "account_id": 5,
        "owner": "Sally Smith",
        "owner_id": 1,
    }


async def test_fields_choose_what_a_record_shows() -> None:
    async with workbench(people(1, title="VP Sales")) as bench:
        prospect = await bench.call("get_prospect", prospect_id=100, fields=["title", "account", "owner.email"])
    assert prospect == {
        "id": 100,
        "title": "VP Sales",
        "account": "Acme",
        "account_id": 5,
        "owner.email": "sally@acme.example",
    }


async def test_an_html_body_comes_as_text_unless_asked_for_by_name() -> None:
    body = "<p>Hi <b>Ann</b></p>" + "<p>word</p>" * 400
    snippet = Record("mailing", 7, {"subject": "Hello", "bodyHtml": body, "bodyText": "word " * 400})
    async with workbench([*people(0), snippet]) as bench:
        mailing = await bench.call("get_mailing", mailing_id=7)
        asked = await bench.call("get_mailing", mailing_id=7, fields=["bodyHtml"])
    assert mailing["bodyText"] == ("word " * 120).rstrip() + "… (+1,400 characters)"
    assert asked == {"id": 7, "untrusted": ["bodyHtml"], "bodyHtml": body}


async def test_a_record_that_is_too_long_loses_its_longest_text_and_says_so() -> None:
    long = Record("mailing", 7, {"subject": "Hello", "bodyHtml": "<p>word</p>" * 5000})
    async with workbench([*people(0), long], max_result_tokens=1000) as bench:
        failed, text = await bench.outcome("get_mailing", {"mailing_id": 7, "fields": ["subject", "bodyHtml"]})
    assert not failed
    assert '"subject":"Hello"' in text
    assert text.endswith(
        '"note":"cut to fit: bodyHtml (55,000 characters). name what is missing in fields: one text alone comes whole, '
        'and text_from reads on in it"}'
    )
    assert tokens(text) <= 1000


async def test_names_are_left_out_where_the_token_may_not_read_them() -> None:
    scopes = frozenset({"prospects.read"})
    async with workbench(people(1), scopes=scopes) as bench:
        listed = await bench.call("list_prospects")
        read = await bench.call("get_prospect", prospect_id=100)
    note = "related names are left out: the token lacks the scope "
    assert listed["note"].startswith(note)
    assert read["note"].startswith(note)
    assert (read["account_id"], "account" in read) == (5, False)
    assert listed["rows"][0][listed["columns"].index("account_id")] == 5


async def test_a_missing_scope_of_the_record_itself_is_a_failure_that_names_it() -> None:
    async with workbench(people(1), scopes=frozenset({"accounts.read"})) as bench:
        message = await bench.refused("list_prospects")
    assert "prospects.read" in message


async def test_many_related_records_are_told_as_a_count() -> None:
    members = tuple(Identifier("user", number) for number in range(1, 15))
    team = Record("team", 3, {"name": "All"}, {"users": members})
    users = [Record("user", number, {"firstName": f"U{number}"}) for number in range(1, 15)]
    mailboxes = [
        Record("mailbox", 20 + number, {"email": f"m{number}@x.example"}, {"user": Identifier("user", 1)})
        for number in range(12)
    ]
    async with workbench([*users, team, *mailboxes]) as bench:
        user = await bench.call("get_user", user_id=1)
    assert user["mailboxes"] == {"count": 12, "list": "list_mailboxes with filter user.id 1"}


async def test_the_tool_that_a_count_names_lists_those_records() -> None:
    users = [Record("user", 1, {"firstName": "Uma"}), Record("user", 2, {"firstName": "Vic"})]
    mailboxes = [
        Record(
            "mailbox", 20 + number, {"email": f"m{number}@x.example"}, {"user": Identifier("user", 1 + number // 12)}
        )
        for number in range(14)
    ]
    async with workbench([*users, *mailboxes]) as bench:
        told = (await bench.call("get_user", user_id=1))["mailboxes"]
        name, _, rest = told["list"].partition(" with filter ")
        field, _, criteria = rest.partition(" ")
        listed = await bench.call(name, filters=[{"field": field, "criteria": criteria}])
    assert listed["returned"] == told["count"] == 12


async def test_few_related_records_are_told_as_ids() -> None:
    mailboxes = [
        Record("mailbox", number, {"email": f"m{number}@x.example"}, {"user": Identifier("user", 1)})
        for number in (21, 22)
    ]
    async with workbench([Record("user", 1, {"firstName": "Uma"}), *mailboxes]) as bench:
        assert (await bench.call("get_user", user_id=1))["mailboxes"] == [21, 22]


async def test_related_records_that_no_tool_lists_are_told_as_a_count_and_a_link() -> None:
    teams = [Record("team", number, {"name": "T"}, {"users": (Identifier("user", 1),)}) for number in range(1, 13)]
    async with workbench([Record("user", 1, {"firstName": "Uma"}), *teams]) as bench:
        user = await bench.call("get_user", user_id=1)
    assert user["teams"] == {"count": 12, "link": f"{API}/teams?filter%5Buser%5D%5Bid%5D=1"}


class PartOfTheMailboxes:
    """A client whose every answer is a user with two of twelve mailboxes."""

    async def send(self, request: Request) -> Response:
        assert request.method == "GET"
        data = [{"type": "mailbox", "id": 21}, {"type": "mailbox", "id": 22}]
        held = {"mailboxes": {"data": data, "meta": {"count": 12}}}
        return Response(200, {"data": {"type": "user", "id": 1, "attributes": {}, "relationships": held}})

    async def current_user_id(self) -> int:
        return 1


@pytest.mark.parametrize(("fields", "ids"), [(None, {}), (["mailboxes"], {"ids": [21, 22]})])
async def test_a_part_of_the_related_records_is_never_shown_as_the_whole(
    fields: list[str] | None, ids: dict[str, list[int]]
) -> None:
    get_user = next(tool for tool in all_tools() if tool.name == "get_user")
    answer = await get_user.run(Context(PartOfTheMailboxes()), {"user_id": 1, "fields": fields})
    assert answer == {"id": 1, "mailboxes": {"count": 12, **ids, "list": "list_mailboxes with filter user.id 1"}}


async def test_custom_fields_that_hold_something_appear_under_their_names() -> None:
    async with workbench(people(1, custom12="Gold", custom13=None)) as bench:
        whole = await bench.call("get_prospect", prospect_id=100)
        chosen = await bench.call("get_prospect", prospect_id=100, fields=["custom12", "custom13"])
    assert {name: value for name, value in whole.items() if name.startswith("custom")} == {"custom12": "Gold"}
    assert chosen == {"id": 100, "custom12": "Gold"}


async def test_me_is_the_current_user() -> None:
    async with workbench() as bench:
        assert (await bench.call("get_user", user_id="me"))["id"] == 17


@pytest.mark.parametrize("tool", GETS)
async def test_every_kind_of_record_of_the_demo_organisation_can_be_read(tool: Tool) -> None:
    lister = {
        "get_opportunity_prospect_role": "list_opportunity_prospect_roles",
        "get_mailbox": "list_mailboxes",
        "get_email_address": "list_email_addresses",
    }
    async with workbench() as bench:
        if tool.name == "get_call":
            listed = await bench.call("raw_http_request", method="GET", path="/calls", query={"page[size]": 1})
            number = listed["body"]["data"][0]["id"]
        else:
            name = tool.name.removeprefix("get_")
            plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
            listed = await bench.call(lister.get(tool.name, f"list_{plural}"), page_size=1)
            number = listed["rows"][0][0]
        failed, text = await bench.outcome(tool.name, {tool.input_schema["required"][0]: number})
    assert not failed, text
    assert text.startswith(f'{{"id":{number},')
    assert "null" not in text
    assert tokens(text) <= 800
