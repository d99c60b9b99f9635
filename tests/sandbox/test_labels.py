"""The control of a sandbox's labels, as whoever develops against it uses it: `/sandbox/labels`."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from outreach_sandbox.app import build_sandbox
from tests.support.stores import sandbox_store
from tests.support.workbench import NOW

GIVEN = {"type": "prospect", "field": "custom2", "label": "Part in buying"}
JSON = "application/json"


@asynccontextmanager
async def sandbox(*, control: bool = True) -> AsyncGenerator[httpx.AsyncClient]:
    store = sandbox_store()
    app = build_sandbox(store, clock=lambda: NOW, control=control)
    headers = {"Authorization": "Bearer sandbox"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://api.outreach.io", headers=headers
    ) as http:
        yield http
    store.close()


async def labels(http: httpx.AsyncClient) -> dict[str, Any]:
    """Return what `GET /types` tells of every custom field."""
    data = (await http.get("/api/v2/types")).json()["data"]
    return {each["type"]: each["meta"]["validations"] for each in data}


async def test_a_field_gets_another_label_and_nothing_else_changes() -> None:
    async with sandbox() as http:
        before = await labels(http)
        answer = await http.put("/sandbox/labels", json=GIVEN)
        after = await labels(http)
    assert (answer.status_code, answer.content) == (204, b"")
    kind = next(name for name in before if name.lower() == "prospect")
    before[kind]["custom2"]["label"] = "Part in buying"
    assert after == before


@pytest.mark.parametrize(
    ("method", "content", "kind", "status", "says"),
    [
        ("GET", GIVEN, JSON, 405, "use PUT"),
        ("POST", GIVEN, JSON, 405, "use PUT"),
        ("DELETE", GIVEN, JSON, 405, "use PUT"),
        ("PUT", GIVEN, "text/plain", 415, "send application/json"),
        ("PUT", "{", JSON, 422, "the body is not JSON"),
        ("PUT", [GIVEN], JSON, 422, "give type, field and label, each a text"),
        ("PUT", {"type": "prospect", "label": "x"}, JSON, 422, "give type, field and label, each a text"),
        ("PUT", {**GIVEN, "label": 5}, JSON, 422, "give type, field and label, each a text"),
        ("PUT", {**GIVEN, "field": "custom99"}, JSON, 422, "prospect has no custom field custom99"),
        ("PUT", {**GIVEN, "type": "task"}, JSON, 422, "task has no custom field custom2"),
    ],
)
async def test_what_it_does_not_take_changes_nothing(
    method: str, content: Any, kind: str, status: int, says: str
) -> None:
    body = content if isinstance(content, str) else json.dumps(content)
    async with sandbox() as http:
        before = await labels(http)
        answer = await http.request(method, "/sandbox/labels", content=body, headers={"Content-Type": kind})
        assert await labels(http) == before
    assert answer.status_code == status
    assert says in answer.json()["error"]


async def test_it_is_closed_unless_it_is_opened() -> None:
    async with sandbox(control=False) as http:
        answer = await http.put("/sandbox/labels", json=GIVEN)
        assert "Buying role" in str(await labels(http))
    assert answer.status_code == 404
