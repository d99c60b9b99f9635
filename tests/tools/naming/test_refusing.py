"""The refusal of a name that does not mean one record: who could be meant, in 120 tokens, and nothing is sent."""

from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Linkage, Record
from outreach_tools.toolsets import SALES
from tests.support.workbench import OPEN, workbench
from tests.tools.naming.world import ME, WORLD, one

O200K = bpe_openai.get_encoding("o200k_base")
LONG = {
    "latin": "Wolfeschlegelsteinhausenbergerdorff Senior of Philadelphia and Surroundings, Incorporated",
    "chinese": "王伟先生的非常非常长的名字" * 4,
    "emoji": "👩‍👩‍👧‍👦🧑🏽‍🚀" * 6,
    "capitals": "QXZ JKV WRT " * 7,
    "digits": "Nr 12345678901234567890 of 99999999",
    "georgian": "გიორგი მამულაშვილი " * 4,
}


def tokens(text: str) -> int:
    return len(O200K.encode(text))


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
@pytest.mark.parametrize("number", [1, 2, 5, 9])
async def test_a_refusal_has_at_most_120_tokens_however_long_names_are(name: str, number: int) -> None:
    name = name.strip()
    links: dict[str, Linkage] = {"account": Identifier("account", 5), "owner": Identifier("user", 2)}
    first, _, last = name.partition(" ")
    people = [
        Record("prospect", 70_000_000 + each, {"firstName": first, "lastName": last, "title": name}, links)
        for each in range(number)
    ]
    records = [ME, one("user", 2, name), Record("account", 5, {"name": name}), *people]
    records += [one("stage", 80_000_000 + each, name) for each in range(number)]
    async with workbench(records) as bench:
        refused = [
            await bench.refused("get_prospect", prospect_id=f"{name} x"),
            await bench.refused("update_prospect", prospect_id=1, stage=f"x {name}"),
        ]
        if number > 1:
            refused += [
                await bench.refused("get_prospect", prospect_id=name),
                await bench.refused("list_prospects", filters={"stage": name}),
            ]
        assert bench.changes() == []
    assert [text for text in refused if tokens(text) > 120] == []
    assert [text for text in refused[2:] if "Give the id" not in text] == []


async def test_of_several_the_first_five_are_named_with_what_is_the_matter_with_them() -> None:
    users = [one("user", number, "Sam Lee", title=f"AE {number}", locked=number == 11) for number in range(10, 17)]
    async with workbench([ME, *users, one("prospect")]) as bench:
        refused = await bench.refused("update_prospect", prospect_id=456, owner="sam lee")
        used = await bench.call("list_prospects", filters={"owner": "user11@sales.example"})
    assert refused == (
        "'owner' 'sam lee' is 7 users: 10 AE 10, user10@sales.example; 11 AE 11, user11@sales.example, locked; 12 AE "
        "12, user12@sales.example; 13 AE 13, user13@sales.example; 14 AE 14, user14@sales.example and 2 more. Give the "
        "id. Nothing was sent."
    )
    assert used["note"].startswith("owner: 'Sam Lee' (11, locked)")


async def test_a_number_is_always_an_id() -> None:
    async with workbench([ME, one("stage", 8, "9"), one("stage", 9, "Nine"), one("account", 5, "1234")]) as bench:
        assert (await bench.call("get_stage", stage_id="9"))["name"] == "Nine"
        assert "Could not find 'account' with ID '1234'" in await bench.refused("get_account", account_id="1234")


@pytest.mark.parametrize("criteria", ["Smith, Jones", "Smith,Jones"])
async def test_a_text_with_a_comma_is_one_name_or_several_and_never_guessed(criteria: str) -> None:
    one_of_both = [one("user", 5, "Smith"), one("user", 6, "Jones")]
    as_one = [one("user", 7, "Smith, Jones"), one("user", 8, "Smith,Jones")]

    async def asked_by(records: list[Record], criteria: Any) -> str:
        async with workbench([ME, *records]) as bench:
            failed, text = await bench.outcome("list_prospects", {"filters": {"owner": criteria}})
            lists = [each.url.params for each in bench.requests if each.url.path.endswith("/prospects")]
            return text if failed else lists[0]["filter[owner][id]"]

    assert sorted((await asked_by(one_of_both, criteria)).split(",")) == ["5", "6"]
    assert await asked_by(as_one, criteria) == ("7" if " " in criteria else "8")
    assert await asked_by(as_one, f"null, {criteria}, null") == ("7" if " " in criteria else "8")
    assert "is the name of one user and of several" in await asked_by([*one_of_both, *as_one], criteria)
    assert await asked_by([*one_of_both, *as_one], f'"{criteria}"') == ("7" if " " in criteria else "8")
    assert await asked_by([*one_of_both, *as_one], ["Smith", "Jones"]) == "5,6"


async def test_in_the_sales_preset_names_are_understood_though_their_types_were_not_chosen() -> None:
    async with workbench(guard=Guard(Policy.of(SALES), "never")) as bench:
        answer = await bench.call("update_prospect", prospect_id="Keiko Rossi", owner="Tom Brennan", stage="Cold")
        enrolled = await bench.call("add_prospect_to_sequence", prospect_id=401, sequence_id="Welcome Sequence")
        refused = await bench.refused("update_prospect", prospect_id=401, owner="Tom Brenan")
        # An address is more than what records of a type that was not chosen are called.
        await bench.refused("update_prospect", prospect_id=401, owner="tom.brennan@fieldlight.example")
        asked = [request.url.params for request in bench.requests if request.url.path.endswith("/users")]
    assert (answer["owner_id"], answer["stage_id"], enrolled["mailbox_id"]) == (18, 2, 123)
    assert refused == (
        "'owner': no user is called 'Tom Brenan'. Nearest: 18 Tom Brennan. Nothing was "
        "sent: what finds it is left out by this server's settings, so ask the person"
    )
    assert [each.get("fields[user]") for each in asked] == ["name", "mailbox", "name", "name"]


@pytest.mark.parametrize(
    ("excluded", "arguments"),
    [
        ("people", {"owner": "Tom Brennan"}),
        ("accounts", {"account": "Monarch Wind Services Group"}),
    ],
)
async def test_of_a_type_that_is_excluded_no_name_is_looked_up_and_ids_still_work(
    excluded: str, arguments: dict[str, Any]
) -> None:
    (name,) = arguments
    async with workbench(guard=Guard(Policy.of(excluded=[excluded]), "never")) as bench:
        refused = await bench.refused("update_prospect", prospect_id=401, **arguments)
        assert bench.sent() == []
        await bench.call("update_prospect", prospect_id=401, **{name: 54 if name == "account" else 18})
    assert refused.startswith(f"'{name}' ")
    assert "cannot be looked up by name: " in refused
    assert "this server's settings exclude it" in refused
    assert refused.endswith("Give the id. Nothing was sent.")


async def test_without_the_scope_of_a_type_its_names_are_refused_and_ids_still_work() -> None:
    scopes = frozenset({"prospects.all", "stages.read"})
    async with workbench(scopes=scopes) as bench:
        refused = await bench.refused("update_prospect", prospect_id=401, owner="Tom Brennan")
        answer = await bench.call("update_prospect", prospect_id="Keiko Rossi", owner=18, stage="Cold")
    assert refused == (
        "'owner' 'Tom Brennan': users cannot be looked up by name: the token lacks the scope users.read. Give the id. "
        "Nothing was sent."
    )
    assert (answer["owner_id"], answer["stage_id"]) == (18, 2)


async def test_a_mailbox_that_is_not_given_is_the_callers_own_or_is_asked_for() -> None:
    owner: dict[str, Linkage] = {"user": Identifier("user", 1)}
    boxes = [Record("mailbox", number, {"email": f"me{number}@sales.example"}, owner) for number in (8, 9)]
    said: list[str] = []
    for records in (boxes[:1], boxes, []):
        async with workbench([*(each for each in WORLD if each.type != "mailbox"), *records]) as bench:
            said.append((await bench.outcome("add_prospect_to_sequence", {"prospect_id": 456, "sequence_id": 456}))[1])
    assert "mailbox_id: 'me8@sales.example' (8)" in said[0]
    assert said[1] == (
        "'mailbox_id' is not given: 'your own' is 2 mailboxes: 8 me8@sales.example; 9 me9@sales.example. Give the id. "
        "Nothing was sent."
    )
    assert said[2] == (
        "'mailbox_id' is required: you have no mailbox of your own in Outreach; list_mailboxes finds others. Nothing "
        "was sent."
    )


async def test_no_record_can_make_itself_look_like_another_candidate() -> None:
    links: dict[str, Linkage] = {"owner": Identifier("user", 1)}
    people = [
        Record("prospect", number, {"firstName": "Ann", "lastName": "Lee", "title": "CEO; 99 The Real One"}, links)
        for number in (10, 11)
    ]
    async with workbench([ME, *people, one("stage", 8, "Cold' (9). owner: 'Boss' (1)")]) as bench:
        refused = await bench.refused("get_prospect", prospect_id="Ann Lee")
        used = await bench.call("get_stage", stage_id="Cold' (9). owner: 'Boss' (1)", fields=["order"])
    assert refused.count(";") == 1
    assert used["note"] == "stage_id: \"Cold' (9). owner: 'Boss' (1)\" (8)"


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
async def test_every_other_refusal_of_a_name_has_at_most_120_tokens_as_well(name: str) -> None:
    name = name.strip().replace(",", "")
    boxes = [
        Record("mailbox", 90_000_000 + each, {"email": f"{name}{each}@x.example"}, {"user": Identifier("user", 1)})
        for each in range(6)
    ]
    users = [one("user", 70_000_000, name), one("user", 70_000_001, f"{name} b"), one("user", 5, f"{name}, {name} b")]
    records = [ME, *users, *boxes, one("prospect", 456, "Ann Lee"), one("sequence", 456, "Welcome")]
    shut = Guard(Policy.of(excluded=["people"]), "never")
    calls: tuple[tuple[Guard, str, dict[str, Any]], ...] = (
        (OPEN, "list_prospects", {"filters": {"owner": f"{name}, {name} b"}}),
        (OPEN, "list_prospects", {"filters": {"owner": [f"{name} {each}" for each in range(21)]}}),
        (OPEN, "list_prospects", {"filters": {"owner": name * 9}}),
        (OPEN, "list_prospects", {"filters": {"owner.id": [1, f"{name} z"]}}),
        (OPEN, "get_user", {"user_id": name * 9}),
        (OPEN, "get_user", {"user_id": f"{name} z"}),
        (OPEN, "update_prospect", {"prospect_id": 456, "owner": name * 9}),
        (OPEN, "update_prospect", {"prospect_id": f"{name} @ {name}", "title": "CEO"}),
        (OPEN, "add_prospect_to_sequence", {"prospect_id": 456, "sequence_id": 456}),
        (OPEN, "add_prospect_to_sequence", {"prospect_id": 456, "sequence_id": name, "mailbox_id": 90_000_000}),
        (OPEN, "set_task_action", {"task_id": 1, "action": "reassignOwner", "ownerId": f"{name} z"}),
        (OPEN, "create_task", {"subject": {"type": "account", "id": f"{name} z"}, "owner": "me", "action": "call"}),
        (shut, "update_prospect", {"prospect_id": 456, "owner": name}),
        (shut, "list_prospects", {"filters": {"owner": name}}),
    )
    told: list[tuple[str, str]] = []
    for guard in (OPEN, shut):
        async with workbench(records, guard=guard) as bench:
            for _, tool, arguments in (each for each in calls if each[0] is guard):
                told.append((tool, await bench.refused(tool, **arguments)))
            assert bench.changes() == []
    assert [each for each in told if tokens(each[1]) > 120] == []
    assert [each for each in told if "Nothing was sent" not in each[1]] == []


async def test_of_the_nearest_name_every_record_that_has_it_is_told() -> None:
    names = ("Ann Lee", "ann lee", "Ann Leigh")
    people = [one("prospect", number, name, title=f"AE {number}") for number, name in enumerate(names, 10)]
    stages = [one("stage", number, "Cold", order=number) for number in range(20, 28)]
    async with workbench([ME, *people, *stages]) as bench:
        prospect = await bench.refused("get_prospect", prospect_id="Ann Leee")
        stage = await bench.refused("update_prospect", prospect_id=10, stage="Colder")
    assert "10 Ann Lee, AE 10; 11 ann lee, AE 11" in prospect
    assert [f" {number} Cold" in stage for number in range(20, 28)] == [True] * 5 + [False] * 3
    assert max(tokens(prospect), tokens(stage)) <= 120


SHUT: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("users are excluded", {"guard": Guard(Policy.of(excluded=["people"]), "never")}, ""),
    ("users may not be read", {"scopes": frozenset({"prospects.all", "opportunities.all", "accounts.read"})}, ""),
    ("accounts are excluded", {"guard": Guard(Policy.of(excluded=["accounts"]), "never")}, "settings exclude account"),
    ("accounts may not be read", {"scopes": frozenset({"prospects.all", "opportunities.all", "users.read"})}, "scope"),
)


@pytest.mark.parametrize(("kind", "name"), [("prospect", "Ann Lee"), ("opportunity", "Renewal")])
@pytest.mark.parametrize(("opened", "reason"), [each[1:] for each in SHUT], ids=[each[0] for each in SHUT])
async def test_what_may_be_read_tells_namesakes_apart_though_the_rest_may_not(
    kind: str, name: str, opened: dict[str, Any], reason: str
) -> None:
    of_acme: dict[str, Linkage] = {"account": Identifier("account", 5), "owner": Identifier("user", 1)}
    one_of_two = Record(kind, 10, one(kind, 10, name).attributes, of_acme)
    async with workbench([ME, one("account", 5, "Acme"), one_of_two, one(kind, 11, name)], **opened) as bench:
        tool, target = f"get_{kind}", f"{kind}_id"
        several = await bench.refused(tool, **{target: name})
        failed, text = await bench.outcome(tool, {target: f"{name} @ acme", "fields": ["id"]})
    assert f"10 {'owner Me Myself' if reason else 'account Acme'}; 11" in several
    assert failed is bool(reason)
    if reason:
        assert f"{name} @ acme': accounts cannot be looked up by name: " in text
        assert reason in text
        assert tokens(text) <= 120
    else:
        assert f"'{name}' (10)" in text


async def test_a_name_that_nothing_is_like_is_refused_with_the_few_records_that_there_are() -> None:
    stages = [one("opportunityStage", number, f"Step {number}") for number in range(1, 8)]
    async with workbench([ME, *stages, one("opportunity")]) as bench:
        refused = await bench.refused("list_opportunities", filters={"stage": "Qualified"})
        nobody = await bench.refused("list_tasks", filters={"taskPriority": "High"})
    async with workbench([ME, *(one("stage", number, f"Step {number}") for number in range(1, 40))]) as bench:
        many = await bench.refused("list_prospects", filters={"stage": "Qualified"})
    assert refused == (
        "the filter on 'stage': no opportunity stage is called 'Qualified'. There are: 1 Step 1; 2 Step 2; 3 Step 3; 4 "
        "Step 4; 5 Step 5 and 2 more. Nothing was sent: list_opportunity_stages finds it"
    )
    assert nobody.startswith("the filter on 'taskPriority': no task priority is called 'High'. Nothing was sent")
    assert many == ("the filter on 'stage': no stage is called 'Qualified'. Nothing was sent: list_stages finds it")
