"""Imports: the way of a file into records, and records sent as such."""

import hashlib
from typing import Any

import httpx
import pytest

from outreach_sandbox.access import Access
from tests.sandbox.service import ORGANISATION, Api, problems, sandbox

CSV = "Company,Id,Web,Size\nAcme Ltd,A-1,https://acme.example,120\nNew One,B-7,,\n"
MAPPINGS = {"Company": "name", "Id": "customId", "Web": "websiteUrl", "Size": "numberOfEmployees"}


async def act(api: Api, name: str, query: str = "", /, **attributes: Any) -> httpx.Response:
    data = {"attributes": attributes} if attributes else None
    return await api.send("POST", f"/imports/actions/{name}{query}", data)


async def uploaded(api: Api, content: str = CSV) -> str:
    """Upload a file and return its storage key."""
    link = (await act(api, "generateUploadLink")).json()["data"]["attributes"]
    assert (await api.http.put(link["uploadURL"], content=content.encode())).status_code == 200
    return str(link["storageKey"])


async def imported(api: Api, response: httpx.Response) -> tuple[int, int, int]:
    """Return total, dupes and failures of an import that began."""
    assert response.status_code == 200, response.text
    began = response.json()["data"]
    assert began["attributes"]["state"] == "pending"
    ended = (await api.get(f"/imports/{began['id']}"))["data"]["attributes"]
    assert ended["state"] == "finished"
    return ended["total"], ended["dupes"], ended["failures"]


async def account(api: Api, number: int) -> dict[str, Any]:
    attributes: dict[str, Any] = (await api.get(f"/accounts/{number}"))["data"]["attributes"]
    return {name: attributes[name] for name in ("name", "websiteUrl", "numberOfEmployees")}


async def test_a_link_lies_on_the_apis_host_and_needs_no_token(api: Api) -> None:
    link = (await act(api, "generateUploadLink")).json()["data"]["attributes"]
    assert link["uploadURL"] == f"https://api.outreach.io/sandbox/uploads/{link['storageKey']}"
    response = await api.http.put(link["uploadURL"], content=b"a", headers={"Authorization": ""})
    assert response.status_code == 200


async def test_only_a_link_that_was_handed_out_takes_a_file(api: Api) -> None:
    assert (await api.http.put("https://api.outreach.io/sandbox/uploads/mine", content=b"a")).status_code == 403


@pytest.mark.parametrize("digest", ["md5", "sha256"])
async def test_an_upload_is_validated_by_its_hash(api: Api, digest: str) -> None:
    key = await uploaded(api)
    hashed = hashlib.new(digest, CSV.encode()).hexdigest()
    response = await act(api, "validateUpload", f"?actionParams[hash]={hashed}&actionParams[storageKey]={key}")
    assert response.json()["data"]["attributes"] == {
        "headerValue": {"header": "Company", "value": "Acme Ltd"},
        "recordCount": 2,
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("?actionParams[hash]=1", 400), ("?actionParams[hash]=1&actionParams[storageKey]={key}", 422)],
)
async def test_an_upload_without_its_hash_is_not_valid(api: Api, query: str, status: int) -> None:
    key = await uploaded(api)
    assert (await act(api, "validateUpload", query.format(key=key))).status_code == status


@pytest.mark.parametrize(
    ("method", "acme"),
    [
        ("overwrite", {"name": "Acme Ltd", "websiteUrl": "https://acme.example", "numberOfEmployees": 120}),
        ("missing", {"name": "Acme", "websiteUrl": "https://acme.example", "numberOfEmployees": 120}),
        ("skip", {"name": "Acme", "websiteUrl": None, "numberOfEmployees": None}),
    ],
)
async def test_a_file_meets_what_is_there_as_its_method_says(api: Api, method: str, acme: dict[str, Any]) -> None:
    key = await uploaded(api)
    response = await act(
        api, "accountsImport", dupeMethod=method, storageKey=key, mappings=MAPPINGS, recordCount=2, fileName="a.csv"
    )
    assert (await imported(api, response), await account(api, 1), (await account(api, 3))["name"]) == (
        (2, 1, 0),
        acme,
        "New One",
    )


async def test_a_line_that_breaks_a_rule_fails_alone(api: Api) -> None:
    key = await uploaded(api, "Mail,First\nann@acme.example,Ann\nnew@x.example,Nia\n")
    response = await act(
        api, "prospectsImport", dupeMethod="skip", storageKey=key, mappings={"Mail": "emails", "First": "firstName"}
    )
    assert await imported(api, response) == (2, 0, 1)
    assert (await api.get("/prospects/4"))["data"]["attributes"]["emails"] == ["new@x.example"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"dupeMethod": "overwriteNoCreate"},
            ("Dupe method is not included in the list.", "/data/attributes/dupeMethod"),
        ),
        ({"mappings": {}}, ("Mappings can't be blank.", "/data/attributes/mappings")),
        ({"mappings": {"Company": "colour"}}, ("Colour is not an attribute of account.", "/data/attributes/mappings")),
        ({"storageKey": "none"}, ("Storage key could not be found.", "/data")),
        ({"recordCount": 3}, ("Record count must be 2.", "/data/attributes/recordCount")),
    ],
)
async def test_an_import_that_makes_no_sense_is_refused(
    api: Api, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    attributes = {"dupeMethod": "skip", "mappings": MAPPINGS, "storageKey": await uploaded(api), **change}
    assert problems(await act(api, "accountsImport", **attributes)) == [problem]


async def test_a_file_that_is_no_text_is_refused(api: Api) -> None:
    link = (await act(api, "generateUploadLink")).json()["data"]["attributes"]
    await api.http.put(link["uploadURL"], content=b"\xff\xfe\x00")
    response = await act(api, "accountsImport", dupeMethod="skip", mappings=MAPPINGS, storageKey=link["storageKey"])
    assert problems(response) == [("File is not valid CSV.", "/data")]


@pytest.mark.parametrize(
    ("method", "outcome", "stages"),
    [
        ("overwrite", (4, 1, 2), ["Warm", "New"]),
        ("overwriteNoCreate", (4, 1, 3), ["Warm"]),
        ("skip", (4, 1, 2), ["Cold", "New"]),
        ("missing", (4, 1, 2), ["Cold", "New"]),
    ],
)
async def test_records_are_upserted_by_their_ids(
    api: Api, method: str, outcome: tuple[int, int, int], stages: list[str]
) -> None:
    records = [
        {"type": "stage", "id": 1, "attributes": {"name": "Warm"}},
        {"type": "stage", "attributes": {"name": "New"}},
        {"type": "stage", "id": 99, "attributes": {"name": "Gone"}},
        {"type": "spaceship", "attributes": {"name": "Enterprise"}},
    ]
    response = await act(api, "bulkUpsert", records=records, dupeMethod=method, fileName="stages")
    assert await imported(api, response) == outcome
    assert [each["attributes"]["name"] for each in (await api.get("/stages"))["data"]] == stages


async def test_records_of_a_type_that_the_token_may_not_write_fail() -> None:
    tokens = {"sandbox": Access(scopes=frozenset({"imports.all", "stages.read"}))}
    async with sandbox(ORGANISATION, tokens=tokens) as api:
        records = [{"type": "stage", "attributes": {"name": "New"}}]
        response = await act(api, "bulkUpsert", records=records, dupeMethod="skip")
        assert await imported(api, response) == (1, 0, 1)


async def test_custom_objects_are_not_known_here(api: Api) -> None:
    records = [{"type": "car", "attributes": {"name": "K.I.T.T."}}]
    response = await act(api, "customObjectBulkUpsert", records=records, dupeMethod="skip")
    assert await imported(api, response) == (1, 0, 1)


MEMBERS = {
    "owner": ({"type": "user", "id": 1}, {"type": "user", "id": 2}),
    "account": ({"type": "account", "id": 1}, {"type": "account", "id": 2}),
    "assignedUsers": ([{"type": "user", "id": 1}], [{"type": "user", "id": 2}]),
    "title": ("CEO", "CFO"),
    "tags": (["old"], ["new"]),
}


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("method", ["missing", "overwrite"])
async def test_what_is_missing_is_filled_and_nothing_else(api: Api, method: str, filled: bool) -> None:
    """Attributes and relationships alike."""
    number = 1 if filled else (await api.create("/prospects", "prospect", {"firstName": "Nia"})).json()["data"]["id"]

    def given(which: int) -> dict[str, Any]:
        attributes = {name: MEMBERS[name][which] for name in ("title", "tags")}
        links = {name: {"data": MEMBERS[name][which]} for name in ("owner", "account", "assignedUsers")}
        return {"attributes": attributes, "relationships": links}

    if filled:
        await api.update("/prospects/1", "prospect", **given(0))
    sent = {"type": "prospect", "id": number, **given(1)}
    assert await imported(api, await act(api, "bulkUpsert", records=[sent], dupeMethod=method)) == (1, 1, 0)
    found = (await api.get(f"/prospects/{number}"))["data"]
    related = {name: found["relationships"][name]["data"] for name in ("owner", "account", "assignedUsers")}
    attributes = {name: found["attributes"][name] for name in ("title", "tags")}
    kept = filled and method == "missing"
    assert {**related, **attributes} == {name: pair[0 if kept else 1] for name, pair in MEMBERS.items()}


@pytest.mark.parametrize("method", ["missing", "overwrite"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": 5},
        {"relationships": []},
        {"relationships": {"owner": 5}},
        {"attributes": {"account": 5}},
        {"relationships": {"title": {"data": None}}},
    ],
)
async def test_members_of_a_wrong_kind_fail_by_every_method(api: Api, method: str, wrong: dict[str, Any]) -> None:
    api.store.update("prospect", 1, {"owner.id": None})
    sent = {"type": "prospect", "id": 1, **wrong}
    assert await imported(api, await act(api, "bulkUpsert", records=[sent], dupeMethod=method)) == (1, 0, 1)
