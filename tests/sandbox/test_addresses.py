"""An address is one contact's, and none that the organisation excludes, whichever way it is written."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.sandbox.service import ANN, BOB, ORGANISATION, Api, outcome, problems, record, sandbox, to, upsert

TAKEN = "Contacts email hash has already been taken."
EXCLUDED = "Contacts contact is using an excluded email address."
CONTACTS = (
    record("emailAddress", 7, {"email": "bob@beta.example", "order": 0}, prospect=BOB),
    record("emailAddress", 8, {"email": "orphan@x.example"}),
    record("emailAddress", 9, {"email": "ann@acme.example", "order": 0}, prospect=ANN),
    record("orgSetting", 1, {"prospectEmailExclusions": "rival.example, noone@us.example *@*.rival.example"}),
)
Route = Callable[[Api, str], Awaitable[str]]
"""Gives an address to prospect 1 or to a new one; returns the refusal, or nothing."""


def refusal(response: httpx.Response) -> str:
    return "" if response.status_code in {200, 201} else problems(response)[0][0]


async def by_new_prospect(api: Api, email: str) -> str:
    return refusal(await api.create("/prospects", "prospect", {"emails": [email]}))


async def by_prospect(api: Api, email: str) -> str:
    return refusal(await api.update("/prospects/1", "prospect", {"emails": [email]}))


async def by_new_address(api: Api, email: str) -> str:
    return refusal(
        await api.create("/emailAddresses", "emailAddress", {"email": email}, {"prospect": to("prospect", 1)})
    )


async def by_new_address_of_nobody(api: Api, email: str) -> str:
    return refusal(await api.create("/emailAddresses", "emailAddress", {"email": email}))


async def by_address(api: Api, email: str) -> str:
    return refusal(await api.update("/emailAddresses/9", "emailAddress", {"email": email}))


async def by_batch(api: Api, email: str) -> str:
    path = "/batches/actions/prospectsBulkModify?actionParams[skipConfirmation]=true"
    return await outcome(api, await api.send("POST", path, {"attributes": {"ids": [1], "emails": [email]}}))


async def by_upsert(api: Api, email: str) -> str:
    return await upsert(api, {"type": "prospect", "id": 1, "attributes": {"emails": [email]}})


async def by_upserted_address(api: Api, email: str) -> str:
    return await upsert(api, {"type": "emailAddress", "attributes": {"email": email}})


async def by_file(api: Api, email: str) -> str:
    link = (await api.send("POST", "/imports/actions/generateUploadLink")).json()["data"]["attributes"]
    await api.http.put(link["uploadURL"], content=f"E-mail\n{email}\n".encode())
    attributes = {"dupeMethod": "skip", "mappings": {"E-mail": "emails"}, "storageKey": link["storageKey"]}
    return await outcome(api, await api.send("POST", "/imports/actions/prospectsImport", {"attributes": attributes}))


ADDRESS_ROUTES: tuple[Route, ...] = (
    by_new_prospect,
    by_prospect,
    by_new_address,
    by_new_address_of_nobody,
    by_address,
    by_batch,
    by_upsert,
    by_upserted_address,
    by_file,
)


@pytest.mark.parametrize("route", ADDRESS_ROUTES)
@pytest.mark.parametrize(
    ("email", "detail"),
    [
        ("BOB@beta.example", TAKEN),
        ("orphan@x.example", TAKEN),
        ("ceo@rival.example", EXCLUDED),
        ("noone@us.example", EXCLUDED),
        ("ceo@east.rival.example", EXCLUDED),
        ("free@x.example", ""),
    ],
)
async def test_an_address_is_one_contacts_and_none_that_is_excluded(route: Route, email: str, detail: str) -> None:
    async with sandbox([*ORGANISATION, *CONTACTS]) as api:
        before = api.store.rows("SELECT id, emails FROM prospect ORDER BY id")
        addresses = await api.ids("/emailAddresses")
        assert await route(api, email) == detail
        if detail:
            assert api.store.rows("SELECT id, emails FROM prospect ORDER BY id") == before
            assert await api.ids("/emailAddresses") == addresses


async def test_an_address_moves_with_its_record() -> None:
    async with sandbox([*ORGANISATION, *CONTACTS]) as api:
        await api.update("/emailAddresses/7", "emailAddress", relationships={"prospect": to("prospect", 1)})
        moved = [each["attributes"]["emails"] for each in (await api.get("/prospects", sort="id"))["data"]]
        assert moved == [["ann@acme.example", "bob@beta.example"], [], ["cid@x.example"]]
        back = {"emailAddresses": {"data": [{"type": "emailAddress", "id": 7}]}}
        await api.update("/prospects/2", "prospect", relationships=back)
        moved = [each["attributes"]["emails"] for each in (await api.get("/prospects", sort="id"))["data"]]
        assert moved == [["ann@acme.example"], ["bob@beta.example"], ["cid@x.example"]]


async def test_a_new_address_stands_last_and_an_order_moves_it() -> None:
    async with sandbox([*ORGANISATION, *CONTACTS]) as api:
        link = {"prospect": to("prospect", 1)}
        new = await api.create("/emailAddresses", "emailAddress", {"email": "a2@x.example"}, link)
        assert new.json()["data"]["attributes"]["order"] == 1
        await api.update("/emailAddresses/9", "emailAddress", {"order": 5})
        found = (await api.get("/prospects/1"))["data"]["attributes"]["emails"]
        assert found == ["a2@x.example", "ann@acme.example"]
