"""The filters of a list, and how they are written."""

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from tests.sandbox.service import ANN, BOB, MAILBOX, ORGANISATION, RENEWAL, Api, record, sandbox


async def test_an_exact_filter_ignores_case(api: Api) -> None:
    assert await api.ids("/prospects", **{"filter[firstName]": "aNN"}) == [1]


async def test_a_list_of_values_matches_any_of_them(api: Api) -> None:
    assert await api.ids("/prospects", **{"filter[id]": "3,1,99"}) == [1, 3]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [("2..3", [2, 3]), ("2..inf", [2, 3]), ("neginf..2", [1, 2]), ("neginf..inf", [1, 2, 3]), ("1,3..inf", [1, 3])],
)
async def test_a_range_includes_its_ends(api: Api, criteria: str, found: list[int]) -> None:
    assert await api.ids("/prospects", **{"filter[id]": criteria}) == found


async def test_moments_are_compared_in_time_not_in_text() -> None:
    moments = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+02:00", "2026-01-02"]
    records = [record("stage", n, {"createdAt": moment}) for n, moment in enumerate(moments, start=1)]
    async with sandbox(records) as api:
        assert await api.ids("/stages", **{"filter[createdAt]": "2026-01-01..inf"}) == [1, 3]


@pytest.mark.parametrize(("criteria", "found"), [("__null__", [2, 3]), ("__notnull__", [1])])
async def test_null_is_asked_for_by_its_word(api: Api, criteria: str, found: list[int]) -> None:
    assert await api.ids("/prospects", **{"filter[title]": criteria}) == found


async def test_a_relationship_may_be_asked_for_null(api: Api) -> None:
    assert await api.ids("/prospects", **{"filter[account][id]": "__null__"}) == [2, 3]


async def test_a_filter_on_an_array_matches_any_element() -> None:
    records = [record("prospect", 1, {"emails": ["a@x.example", "b@x.example"]}), record("prospect", 2)]
    async with sandbox(records) as api:
        assert await api.ids("/prospects", **{"filter[emails]": "B@x.example,c@x.example"}) == [1]


async def test_all_filters_hold_together(api: Api) -> None:
    assert await api.ids("/prospects", **{"filter[id]": "1,2", "filter[firstName]": "Bob"}) == [2]


async def test_the_new_syntax_takes_commas_and_dots_as_part_of_the_value() -> None:
    records = [record("stage", n, {"name": name}) for n, name in enumerate(["a,b", "a..c", "a"], start=1)]
    async with sandbox(records) as api:
        found = await api.ids("/stages?newFilterSyntax=true&filter[name][]=a,b&filter[name][]=a..c")
        assert found == [1, 2]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("[gte]=2", [2, 3]),
        ("[gt]=2", [3]),
        ("[lte]=2", [1, 2]),
        ("[lt]=2", [1]),
        ("=2", [2]),
        ("[gte]=2&filter[id][lt]=3", [2]),
    ],
)
async def test_the_new_syntax_compares_by_words(api: Api, criteria: str, found: list[int]) -> None:
    assert await api.ids(f"/prospects?newFilterSyntax=true&filter[id]{criteria}") == found


async def test_the_new_syntax_reaches_related_attributes(api: Api) -> None:
    found = await api.ids("/sequences?newFilterSyntax=true&filter[owner][email][]=uma@us.example")
    assert found == [1, 2]


async def test_a_range_of_the_old_syntax_is_refused_in_the_new_one(api: Api) -> None:
    response = await api.http.get("/prospects?newFilterSyntax=true&filter[createdAt]=2026-01-01..inf")
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "filterParameter.invalidDatetimeFormat")


async def test_a_relationship_is_filtered_by_the_attributes_on_its_allow_list(api: Api) -> None:
    assert await api.ids("/prospects", **{"filter[account][name]": "acme", "filter[owner][id]": "1"}) == [1]


async def test_a_relationship_is_not_filtered_by_other_attributes(api: Api) -> None:
    response = await api.http.get("/prospects", params={"filter[account][domain]": "acme.example"})
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "filterParameter.unsupported")


async def test_a_to_many_relationship_matches_when_one_member_does() -> None:
    records = [
        *ORGANISATION,
        record("sequenceState", 1, {"state": "active"}, prospect=ANN, sequence=RENEWAL),
        record("sequenceState", 2, {"state": "finished"}, prospect=BOB, sequence=RENEWAL),
    ]
    async with sandbox(records) as api:
        assert await api.ids("/prospects", **{"filter[sequenceStates][state]": "active,finished"}) == [1, 2]
        assert await api.ids("/prospects", **{"filter[activeSequenceStates][state]": "active,finished"}) == [1]
        assert await api.ids("/prospects", **{"filter[activeSequenceStates][id]": "__null__"}) == [2, 3]


async def test_sequence_states_are_filtered_by_an_address_of_their_prospect() -> None:
    state = record("sequenceState", 1, {"state": "active"}, prospect=ANN, sequence=RENEWAL, mailbox=MAILBOX)
    async with sandbox([*ORGANISATION, state]) as api:
        assert await api.ids("/sequenceStates", **{"filter[prospect][emails]": "ann@acme.example"}) == [1]


async def test_tasks_are_filtered_by_the_stage_of_their_prospect() -> None:
    tasks = [record("task", 1, subject=ANN), record("task", 2, subject=BOB)]
    async with sandbox([*ORGANISATION, *tasks]) as api:
        assert await api.ids("/tasks", **{"filter[prospect][byStageId]": "1"}) == [1]


async def test_opportunities_are_filtered_by_their_prospects() -> None:
    records = [
        record("opportunity", 7, {"name": "Big"}),
        record("opportunity", 8, {"name": "Linked"}),
        record("opportunityProspectRole", 1, {}, opportunity=Identifier("opportunity", 7), prospect=ANN),
        Record("prospect", 4, {}, {"opportunities": (Identifier("opportunity", 8),)}),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        assert await api.ids("/opportunities", **{"filter[prospects][id]": "1,4"}) == [7, 8]


@pytest.mark.parametrize(
    ("words", "found"), [("an", [1]), ("lee", [1]), ("ann l", [1]), ("bob@", [2]), ("nn", []), ("c", [3])]
)
async def test_q_searches_prospects_by_the_beginning_of_words(api: Api, words: str, found: list[int]) -> None:
    assert await api.ids("/prospects", **{"filter[q]": words}) == found


async def test_q_overlooks_unicode_form_and_blanks() -> None:
    zoe = {"firstName": "Zoe\u0308 ", "lastName": "Mu\u0308ller"}
    async with sandbox([*ORGANISATION, Record("prospect", 9, zoe)]) as api:
        assert await api.ids("/prospects", **{"filter[q]": "ZO\u00cb  m\u00fcll"}) == [9]


async def test_q_searches_accounts_too(api: Api) -> None:
    assert await api.ids("/accounts", **{"filter[q]": "works"}) == [2]


async def test_q_is_no_filter_of_other_types(api: Api) -> None:
    assert (await api.http.get("/stages", params={"filter[q]": "c"})).status_code == 400


async def test_audit_logs_are_filtered_by_their_agent() -> None:
    agents = [
        {"email": "uma@us.example", "ipAddress": "10.0.0.1"},
        {"email": "vic@us.example", "ipAddress": "10.0.0.2"},
    ]
    records = [record("auditLog", n, {"agent": agent}) for n, agent in enumerate(agents, start=1)]
    async with sandbox(records) as api:
        first, second = await api.ids("/auditLogs")
        assert await api.ids("/auditLogs", **{"filter[agentEmail]": "VIC@us.example"}) == [second]
        assert await api.ids("/auditLogs", **{"filter[agentIpAddress]": "10.0.0.1"}) == [first]


async def test_audit_logs_are_filtered_by_the_uuids_that_are_their_ids() -> None:
    async with sandbox([record("auditLog", n, {}) for n in range(1, 5)]) as api:
        first, second, third, _ = await api.ids("/auditLogs")
        assert await api.ids("/auditLogs", **{"filter[id]": f"{third},{first}"}) == [first, third]
        assert await api.ids("/auditLogs", newFilterSyntax="true", **{"filter[id][]": second}) == [second]
        assert await api.ids("/auditLogs", **{"filter[id]": "2"}) == []


async def test_opportunities_are_filtered_by_their_stage_under_its_documented_name() -> None:
    stages = [record("opportunityStage", n, {"name": f"Stage {n}"}) for n in (1, 2)]
    deals = [record("opportunity", n, {}, opportunityStage=Identifier("opportunityStage", n)) for n in (1, 2)]
    async with sandbox([*stages, *deals]) as api:
        assert await api.ids("/opportunities", **{"filter[stage][id]": "2"}) == [2]


@pytest.mark.parametrize("name", ["company", "nonsense", "custom1"])
async def test_a_filter_that_outreach_does_not_have_is_refused(api: Api, name: str) -> None:
    response = await api.http.get("/prospects", params={f"filter[{name}]": "x"})
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "filterParameter.unsupported")


async def test_a_filter_that_outreach_does_not_have_may_be_ignored() -> None:
    async with sandbox(ORGANISATION, switches=Switches(unsupported_filter="ignore")) as api:
        assert await api.ids("/prospects", **{"filter[company]": "nobody"}) == [1, 2, 3]


@pytest.mark.parametrize(
    ("path", "criteria"),
    [
        ("/prospects?filter[id]", "x"),
        ("/stages?filter[order]", "1.5"),
        ("/users?filter[locked]", "maybe"),
        ("/prospects?filter[id]", "9" * 30),
    ],
)
async def test_a_value_of_the_wrong_kind_is_refused(api: Api, path: str, criteria: str) -> None:
    assert (await api.http.get(f"{path}={criteria}")).status_code == 400


async def test_neginf_may_be_refused() -> None:
    async with sandbox(ORGANISATION, switches=Switches(neginf="refuse")) as api:
        assert (await api.http.get("/prospects", params={"filter[id]": "neginf..2"})).status_code == 400


async def test_accounts_that_are_not_named_stay_out_of_the_list() -> None:
    records = [record("account", 1, {"name": "A", "named": True}), record("account", 2, {"name": "B", "named": False})]
    async with sandbox(records) as api:
        assert await api.ids("/accounts") == [1]
        assert await api.ids("/accounts", **{"filter[named]": "false"}) == [2]
