"""An empty list says what its filters do not do, what does not exist, and what there is instead."""

from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import Attribute, resource_type, resource_types
from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.toolsets import RESOURCES
from tests.support.workbench import workbench
from tests.tools.test_answer_costs import cost
from tests.tools.test_lists import people

STRANGE: dict[str, Any] = {"integer": 987654, "number": 987654, "float": 987654, "boolean": "true",
                           "date": "2091-01-01", "uuid": "00000000-0000-4000-8000-000000000000"}  # fmt: skip
LISTS = [
    pytest.param(declared, tool.name, id=tool.name)
    for declared in RESOURCES
    for tool in declared.tools
    if isinstance(tool, ListTool)
]
SEARCHES = [
    pytest.param(tool.name, id=tool.name)
    for declared in RESOURCES
    for tool in declared.tools
    if isinstance(tool, OptionsTool) and "q" in resource_type(declared.type).filters
]


def attribute_of(declared: Resource, field: str) -> Attribute:
    """Return the attribute that a filter compares; ids are integers, what is not in the catalogue is text."""
    resource = resource_type(declared.type)
    name, _, inner = field.partition(".")
    if field == "id" and resource.uuids:
        return Attribute("id", "string", format="uuid")
    if (inner or name) == "id" or (inner or name).endswith("PersonaId") or (inner or name).endswith("StageId"):
        return Attribute("id", "integer")
    if not inner:
        return resource.attributes.get(name, Attribute(name, "string"))
    targets = [resource_types().get(kind) for kind in resource.relationships[name].types]
    return next(
        (each.attributes[inner] for each in targets if each and inner in each.attributes), Attribute("", "string")
    )


@pytest.mark.parametrize(("declared", "tool"), LISTS)
async def test_a_value_that_no_record_has_is_explained_with_two_reads_at_most(declared: Resource, tool: str) -> None:
    async with workbench() as bench:
        for field in filter_names(resource_type(declared.type)):
            attribute = attribute_of(declared, field)
            kind = {"date-time": "date"}.get(attribute.format, attribute.format) or attribute.type
            before = len(bench.requests)
            answer = await bench.call(
                tool, filters=[{"field": field, "criteria": STRANGE.get(kind, "zzqx*")}], fields=["id"]
            )
            requests = len(bench.requests) - before
            if answer["returned"]:
                assert attribute.type == "boolean"  # either is a value that records have
                continue
            assert attribute.name == "id" or field in answer["note"]
            assert cost(answer["note"]) <= 60 + 70 * ("is one of" in answer["note"])
            assert requests <= 3 + 5 * ("scanned" in answer)


@pytest.mark.parametrize(
    ("tool", "filters", "note"),
    [
        (
            "list_stages",
            {"name": "Aproaching"},
            "name is matched as a whole; nearest: 'Approaching' (2)",
        ),
        (
            "list_prospects",
            {"stage.name": "Won"},
            "stage.name is matched as a whole; there are 'New' (1), 'Approaching' (2)",
        ),
        (
            "list_prospects",
            {"title": "VP*"},
            "title is matched as a whole; * and % are not wildcards; nearest: 'VP Sales' (100)",
        ),
        (
            "list_prospects",
            {"title": "VP, CEO"},
            "title is matched as a whole; a comma means \"or\"; nearest: 'VP Sales' (100)",
        ),
        (
            "list_prospects",
            {"title": "A..M"},
            "title is matched as a whole; text has no ranges; there are 'VP Sales' (100)",
        ),
        ("list_prospects", {"stage.id": "99"}, "no stage has the id 99 (list_stages finds ids)"),
        ("list_prospects", {"stage.id": "2"}, "stage 2 exists"),
        ("list_prospects", {"id": "5,6"}, "no prospect has the id 5, 6"),
        ("list_prospects", {"q": "Sallly"}, "q finds the beginnings of words in names and addresses"),
        (
            "list_prospects",
            {"q": "Annn"},
            "q finds the beginnings of words in names and addresses; nearest: 'Ann No0' (100)",
        ),
        (
            "list_prospects",
            {"createdAt": "2031-01-01.."},
            "createdAt was read as 2031-01-01..; the last createdAt is 2026-11-01T09:30Z",
        ),
        (
            "list_prospects",
            {"createdAt": "..2020-12-31"},
            "createdAt was read as ..2020-12-31; the first createdAt is 2026-11-01T09:30Z",
        ),
        ("list_stages", {"order": "7"}, "no order is 7; nearest: 1, 2"),
        ("list_prospects", {"title": "null"}, "every prospect has a value in title"),
        ("list_prospects", {"touchedAt": "not null"}, "no prospect has a value in touchedAt"),
        (
            "list_prospects",
            {"title": "VP Sales", "stage.name": "Approaching"},
            "no record meets all filters together",
        ),
        ("list_mailings", {}, "there are no mailings that this user may see"),
        ("list_tasks", {"state": "incmplete"}, "state is one of pending, incomplete, complete; incmplete matches "
         "nothing known, did you mean 'incomplete'?"),
    ],
)  # fmt: skip
async def test_an_empty_list_explains_itself(tool: str, filters: dict[str, str], note: str) -> None:
    created = "2026-11-01T09:30:00.000Z"
    stages = [Record("stage", n, {"name": name, "order": n}) for n, name in enumerate(("New", "Approaching"), 1)]
    person = Record(
        "prospect",
        100,
        {"firstName": "Ann", "lastName": "No0", "title": "VP Sales", "createdAt": created},
        {"stage": Identifier("stage", 1)},
    )
    async with workbench([*people(0), *stages, person]) as bench:
        answer = await bench.call(tool, filters=filters)
    assert (answer["returned"], answer["note"]) == (0, note)


@pytest.mark.parametrize(
    ("tool", "filters", "note"),
    [
        ("list_templates", {"name": "Outbound*"}, "name is matched as a whole; * and % are not wildcards; nearest: "),
        ("list_audits", {"action": "Delete"}, "action is matched as a whole; there are 'create' ("),
        ("list_prospects", {"account.name": "Acme", "title": "VP"}, "account.name is matched as a whole; nearest: "
         "'Acme Inc' (55); title is matched as a whole; nearest: 'VP Operations' ("),
        ("list_prospects", {"custom1": "2026-01-01..2026-03-31"}, "Assistant is matched as a whole or as a range; "
         "there are "),
        ("list_audits", {"agentIpAddress": "10.0.0.1..10.0.0.9"}, "agentIpAddress is matched as a whole or as a range"),
        ("list_events", {"name": "reply"}, "name is matched as a whole; there are 'mailbox_created' ("),
        ("list_events", {"name": "email replied"}, "name is matched as a whole; there are 'mailbox_created' ("),
        ("list_accounts", {"externalSource": "salesforce"}, "externalSource is matched as a whole; there are "),
        ("list_prospects", {"externalSource": "salesforce"}, "externalSource is matched as a whole; there are "),
        ("list_prospects", {"emails": "oakridgeroofing.example"}, "emails is matched as a whole; nearest: '"),
        ("list_accounts", {"domain": "www.acme.example"}, "domain is matched as a whole; nearest: 'acme.example' (55)"),
        ("list_accounts", {"domain": "https://acme.example"}, "domain is matched as a whole; nearest: 'acme.example'"),
        ("list_prospects", {"githubUsername": "x"}, "no prospect has a value in githubUsername"),
        ("list_sequence_states", {"pauseReason": "x"}, "no sequenceState has a value in pauseReason"),
        ("list_sequences", {"salesMotion": "x"}, "no sequence has a value in salesMotion"),
        ("list_prospects", {"dateOfBirth": "1980-01"}, "no prospect has a value in dateOfBirth"),
        ("list_users", {"email": "me"}, "email is matched as a whole; 'me' stands for a user's id alone; there are "),
        ("list_prospects", {"linkedInSlug": "x"}, "linkedInSlug is matched as a whole; there are "),
        ("list_tasks", {"note": "No answr"}, "note is matched as a whole; "),
    ],
)  # fmt: skip
async def test_an_explanation_keeps_what_it_suggests_and_says_nothing_untrue(
    tool: str, filters: dict[str, str], note: str
) -> None:
    async with workbench() as bench:
        answer = await bench.call(tool, filters=filters)
    told = answer["note"].rpartition("the rows were filtered here. ")[2].rpartition("account). ")[2]
    assert answer["returned"] == 0
    assert told.startswith(note)
    assert "characters)" not in told
    assert cost(told) <= 70


@pytest.mark.parametrize("tool", SEARCHES)
async def test_a_drop_down_without_a_match_names_the_nearest(tool: str) -> None:
    async with workbench([*people(1), Record("account", 6, {"name": "Annex"})]) as bench:
        answer = await bench.call(tool, q="Annn")
    nearest = {"list_prospect_options": "'Ann No0' (100)", "list_account_options": "'Annex' (6)"}[tool]
    assert answer["note"] == f"q finds the beginnings of words in names and addresses; nearest: {nearest}"


async def test_a_page_after_whose_rows_went_says_so() -> None:
    async with workbench(people(4)) as bench:
        first = await bench.call("list_prospects", page_size=2)
        for number in (102, 103):
            bench.store.delete("prospect", number)
        answer = await bench.call("list_prospects", page_size=2, page_after=first["page_after"])
    assert answer["note"] == "no rows are left after this page_after: the list ended before it"


@pytest.mark.parametrize("guard", [Guard(Policy.of(["list_prospects"]), "never"),
                                   Guard(Policy.of(excluded=["list_stages"]), "never")])  # fmt: skip
async def test_an_explanation_reads_nothing_that_is_not_offered(guard: Guard) -> None:
    async with workbench(guard=guard) as bench:
        answer = await bench.call("list_prospects", filters={"stage.name": "Won"})
        assert bench.sent() == ["GET /prospects"]
    assert answer["note"] == "stage.name is matched as a whole"


async def test_an_explanation_without_the_scope_is_shorter() -> None:
    async with workbench(scopes=frozenset({"prospects.read"})) as bench:
        answer = await bench.call("list_prospects", filters={"stage.name": "Won"}, fields=["id"])
    assert (answer["returned"], answer["note"]) == (0, "stage.name is matched as a whole")


async def test_no_prospect_without_sequence_is_missed_by_a_filter_that_outreach_may_not_answer() -> None:
    states = [
        Record("sequenceState", n, {"state": state}, {"prospect": Identifier("prospect", 100 + n)})
        for n, state in enumerate(("active", "finished"))
    ]
    async with workbench([*people(4), *states]) as bench:
        active = await bench.call("list_prospects", filters={"activeSequenceStates.id": "null"}, fields=["id"])
        held = await bench.call("list_prospects", filters={"activeSequenceStates.id": "not null"}, fields=["id"])
        message = await bench.refused("list_prospects", filters={"sequenceStates.id": "null"})
        assert not any(
            "SequenceStates" in key for request in bench.requests for key in dict(request.url.params) if "filter" in key
        )
    assert ([row[0] for row in active["rows"]], active["scan_complete"]) == ([101, 102, 103], True)
    assert [row[0] for row in held["rows"]] == [100]
    assert message == (
        "'sequenceStates.id' cannot be asked for 'null': neither Outreach's filter nor the prospect shows that; "
        "activeSequenceStates.id can"
    )


async def test_null_through_one_record_finds_who_has_none_and_who_has_one_without_it() -> None:
    nameless = [Record("account", 9, {"domain": "x.example"}),
                Record("prospect", 1, {"lastName": "A"}, {"account": Identifier("account", 9)}),
                Record("prospect", 2, {"lastName": "B"})]  # fmt: skip
    async with workbench([*people(2), *nameless]) as bench:
        missing = await bench.call("list_prospects", filters={"account.name": "null"}, fields=["id"])
        there = await bench.call("list_prospects", filters={"account.name": "not null"}, fields=["id"])
    assert [sorted(row[0] for row in answer["rows"]) for answer in (missing, there)] == [[1, 2], [100, 101]]
