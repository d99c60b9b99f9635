"""The checker itself: it lets through what the contract allows and names each thing that it does not."""

from typing import Any

import httpx
import pytest

from tests.contract.official import CheckingTransport, OfficialContract

API = "https://api.outreach.io/api/v2"
HEADERS = {
    "Content-Type": "application/vnd.api+json",
    "Accept": "application/vnd.api+json",
    "Authorization": "Bearer sandbox",
}


def request(method: str, target: str, body: Any = None, **headers: str) -> httpx.Request:
    url = target if "://" in target else API + target
    return httpx.Request(method, url, json=body, headers={**HEADERS, **headers})


def write(method: str, target: str, type_name: str, **members: Any) -> httpx.Request:
    return request(method, target, {"data": {"type": type_name, **members}})


def create_prospect(**members: Any) -> httpx.Request:
    return write("POST", "/prospects", "prospect", **members)


def to(type_name: str, number: Any) -> dict[str, Any]:
    return {"data": {"type": type_name, "id": number}}


COMPLIANCE = {
    "requester_email": "john.doe@example.com",
    "request_type": "Delete",
    "object_type": "Prospect",
    "request_object_email": "jane.smith@example.com",
}

GOOD = [
    request("GET", ""),
    request("GET", "/types"),
    request("GET", "/auditLogs?filter[agentEmail]=a@example.com&filter[timestamp]=2026-01-01..inf&sort=-result"),
    request("GET", "/prospects"),
    request("GET", "/prospects?page[size]=1000&page[after]=abc&count=false&sort=-createdAt,id"),
    request("GET", "/prospects?page[limit]=50&page[offset]=10000"),
    request("GET", "/prospects?filter[q]=acm&filter[emails]=a@example.com,b@example.com&filter[id]=1,2,3"),
    request("GET", "/prospects?filter[createdAt]=neginf..2026-01-01T00:00:00Z&filter[engagedScore]=2..inf"),
    request("GET", "/prospects?filter[touchedAt]=__null__&filter[title]=VP.. of sales"),
    request("GET", "/prospects?filter[account][id]=7&filter[account][named]=true&filter[stage][name]=__notnull__"),
    request(
        "GET",
        "/prospects?newFilterSyntax=true&filter[title][]=a,b&filter[title][]=c&filter[id][gte]=5",
    ),
    request("GET", "/prospects?actionParams[withUnnamedAccount]=false&provideDataConnections=true"),
    request("GET", "/prospects?include=account.owner,stage&fields[prospect]=firstName,account&fields[user]="),
    request("GET", "/accounts?filter[q]=acm&filter[owner][id]=3"),
    request("GET", "/opportunities?filter[stage][id]=3&filter[territory][name]=West"),
    request("GET", "/tasks?filter[prospect][byStageId]=4&filter[prospect][tags]=vip&filter[sequence][tags]=x"),
    request(
        "GET",
        "/sequenceStates?filter[sequence][name]=A&filter[sequence][id]=4&filter[tasks][dueAt]=2026-01-01..inf",
    ),
    request("GET", "/prospects/7?include=owner&fields[user]=name&provideAuthorizationMeta=true"),
    create_prospect(
        attributes={
            "firstName": "Sally",
            "emails": ["sally@example.com"],
            "tags": None,
            "optedOut": False,
            "score": 4,
            "dateOfBirth": "1980-02-29",
            "availableAt": "2026-01-01T00:00:00.000Z",
            "custom150": "x" * 32_000,
        },
        relationships={"account": to("account", 7), "owner": {"data": None}, "assignedUsers": {"data": []}},
    ),
    write("POST", "/tasks", "task", attributes={}, relationships={"subject": to("opportunity", 1)}),
    write("POST", "/complianceRequests", "complianceRequest", attributes=COMPLIANCE),
    write("PATCH", "/prospects/7?fields[prospect]=title", "prospect", id=7, attributes={"title": None}),
    request("DELETE", "/prospects/7"),
    request("POST", "/sequenceStates/7/actions/pause"),
    request(
        "POST", "/tasks/7/actions/markComplete?actionParams[completionNote]=I%20did&actionParams[completionAction]="
    ),
    request("POST", "/tasks/7/actions/logMeetInPerson?actionParams[taskDispositionId]=3&actionParams[taskPurposeId]=1"),
    request("POST", "/batches/actions/prospectsAddTags", {"data": {"attributes": {"ids": [1], "tags": ["vip"]}}}),
    request("POST", "/batches/actions/prospectsBulkModify", {"data": {"attributes": {"ids": [1], "title": "VP"}}}),
]

BAD = [
    # place and headers
    (request("GET", "https://example.com/api/v2/prospects"), f"https://example.com/api/v2/prospects is not on {API}"),
    (request("GET", "http://api.outreach.io/api/v2/tasks"), f"http://api.outreach.io/api/v2/tasks is not on {API}"),
    (request("GET", "https://api.outreach.io/api/v1/prospects"), "/api/v1/prospects is not below /api/v2"),
    (request("GET", "https://api.outreach.io/api/v22/tasks"), "/api/v22/tasks is not below /api/v2"),
    (request("GET", "/prospects/%2e%2e/users"), "/api/v2/prospects/%2e%2e/users is not below /api/v2"),
    (request("GET", "https://eve:x@api.outreach.io/api/v2/prospects"), "the URL carries credentials"),
    (request("GET", "/prospects#top"), "the URL carries a fragment"),
    (
        request("GET", "/prospects", **{"Content-Type": "application/json"}),
        "Content-Type is 'application/json', not application/vnd.api+json",
    ),
    (request("GET", "/prospects", Accept="*/*"), "Accept is '*/*', not application/vnd.api+json"),
    (request("GET", "/prospects", Authorization="Bearer "), "Authorization holds no bearer token"),
    # routes
    (request("GET", "/audits"), "there is no GET /audits"),
    (request("GET", "/prospects/"), "there is no GET /prospects/"),
    (request("GET", "/prospects/seven"), "there is no GET /prospects/seven"),
    (request("PUT", "/prospects/7"), "there is no PUT /prospects/7"),
    (request("DELETE", "/users/7"), "there is no DELETE /users/7"),
    (write("PATCH", "/calls/7", "call", id=7), "there is no PATCH /calls/7"),
    (write("PATCH", "/mailings/7", "mailing", id=7), "there is no PATCH /mailings/7"),
    (request("POST", "/sequences/7/actions/lock"), "there is no POST /sequences/7/actions/lock"),
    (request("GET", "/stages/7/prospects"), "there is no GET /stages/7/prospects"),
    (request("GET", "/types?page[size]=3"), "GET /types takes neither parameters nor a body"),
    # combinations of parameters
    (
        request("GET", "/prospects?newFilterSyntax=true&filter[createdAt]=2026-01-01..inf"),
        "filter[createdAt]=2026-01-01..inf: '2026-01-01..inf' is not of the type date-time",
    ),
    (
        request("GET", "/prospects?newFilterSyntax=true&filter[id][below]=9"),
        "filter[id][below]=9: has a form that is not documented",
    ),
    (request("GET", "/prospects?filter[title]=a&filter[title]=b"), "filter[title] is given 2 times"),
    (request("GET", "/prospects?page[size]=5&page[offset]=5"), "cursor and offset paging are mixed"),
    (request("GET", "/prospects?page[after]=a&page[before]=b"), "page[after] and page[before] exclude each other"),
    # shape and identity of bodies
    (request("POST", "/prospects"), 'the body is not {"data": {…}}'),
    (request("POST", "/prospects", {"firstName": "Sally"}), 'the body is not {"data": {…}}'),
    (request("POST", "/prospects", {"data": {"type": "prospect"}, "meta": {}}), 'the body is not {"data": {…}}'),
    (request("POST", "/prospects", {"data": {}}), "data.type: None on a route of 'prospect'"),
    (write("POST", "/prospects", "account"), "data.type: 'account' on a route of 'prospect'"),
    (create_prospect(id=7), "data.id: no such member"),
    (create_prospect(firstName="Sally"), "data.firstName: no such member"),
    (create_prospect(attributes=[]), "attributes and relationships are objects"),
    (write("PATCH", "/prospects/7", "prospect"), "data.id: None is not the id in the URL, 7"),
    (write("PATCH", "/prospects/7", "prospect", id=8), "data.id: 8 is not the id in the URL, 7"),
    (write("PATCH", "/prospects/7", "prospect", id="7"), "data.id: '7' is not the id in the URL, 7"),
    (request("DELETE", "/prospects/7", {"data": {}}), "DELETE /prospects/{id} takes no body"),
    (request("GET", "/prospects", {}), "GET /prospects takes no body"),
    # other routes
    (
        request("DELETE", "/prospects/7?fields[prospect]=id"),
        "fields[prospect]=id: DELETE /prospects/{id} takes no such parameter",
    ),
    (write("POST", "/stages?include=creator", "stage"), "include=creator: POST /stages takes no such parameter"),
    (
        write("PATCH", "/stages/7?include=creator", "stage", id=7),
        "include=creator: PATCH /stages/{id} takes no such parameter",
    ),
    (
        write("POST", "/stages", "stage", attributes={"order": 1.5}),
        "attributes.order: takes integer, got 1.5",
    ),
    (
        write("POST", "/tasks", "task", relationships={"subject": to("user", 1)}),
        "relationships.subject: 'user' is none of account, opportunity, prospect",
    ),
    # compliance requests
    (
        write("POST", "/complianceRequests", "complianceRequest", attributes={**COMPLIANCE, "requestType": "Delete"}),
        "attributes.requestType: no such attribute",
    ),
    (
        write("POST", "/complianceRequests", "complianceRequest", attributes={**COMPLIANCE, "object_type": "prospect"}),
        "attributes.object_type: 'prospect' is none of Prospect, Recipient",
    ),
    (
        write("POST", "/complianceRequests", "complianceRequest", attributes={**COMPLIANCE, "requester_email": ""}),
        "attributes.requester_email: required, a string",
    ),
    # actions
    (
        request("POST", "/tasks/7/actions/logMeetInPerson?actionParams[taskPurposeId]=1"),
        "actionParams[taskDispositionId] is required",
    ),
    (
        request("POST", "/sequenceStates/7/actions/pause?actionParams[note]=x"),
        "actionParams[note]: no parameter of /sequenceStates/{id}/actions/pause, which takes []",
    ),
    (
        request("POST", "/tasks/7/actions/snooze?note=x"),
        "note: no parameter of /tasks/{id}/actions/snooze, which takes ['dueAt', 'markAsUrgent']",
    ),
    (
        request("POST", "/tasks/7/actions/reschedule?actionParams[dueAt]="),
        "actionParams[dueAt] is required",
    ),
    (
        request("POST", "/tasks/7/actions/snooze", {"data": {}}),
        "POST /tasks/{id}/actions/snooze takes no body",
    ),
    (request("POST", "/tasks/7/actions/finish"), "there is no POST /tasks/7/actions/finish"),
    (
        request("POST", "/batches/actions/prospectsDestroyAll", {"data": {"attributes": {}}}),
        "attributes.ids: without ids the action applies to every record",
    ),
    (
        request("POST", "/batches/actions/prospectsAddTags", {"data": {"attributes": {"ids": [1], "tag": "x"}}}),
        "attributes.tag: no such attribute",
    ),
]


UNREADABLE = [
    ("/prospects?filter[company]=Acme", "prospect cannot be filtered by 'company'"),
    ("/prospects?filter[tags]=vip", "prospect cannot be filtered by 'tags'"),
    ("/prospects?filter[custom1]=x", "prospect cannot be filtered by 'custom1'"),
    ("/prospects?filter[colour]=x", "prospect cannot be filtered by 'colour'"),
    ("/tasks?filter[q]=x", "task cannot be filtered by 'q'"),
    ("/recipients?filter[createdAt]=__null__", "recipient cannot be filtered by 'createdAt'"),
    ("/prospects?filter[owner]=1", "prospect cannot be filtered by 'owner'"),
    ("/prospects?filter[owner][email]=a@example.com", "prospect cannot be filtered by owner.email, only by id"),
    (
        "/sequenceStates?filter[sequence][description]=x",
        "sequenceState cannot be filtered by sequence.description, only by id, *",
    ),
    ("/prospects?filter[creator][id]=1", "prospect cannot be filtered by 'creator'"),
    ("/opportunities?filter[opportunityStage][id]=1", "opportunity cannot be filtered by 'opportunityStage'"),
    ("/prospects?filter[account][id]=acme", "'acme' is not of the type integer"),
    ("/prospects?filter[id]=me", "'me' is not of the type integer"),
    ("/prospects?filter[createdAt]=yesterday", "'yesterday' is not of the type date-time"),
    ("/prospects?filter[createdAt]=2026-02-30..inf", "'2026-02-30' is not of the type date-time"),
    ("/prospects?filter[createdAt]=neginf..inf", "'neginf..inf' has no bound"),
    ("/accounts?filter[named]=yes", "'yes' is not of the type boolean"),
    ("/accounts?filter[buyerIntentScore]=high", "'high' is not of the type number"),
    ("/prospects?filter[title]=", "has no value"),
    ("/prospects?filter[title][]=VP", "needs newFilterSyntax=true"),
    ("/auditLogs?filter[agentEmail][]=a", "takes one value"),
    ("/prospects/7?filter[id]=7", "GET /prospects/{id} takes no such parameter"),
    ("/prospects?sort=-company", "prospect cannot be sorted by 'company'"),
    ("/prospects?sort=account.name", "prospect has no attribute 'account.name'"),
    ("/prospects?page[size]=1001", "takes 1 to 1000"),
    ("/prospects?page[size]=0", "takes 1 to 1000"),
    ("/prospects?page[offset]=10001", "takes 0 to 10000"),
    ("/prospects?page[after]=", "takes a cursor"),
    ("/prospects?page[number]=2", "there is no such page parameter"),
    ("/prospects?count=1", "takes true or false"),
    ("/prospects?search=x", "GET /prospects takes no such parameter"),
    ("/recipients?provideDataConnections=true", "GET /recipients takes no such parameter"),
    ("/prospects?include=company", "['prospect'] have no relationship 'company'"),
    ("/prospects?include=account.stage", "['account'] have no relationship 'stage'"),
    ("/prospects?fields[prospect]=email", "prospect has neither attribute nor relationship 'email'"),
    ("/prospects?fields[prospects]=name", "there is no type 'prospects'"),
    ("/mailboxes?fields[mailbox]=password", "mailbox.password is write-only and never returned"),
]

UNWRITABLE_ATTRIBUTES = [
    ({"email": "a@example.com"}, "email: no such attribute"),
    ({"name": "Sally"}, "name: read-only"),
    ({"score": "9"}, "score: takes number, got '9'"),
    ({"score": True}, "score: takes number, got True"),
    ({"optedOut": "true"}, "optedOut: takes boolean, got 'true'"),
    ({"title": 7}, "title: takes string, got 7"),
    ({"emails": "a@example.com"}, "emails: takes array, got 'a@example.com'"),
    ({"tags": [1]}, "tags: takes an array of string, got 1"),
    ({"emails": ["sally"]}, "emails: takes email, got 'sally'"),
    (
        {"title": "x" * 256},
        "title: takes at most 255 characters, got 256",
    ),
    ({"dateOfBirth": "2026-02-30"}, "dateOfBirth: takes date, got '2026-02-30'"),
    ({"addedAt": "2026-01-01"}, "addedAt: takes date-time, got '2026-01-01'"),
]

UNWRITABLE_RELATIONSHIPS = [
    ({"company": to("account", 1)}, "company: no such relationship"),
    ({"creator": to("user", 1)}, "creator: read-only"),
    ({"account": {"type": "account", "id": 1}}, 'account: is not {"data": …}'),
    ({"account": to("user", 1)}, "account: 'user' is none of account"),
    (
        {"account": to("account", "1")},
        "account: {'type': 'account', 'id': '1'} is not {\"type\": …, \"id\": integer}",
    ),
    (
        {"account": {"data": [{"type": "account", "id": 1}]}},
        "account: to-many takes an array, to-one an object or null",
    ),
    (
        {"assignedUsers": to("user", 1)},
        "assignedUsers: to-many takes an array, to-one an object or null",
    ),
    (
        {"assignedUsers": {"data": None}},
        "assignedUsers: to-many takes an array, to-one an object or null",
    ),
]


def _name(value: Any) -> str:
    return f"{value.method} {value.url}".replace(API, "") if isinstance(value, httpx.Request) else ""


@pytest.mark.parametrize("allowed", GOOD, ids=_name)
def test_what_the_contract_allows_passes(official_contract: OfficialContract, allowed: httpx.Request) -> None:
    assert official_contract.check(allowed) == []


@pytest.mark.parametrize(("refused", "violation"), BAD, ids=_name)
def test_each_violation_is_named(official_contract: OfficialContract, refused: httpx.Request, violation: str) -> None:
    assert official_contract.check(refused) == [violation]


@pytest.mark.parametrize(("target", "violation"), UNREADABLE)
def test_a_parameter_that_a_read_does_not_take_is_named(
    official_contract: OfficialContract, target: str, violation: str
) -> None:
    parameter = target.partition("?")[2]
    assert official_contract.check(request("GET", target)) == [f"{parameter}: {violation}"]


@pytest.mark.parametrize(("attributes", "violation"), UNWRITABLE_ATTRIBUTES)
def test_an_attribute_that_cannot_be_written_is_named(
    official_contract: OfficialContract, attributes: dict[str, Any], violation: str
) -> None:
    assert official_contract.check(create_prospect(attributes=attributes)) == [f"attributes.{violation}"]


@pytest.mark.parametrize(("relationships", "violation"), UNWRITABLE_RELATIONSHIPS)
def test_a_relationship_that_cannot_be_written_is_named(
    official_contract: OfficialContract, relationships: dict[str, Any], violation: str
) -> None:
    assert official_contract.check(create_prospect(relationships=relationships)) == [f"relationships.{violation}"]


def test_every_violation_of_a_request_is_named(official_contract: OfficialContract) -> None:
    refused = request("GET", "/prospects?filter[company]=Acme&sort=company", Accept="*/*")
    assert official_contract.check(refused) == [
        "Accept is '*/*', not application/vnd.api+json",
        "filter[company]=Acme: prospect cannot be filtered by 'company'",
        "sort=company: prospect cannot be sorted by 'company'",
    ]


def test_the_envelope_is_checked_alone_for_requests_whose_content_is_the_users(
    official_contract: OfficialContract,
) -> None:
    assert official_contract.check_envelope(request("GET", "/prospects?filter[company]=Acme")) == []


def _answers(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"data": []})


async def test_the_transport_passes_an_allowed_request_on(official_contract: OfficialContract) -> None:
    transport = CheckingTransport(httpx.MockTransport(_answers), official_contract.check)
    response = await transport.handle_async_request(request("GET", "/prospects"))
    assert (response.status_code, _name(transport.requests[0]), transport.violations) == (200, "GET /prospects", [])


async def test_the_transport_raises_and_keeps_each_violation(official_contract: OfficialContract) -> None:
    transport = CheckingTransport(httpx.MockTransport(_answers), official_contract.check)
    with pytest.raises(AssertionError, match="prospect cannot be sorted by 'company'"):
        await transport.handle_async_request(request("GET", "/prospects?sort=company"))
    assert transport.violations == [
        f"GET {API}/prospects?sort=company : sort=company: prospect cannot be sorted by 'company'"
    ]
