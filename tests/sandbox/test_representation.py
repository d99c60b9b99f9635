"""Sort, include and sparse fieldsets: how a list is shown."""

import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.records import Identifier
from outreach_sandbox.switches import Switches
from tests.sandbox.service import ACME, ORGANISATION, Api, record, sandbox


async def test_a_list_is_sorted_by_several_attributes() -> None:
    pairs = [("b", 1), ("a", 1), ("a", 2)]
    async with sandbox([record("stage", n, {"name": a, "order": o}) for n, (a, o) in enumerate(pairs, 1)]) as api:
        assert await api.ids("/stages", sort="name,-order") == [3, 2, 1]


async def test_the_id_is_sortable_everywhere(api: Api) -> None:
    assert await api.ids("/prospects", sort="-id") == [3, 2, 1]


@pytest.mark.parametrize("sort", ["company", "owner", "account.name", "nonsense", "-"])
async def test_a_list_is_not_sorted_by_anything_else(api: Api, sort: str) -> None:
    response = await api.http.get("/prospects", params={"sort": sort})
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "sortParameter.unsupported")


async def test_included_records_come_once_along_a_dotted_path() -> None:
    records = [*ORGANISATION, record("prospect", 4, {"firstName": "Dee"}, account=ACME)]
    async with sandbox(records) as api:
        found = await api.get(
            "/prospects", include="account.owner,owner", **{"fields[user]": "", "fields[account]": ""}
        )
        assert found["included"] == [
            {"type": "account", "id": 1},
            {"type": "user", "id": 1},
            {"type": "user", "id": 2},
        ]


async def test_a_record_can_be_read_with_what_it_includes(api: Api) -> None:
    found = await api.get("/prospects/1", include="stage", **{"fields[stage]": "name", "fields[prospect]": "stage"})
    assert found["included"] == [
        {
            "type": "stage",
            "id": 1,
            "attributes": {"name": "Cold"},
            "links": {"self": "https://api.outreach.io/api/v2/stages/1"},
        }
    ]


async def test_nothing_is_included_twice_with_the_data(api: Api) -> None:
    user = record("user", 9, {"firstName": "Ada"}, creator=Identifier("user", 1))
    async with sandbox([*ORGANISATION, user]) as other:
        assert (await other.get("/users", include="creator"))["included"] == []


async def test_a_linked_relationship_shows_its_members_when_it_is_included() -> None:
    async with sandbox(
        [*ORGANISATION, record("task", 5, {"state": "incomplete"}, subject=Identifier("prospect", 1))]
    ) as api:
        found = await api.get("/prospects/1", include="tasks", **{"fields[prospect]": "tasks", "fields[task]": ""})
        assert found["data"]["relationships"]["tasks"]["data"] == [{"type": "task", "id": 5}]
        assert found["included"] == [{"type": "task", "id": 5}]


async def test_an_unknown_relationship_cannot_be_included(api: Api) -> None:
    response = await api.http.get("/prospects", params={"include": "account.nonsense"})
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "includeParameter.unsupported")


async def test_an_included_type_needs_its_scope() -> None:
    tokens = {"few": Access(scopes=frozenset({"prospects.read"}))}
    async with sandbox(ORGANISATION, tokens=tokens, token="few") as api:
        response = await api.http.get("/prospects", params={"include": "account"})
        assert (response.status_code, response.json()["errors"][0]["detail"]) == (
            403,
            "Your authorization does not include the required scope 'accounts.read'.",
        )


async def test_a_fieldset_restricts_attributes_and_relationships_alike(api: Api) -> None:
    found = await api.get("/prospects/1", **{"fields[prospect]": "firstName,account"})
    assert found["data"] == {
        "type": "prospect",
        "id": 1,
        "attributes": {"firstName": "Ann"},
        "relationships": {"account": {"data": {"type": "account", "id": 1}}},
        "links": {"self": "https://api.outreach.io/api/v2/prospects/1"},
    }


async def test_an_empty_fieldset_leaves_type_and_id(api: Api) -> None:
    assert (await api.get("/prospects/1", **{"fields[prospect]": ""}))["data"] == {"type": "prospect", "id": 1}


@pytest.mark.parametrize("query", [{"fields[prospect]": "nonsense"}, {"fields[nonsense]": "name"}])
async def test_an_unknown_field_is_refused(api: Api, query: dict[str, str]) -> None:
    response = await api.http.get("/prospects", params=query)
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "fieldsParameter.unsupported")


async def test_an_unknown_field_may_be_ignored() -> None:
    async with sandbox(ORGANISATION, switches=Switches(unknown_field="ignore")) as api:
        found = await api.get("/stages/1", **{"fields[stage]": "name,nonsense"})
        assert found["data"]["attributes"] == {"name": "Cold"}
