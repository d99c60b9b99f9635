"""Compliance requests."""

from typing import Any
from uuid import UUID

import pytest

from tests.sandbox.service import NOW, Api, problems

REQUEST = {
    "requester_email": "uma@us.example",
    "request_type": "Delete",
    "object_type": "Prospect",
    "request_object_email": "Ann@acme.example",
}


async def test_a_request_is_answered_with_a_batch_and_nothing_else(api: Api) -> None:
    response = await api.create("/complianceRequests", "complianceRequest", REQUEST)
    assert response.status_code == 201
    assert set(response.json()["data"]) == {"batch_compliance_request_id"}
    UUID(response.json()["data"]["batch_compliance_request_id"])


async def test_a_request_can_be_read_and_erases_the_prospect(api: Api) -> None:
    batch = (await api.create("/complianceRequests", "complianceRequest", REQUEST)).json()["data"]
    found = (await api.get("/complianceRequests/1"))["data"]["attributes"]
    UUID(found.pop("uuid"))
    assert found == {
        "batchComplianceRequestUuid": batch["batch_compliance_request_id"],
        "createdAt": NOW,
        "objectType": "Prospect",
        "pii": None,
        "requestObjectId": "1",
        "requestType": "Delete",
        "requesterId": 1,
        "state": "done",
        "updatedAt": NOW,
    }
    assert (await api.http.get("/prospects/1")).status_code == 404


async def test_a_request_for_an_address_nobody_has_stays_pending(api: Api) -> None:
    attributes = {**REQUEST, "request_object_email": "nobody@x.example"}
    await api.create("/complianceRequests", "complianceRequest", attributes)
    found = (await api.get("/complianceRequests", **{"filter[state]": "pending"}))["data"][0]["attributes"]
    assert found["requestObjectId"] == "nobody@x.example"
    assert await api.ids("/prospects") == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"request_type": "Export"}, ["request_type"]),
        ({"object_type": "prospect"}, ["object_type"]),
        ({"requester_email": ""}, ["requester_email"]),
        ({"requestType": "Delete"}, ["requestType"]),
        ({"object_type": None, "request_object_email": 5}, ["object_type", "request_object_email"]),
    ],
)
async def test_a_request_that_is_not_valid_is_refused(api: Api, change: dict[str, Any], pointers: list[str]) -> None:
    response = await api.create("/complianceRequests", "complianceRequest", {**REQUEST, **change})
    assert [pointer for _, pointer in problems(response)] == [f"/data/attributes/{each}" for each in pointers]


async def test_a_request_cannot_be_taken_back(api: Api) -> None:
    await api.create("/complianceRequests", "complianceRequest", REQUEST)
    assert (await api.send("DELETE", "/complianceRequests/1")).json()["errors"][0]["id"] == "routeNotFound"
