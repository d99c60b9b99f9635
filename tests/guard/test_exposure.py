"""The types that a request exposes, over the whole catalogue; and what of excluded ones is left out of answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.exposure import UNKNOWN, told_by
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import Relationship, ResourceType, resource_types
from outreach_tools.catalog.belonging import COPIES, OWNERS
from outreach_tools.client import Query, Response
from tests.guard.test_confirmation import ACME, ANN, ENROLMENT, MAILBOX, SALLY, SEQUENCE, Person, asked_once
from tests.support.counts import few_or_many
from tests.support.workbench import API, workbench
from tests.tools.test_lists import people

TYPES = resource_types()
NOTE = Record("prospectNote", 1, {"message": "secret"}, {"prospect": Identifier("prospect", 7)})
RECORDS = [SALLY, ACME, ANN, SEQUENCE, MAILBOX, ENROLMENT, NOTE]


def told(path: str, *query: tuple[str, str], method: str = "GET") -> set[str]:
    return {each.type for each in told_by(Outgoing(method, path, query, None))}


def without(*names: str, confirm: Any = "never") -> Guard:
    return Guard(Policy.of(excluded=names), confirm)


def ways(relationship: Relationship, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters of the contract that tell of a related type's records."""
    yield "include", relationship.name
    for name in (*relationship.filter_by, *TYPES[kind].attributes):
        if name != "id":
            yield f"filter[{relationship.parameter}][{name}]", "x"
            yield f"filter[{relationship.parameter}][{name}][]", "x"
            yield f"filter[{relationship.parameter}][{name}][gte]", "x"
            yield "sort", f"{relationship.name}.{name}"
            yield "sort", f"id,-{relationship.name}.{name}"


BEFORE: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("page[size]", "5"),),
    (("filter[id]", "5"), ("count", "true")),
)
"""Prefixes of a parameter."""


@pytest.mark.parametrize("resource", TYPES.values(), ids=lambda resource: resource.type)
def test_every_parameter_that_reaches_a_related_type_tells_of_it(resource: ResourceType) -> None:
    for relationship in resource.relationships.values():
        for kind in relationship.types:
            if kind not in TYPES:
                assert kind in told(f"/{resource.path}", ("include", relationship.name))
                continue
            for place, (name, value) in enumerate(ways(relationship, kind)):
                # One after the other; in the long run each behind all.
                for before in few_or_many(BEFORE[place % 3 :][:1], BEFORE):
                    assert {resource.type, kind} <= told(f"/{resource.path}", *before, (name, value)), (name, value)
            assert kind in told(f"/{resource.path}/7", ("include", relationship.name))


@pytest.mark.parametrize("resource", TYPES.values(), ids=lambda resource: resource.type)
def test_an_include_over_several_types_tells_of_each(resource: ResourceType) -> None:
    for first in resource.relationships.values():
        for between in set(first.types) & TYPES.keys():
            for second in TYPES[between].relationships.values():
                found = told(f"/{resource.path}", ("include", f"{first.name}.{second.name}"))
                assert {between, *second.types} <= found


@pytest.mark.parametrize("resource", TYPES.values(), ids=lambda resource: resource.type)
def test_what_a_record_itself_says_tells_of_nothing_else(resource: ResourceType) -> None:
    if "list" not in resource.operations:
        return
    copied = {name for kind, name in COPIES if kind == resource.type}
    for name, attribute in resource.attributes.items():
        if name not in copied and attribute.filterable:
            assert told(f"/{resource.path}", (f"filter[{name}]", "x"), ("sort", f"-{name}")) == {resource.type}
    for each in resource.relationships.values():
        if each.embedded and not [other for other in resource.attributes if other == each.parameter]:
            assert told(f"/{resource.path}", (f"filter[{each.parameter}][id]", "7")) == {resource.type}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/somethings", ()),
        ("/schema.json", ()),
        ("/prospects", (("include", "something"),)),
        ("/prospects", (("include", "account.something"),)),
        ("/prospects", (("filter[something]", "x"),)),
        ("/prospects", (("filter[account]", "x"),)),
        ("/prospects", (("filter[account][gte]", "x"),)),
        ("/prospects", (("filter[something][id]", "x"),)),
        ("/prospects", (("filter[account][owner][email]", "x"),)),
        ("/prospects", (("sort", "something"),)),
        ("/prospects", (("sort", "account.owner.email"),)),
        ("/prospects", (("fields[something]", "name"),)),
        ("/prospects", (("fields[prospect]", "something"),)),
    ],
)
def test_what_is_not_in_the_catalogue_is_unknown(path: str, query: Query) -> None:
    assert UNKNOWN in told(path, *query)


UNKNOWNS: list[dict[str, Any]] = [
    {"method": "GET", "path": "/somethings"},
    {"method": "POST", "path": "/somethings", "body": {"data": {}}},
    {"method": "GET", "path": "/customObjects/car"},
    {"method": "GET", "path": "/schema.json"},
    {"method": "GET", "path": "/tasks", "query": {"include": "something"}},
    {"method": "GET", "path": "/tasks", "query": {"include": "taskTheme"}},
    {"method": "GET", "path": "/tasks", "query": {"filter[something]": "x"}},
    {"method": "GET", "path": "/tasks", "query": {"sort": "something"}},
    {"method": "POST", "path": "/tasks/7/actions/something"},
    {"method": "POST", "path": "/batches/actions/something", "body": {"data": {"attributes": {"ids": [7]}}}},
    {
        "method": "POST",
        "path": "/batches/actions/customObjectBulkDelete",
        "body": {"data": {"attributes": {"ids": [7]}}},
    },
]


@pytest.mark.parametrize("arguments", UNKNOWNS, ids=lambda each: f"{each['method']} {each['path']} {each.get('query')}")
@pytest.mark.parametrize(
    "policy",
    [Policy.of(excluded=["list_audits"]), Policy.of(["tasks", "advanced"]), Policy.of(excluded=["delete_task"])],
    ids=["a type", "not chosen", "an operation"],
)
async def test_the_unknown_is_refused_where_anything_is_excluded(arguments: dict[str, Any], policy: Policy) -> None:
    async with workbench(people(1), guard=Guard(policy, "never")) as bench:
        await bench.refused("raw_http_request", **arguments)
        assert bench.sent() == []


@pytest.mark.parametrize("path", sorted(TYPES[kind].path for kind, owners in OWNERS.items() if "prospect" in owners))
async def test_what_is_a_part_of_an_excluded_type_cannot_be_read(path: str) -> None:
    async with workbench(RECORDS, guard=without("prospects")) as bench:
        for target in (path, f"{path}/1", f"{path}/9"):
            await bench.refused("raw_http_request", method="GET", path=f"/{target}")
            await bench.refused("execute_link", link=f"{API}/{target}")
        assert bench.sent() == []
        listed = {tool.name for tool in (await bench.client.list_tools()).tools}
    assert listed.isdisjoint({"list_prospect_options", "list_phone_numbers", "list_sequence_states", "list_mailings"})


async def test_a_hidden_name_cannot_be_guessed_letter_by_letter() -> None:
    async with workbench(RECORDS, guard=without("accounts")) as bench:
        for name in ("filter[account][name]", "filter[account][name][gte]"):
            query = {name: "Ac", "newFilterSyntax": "true", "count": "true"}
            await bench.refused("raw_http_request", method="GET", path="/prospects", query=query)
        await bench.refused("raw_http_request", method="GET", path="/prospects", query={"sort": "account.name"})
        await bench.refused("raw_http_request", method="GET", path="/prospects", query={"filter[company]": "Acme"})
        await bench.refused("list_prospects", filters=[{"field": "account.name", "criteria": "Acme"}])
        assert bench.sent() == []


async def test_an_attribute_that_repeats_what_is_hidden_is_left_out_and_it_is_said() -> None:
    async with workbench(RECORDS, guard=without("accounts")) as bench:
        whole = await bench.call("get_prospect", prospect_id=7)
        listed = await bench.call("list_prospects", fields=["company", "firstName"])
        raw = await bench.call("raw_http_request", method="GET", path="/prospects/7")
    said = "left out, as this server's settings exclude it: "
    assert "Acme" not in str((whole, listed, raw))
    assert (whole["firstName"], whole["account_id"]) == ("Ann", 5)
    assert all(said in each["note"] for each in (whole, listed, raw))
    assert f"{said}company" in listed["note"]


COMPANY = [attribute for kind, attribute in COPIES if kind == "prospect" and COPIES[kind, attribute] == ("account",)]


@pytest.mark.parametrize("name", COMPANY)
@pytest.mark.parametrize("criteria", ["Acme", "null", "not null", "..5"])
async def test_no_filter_by_what_is_left_out_counts_anything(name: str, criteria: str) -> None:
    """A count of nothing would be wrong, and a count of all would tell."""
    async with workbench(RECORDS, guard=without("accounts")) as bench:
        message = await bench.refused("list_prospects", filters=[{"field": name, "criteria": criteria}], count=True)
        assert bench.sent() == []
    assert "account.name" not in message


RECORDING = Record(
    "kaiaRecording",
    1,
    {
        "host": {"type": "user", "id": 1, "displayName": "Sally Smith"},
        "participants": [{"type": "prospect", "id": 7, "displayName": "Ann Lee"}, {"displayName": "Sally Smith"}],
    },
)


@pytest.mark.parametrize(
    ("excluded", "left_out"), [("people", {"host", "participants"}), ("prospects", {"participants"})]
)
async def test_a_recording_names_nobody_who_is_hidden(excluded: str, left_out: set[str]) -> None:
    query = {"fields[kaiaRecording]": "host,participants"}
    arguments: dict[str, Any] = {"method": "GET", "path": "/kaiaRecordings/1", "query": query}
    async with workbench([*RECORDS, RECORDING], guard=without(excluded)) as bench:
        answer = await bench.call("raw_http_request", **arguments)
    assert answer["body"]["data"]["attributes"].keys() == {"host", "participants"} - left_out
    assert f"exclude it: {', '.join(sorted(left_out))}" in answer["note"]


OF_ITSELF = {
    ("import", "mappings"), ("kaiaRecording", "topics"), ("mailbox", "username"), ("prospect", "eventName"),
    # Those of whom these tell own the whole record (`OWNERS`): with them it is hidden.
    ("auditLog", "additionalInfo"), ("auditLog", "changes"), ("auditLog", "eventName"), ("batch", "payload"),
    ("batch", "summary"), ("complianceRequest", "pii"), ("event", "payload"),
}  # fmt: skip
"""Attributes that could hold what another type's records do, and hold what is their own record's: each was judged."""


def test_every_attribute_that_can_hold_another_types_data_is_known_or_was_judged() -> None:
    """Objects, arrays of them or of what is not known, and names of other types."""
    unknown: list[tuple[str, str]] = []
    for resource in TYPES.values():
        for attribute in resource.attributes.values():
            inside = attribute.type == "object" or (attribute.type == "array" and attribute.items in ("object", None))
            others = [kind for kind in TYPES if kind != resource.type]
            named = any(attribute.name.casefold() == f"{kind}name".casefold() for kind in others)
            if (inside or named) and not {(resource.type, attribute.name)} & {*COPIES, *OF_ITSELF}:
                unknown.append((resource.type, attribute.name))
    assert unknown == []


async def test_a_record_of_a_hidden_type_within_any_attribute_is_left_out() -> None:
    """Also in one of which nothing is known."""
    inner = {"a": [{"b": {"type": "account", "id": 5, "name": "Acme"}}]}
    readable = without("accounts").policy.readable
    answer = Response(200, {"data": {"type": "task", "id": 12, "attributes": {"extra": inner, "note": "x"}}})
    assert readable.without_hidden(answer, None).body["data"]["attributes"] == {"note": "x"}


async def test_a_change_of_what_may_not_be_read_answers_with_what_was_set() -> None:
    guard = without("get_prospect", "list_prospects")
    async with workbench(RECORDS, guard=guard) as bench:
        answer = await bench.call("update_prospect", prospect_id=7, attributes={"title": "CEO"})
        body = {"data": {"type": "prospect", "id": 7, "attributes": {"title": "CFO"}}}
        raw = await bench.call("raw_http_request", method="PATCH", path="/prospects/7", body=body)
    assert answer == {"id": 7, "title": "CEO"}
    assert raw["body"]["data"] == {"type": "prospect", "id": 7, "attributes": {"title": "CFO"}}


async def test_a_question_tells_of_no_more_than_may_be_read() -> None:
    person = Person("decline")
    guard = without("list_accounts", "get_account", "prospects", confirm="destructive")
    async with workbench(RECORDS, guard=guard, person=person) as bench:
        message = await bench.refused("delete_account", account_id=5)
        assert bench.sent() == []
    assert asked_once(person) == "Delete the account 5 for good? This cannot be undone."
    assert "Acme" not in message


async def test_what_was_not_chosen_is_still_named_in_a_question() -> None:
    person = Person("decline")
    policy = Policy.of(["delete_account"])
    async with workbench(RECORDS, guard=Guard(policy, "destructive"), person=person) as bench:
        await bench.refused("delete_account", account_id=5)
    assert asked_once(person) == 'Delete the account "Acme" (id 5) for good? This cannot be undone.'


@pytest.mark.parametrize(
    ("excluded", "tool", "columns"),
    [
        ("accounts", "list_prospects", ["account"]),
        ("people", "list_prospects", ["owner"]),
        ("prospects", "list_tasks", ["prospect"]),
        ("sequences", "list_mailings", ["sequence"]),
    ],
)
async def test_a_list_works_without_the_names_of_what_is_excluded(excluded: str, tool: str, columns: list[str]) -> None:
    async with workbench(guard=without(excluded)) as bench:
        answer = await bench.call(tool)
    assert answer["returned"] > 0
    assert not {*columns} & {*answer["columns"]}
    assert answer["note"].startswith("related names are left out: this server's settings exclude")
