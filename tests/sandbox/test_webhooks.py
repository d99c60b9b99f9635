"""Webhooks: what their creation answers, and how they go."""

import pytest

from tests.sandbox.service import JSON_API, Api

HOOK = {"url": "https://hooks.example/outreach"}


async def test_a_new_webhook_has_the_defaults_and_what_only_its_creation_answers(api: Api) -> None:
    created = (await api.create("/webhooks", "webhook", HOOK)).json()["data"]
    shown = ("url", "resource", "action", "active", "payloadVersion", "secret", "creatorAppId", "creatorAppName")
    assert {name: created["attributes"][name] for name in shown} == {
        **HOOK,
        "resource": "*",
        "action": "*",
        "active": True,
        "payloadVersion": 1,
        "secret": None,
        "creatorAppId": 1,
        "creatorAppName": "Sandbox app",
    }
    assert created["relationships"]["authorizer"] == {"data": {"type": "user", "id": 1}}
    later = (await api.get(f"/webhooks/{created['id']}"))["data"]["attributes"]
    assert set(created["attributes"]) - set(later) == {"cleanupToken", "creatorAppId", "creatorAppName"}


@pytest.mark.parametrize("place", ["header", "body"])
async def test_a_cleanup_token_removes_its_webhook_without_an_access_token(api: Api, place: str) -> None:
    tokens = [
        (await api.create("/webhooks", "webhook", HOOK)).json()["data"]["attributes"]["cleanupToken"] for _ in range(2)
    ]
    headers = {"Authorization": "", "Content-Type": JSON_API}
    if place == "header":
        headers["Outreach-Webhook-Cleanup-Token"] = tokens[1]
    body = {"cleanupToken": tokens[1]} if place == "body" else None
    response = await api.http.post("/webhooks/cleanup", headers=headers, json=body)
    assert (response.status_code, await api.ids("/webhooks")) == (204, [1])


@pytest.mark.parametrize(
    ("content", "status"),
    [("", 404), ("[]", 404), ('{"cleanupToken": "guess"}', 404), ("{", 400), ('{"cleanupToken": NaN}', 400)],
)
async def test_an_unknown_cleanup_token_removes_nothing(api: Api, content: str, status: int) -> None:
    await api.create("/webhooks", "webhook", HOOK)
    response = await api.http.post("/webhooks/cleanup", content=content)
    assert (response.status_code, await api.ids("/webhooks")) == (status, [1])
