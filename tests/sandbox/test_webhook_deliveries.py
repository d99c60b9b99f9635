"""Deliveries of webhooks to receivers on this machine: which events, in what form, signed how."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.deliveries import ATTEMPTS, PAUSE, SIGNATURE, Delivery
from outreach_sandbox.records import Identifier, Record
from tests.support.stores import sandbox_store
from tests.support.workbench import NOW

URL = "http://127.0.0.1:9000/outreach"
RECORDS = [
    Record("user", 1, {"name": "Maya"}),
    Record("prospect", 7, {"firstName": "Ann", "title": "CEO"}, {"owner": Identifier("user", 1)}),
]


class Receiver:
    """Keeps what it is told; fails as often as it is meant to."""

    def __init__(self, failures: int = 0) -> None:
        self.told: list[Delivery] = []
        self.failures = failures
        self.waited: list[float] = []

    async def __call__(self, delivery: Delivery) -> None:
        self.told.append(delivery)
        if len(self.told) <= self.failures:
            raise OSError

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


@asynccontextmanager
async def outreach(receiver: Receiver, **webhook: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """Open a sandbox with one webhook, and a client of its API."""
    attributes = {"url": URL, "resource": "*", "action": "*", "active": True, "payloadVersion": 1, **webhook}
    store = sandbox_store([*RECORDS, Record("webhook", 3, attributes)])
    sandbox = build_sandbox(store, tokens={"t": Access()}, clock=lambda: NOW, deliver=receiver, sleep=receiver.sleep)
    headers = {"authorization": "Bearer t", "content-type": "application/vnd.api+json"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox), base_url="https://api.outreach.io/api/v2", headers=headers
    ) as client:
        yield client
    store.close()


def body(attributes: dict[str, Any], number: int | None = 7) -> dict[str, Any]:
    own = {} if number is None else {"id": number}
    return {"data": {"type": "prospect", **own, "attributes": attributes}}


async def test_a_change_is_told_with_what_has_changed_and_signed() -> None:
    receiver = Receiver()
    async with outreach(receiver, secret="s3cret", payloadVersion=2) as api:
        await api.patch("/prospects/7", json=body({"title": "CTO"}))
    (delivery,) = receiver.told
    told = json.loads(delivery.body)
    assert delivery.url == URL
    assert told["data"]["attributes"] == {"title": "CTO", "updatedAt": "2026-11-18T15:30:00.000Z"}
    assert told["data"]["beforeUpdate"]["title"] == "CEO"
    assert told["data"]["relationships"]["owner"] == {"type": "owner", "id": 1}
    assert told["meta"] == {"deliveredAt": "2026-11-18T15:30:00.000Z", "eventName": "prospect.updated"}
    assert delivery.headers[SIGNATURE] == hmac.new(b"s3cret", delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["outreach-webhook-id"] == "3"


async def test_without_a_secret_nothing_is_signed_and_the_first_version_tells_no_before() -> None:
    receiver = Receiver()
    async with outreach(receiver) as api:
        await api.patch("/prospects/7", json=body({"title": "CTO"}))
    assert SIGNATURE not in receiver.told[0].headers
    assert "beforeUpdate" not in json.loads(receiver.told[0].body)["data"]


async def test_creating_and_deleting_are_told() -> None:
    receiver = Receiver()
    async with outreach(receiver, resource="prospect") as api:
        await api.post("/prospects", json=body({"firstName": "Bo"}, None))
        await api.delete("/prospects/7")
        await api.get("/prospects")
    names = [json.loads(each.body)["meta"]["eventName"] for each in receiver.told]
    assert names == ["prospect.created", "prospect.destroyed"]
    assert json.loads(receiver.told[0].body)["data"]["attributes"]["firstName"] == "Bo"


@pytest.mark.parametrize(
    "webhook",
    [
        {"resource": "account"},
        {"action": "created"},
        {"active": False},
        {"url": "https://hooks.example/outreach"},
        {"url": "http://192.168.0.1/"},
        {"url": "http://127.0.0.1.hooks.example/"},
    ],
)
async def test_whoever_does_not_listen_or_is_elsewhere_is_told_nothing(webhook: dict[str, Any]) -> None:
    receiver = Receiver()
    async with outreach(receiver, **webhook) as api:
        await api.patch("/prospects/7", json=body({"title": "CTO"}))
    assert receiver.told == []


async def test_a_refused_change_is_not_told() -> None:
    receiver = Receiver()
    async with outreach(receiver) as api:
        answer = await api.patch("/prospects/7", json=body({"colour": "green"}))
    assert (answer.status_code, receiver.told) == (422, [])


@pytest.mark.parametrize(("failures", "times"), [(0, 1), (2, 3), (9, ATTEMPTS)])
async def test_where_no_answer_comes_it_is_sent_again_a_second_later(failures: int, times: int) -> None:
    receiver = Receiver(failures)
    async with outreach(receiver) as api:
        await api.patch("/prospects/7", json=body({"title": "CTO"}))
    assert len(receiver.told) == times
    assert receiver.waited == [PAUSE] * (times - 1)
