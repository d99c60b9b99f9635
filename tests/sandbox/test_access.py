"""Access to the sandbox: who is let in, how often, and to what; and the recorded shapes of the refusals."""

import json
from typing import Any

import httpx
import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.faults import Fault
from outreach_sandbox.switches import Switches
from tests.sandbox.service import ORGANISATION, Api, record, sandbox
from tests.support.contract_files import RECORDED_ERRORS, wanted

SHAPES: dict[str, dict[str, Any]] = {
    "401_gateway_invalid_jwt": {"token": "wrong"},
    "401_plain_text_2018": {"token": "wrong", "switches": Switches(plain_text_401=True)},
    "403_unauthorizedOauthScope": {"path": "/calls", "token": "none"},
    "403_unauthorizedRequest": {"path": "/calls", "token": "locked"},
    "404_gateway_route_unauthenticated": {"path": "https://api.outreach.io/.well-known/x", "token": ""},
    "404_resourceNotFound": {"path": "/prospects/1"},
    "404_routeNotFound": {"path": "/nonsense"},
    "415_unsupportedMediaType": {"method": "POST", "path": "/stages", "json": {}},
}
TOKENS = {
    "sandbox": Access(),
    "none": Access(scopes=frozenset()),
    "locked": Access(user=3),
    "reader": Access(scopes=frozenset({"stages.read"})),
    "writer": Access(scopes=frozenset({"stages.write"})),
    "all": Access(scopes=frozenset({"stages.all"})),
    "vic": Access(user=2),
    "nobody": Access(user=99),
}


async def answer(
    path: str = "/prospects",
    *,
    token: str = "sandbox",
    switches: Switches = Switches(),  # noqa: B008 - it is frozen
    method: str = "GET",
    **content: Any,
) -> httpx.Response:
    users = [each for each in ORGANISATION if each.type == "user"]
    async with sandbox(users, tokens=TOKENS, token=token, switches=switches) as api:
        return await api.http.request(method, path, **content)


@pytest.mark.parametrize("name", SHAPES)
async def test_a_refusal_has_the_recorded_shape(name: str) -> None:
    recorded = json.loads(wanted(f"{RECORDED_ERRORS}/{name}.json").read_text(encoding="utf-8"))
    response = await answer(**SHAPES[name])
    body = response.text if isinstance(recorded["body"], str) else response.json()
    assert (response.status_code, body) == (recorded["status"], recorded["body"])


async def test_a_missing_token_is_an_invalid_one() -> None:
    response = await answer(token="")
    assert (response.status_code, response.headers["content-type"]) == (401, "application/json")


@pytest.mark.parametrize(
    ("token", "allowed"),
    [
        ("sandbox", ["GET", "POST", "PATCH", "DELETE"]),
        ("reader", ["GET"]),
        ("writer", ["POST", "PATCH"]),
        ("all", ["GET", "POST", "PATCH", "DELETE"]),
        ("none", []),
    ],
)
async def test_a_scope_gives_its_own_right_and_no_other(token: str, allowed: list[str]) -> None:
    async with sandbox([record("stage", 1, {"name": "A"})], tokens=TOKENS, token=token) as api:
        statuses = {
            "GET": (await api.send("GET", "/stages/1")).status_code,
            "POST": (await api.create("/stages", "stage", {"name": "B"})).status_code,
            "PATCH": (await api.update("/stages/1", "stage", {"name": "C"})).status_code,
            "DELETE": (await api.send("DELETE", "/stages/1")).status_code,
        }
        assert [method for method, status in statuses.items() if status != 403] == allowed


async def test_writes_are_done_in_the_name_of_the_tokens_user() -> None:
    async with sandbox(ORGANISATION, tokens=TOKENS, token="vic") as api:
        created = await api.create("/stages", "stage", {"name": "B"})
        assert created.json()["data"]["relationships"]["creator"]["data"]["id"] == 2


async def test_a_token_of_a_user_who_is_gone_may_do_nothing() -> None:
    assert (await answer(token="nobody")).json()["errors"][0]["id"] == "unauthorizedRequest"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/users/1"),
        ("PUT", "/prospects/1"),
        ("DELETE", "/users/1"),
        ("GET", "/auditLogs/1"),
        ("PATCH", "/sequenceStates/1"),
        ("GET", "/prospects/1/tasks"),
        ("POST", "/batches/actions/prospectsFinish"),
        ("GET", "/audits"),
        ("HEAD", "/prospects"),
    ],
)
async def test_an_operation_that_outreach_does_not_have_is_no_route(method: str, path: str) -> None:
    assert (await answer(path, method=method)).status_code == 404


async def test_an_id_that_is_no_number_is_not_found() -> None:
    assert (await answer("/prospects/me")).json()["errors"][0]["detail"] == "Could not find 'prospect' with ID 'me'."


@pytest.mark.parametrize(
    ("policy", "method", "headers", "status"),
    [
        ("bodies", "GET", {}, 200),
        ("always", "GET", {}, 415),
        ("always", "GET", {"Content-Type": "application/vnd.api+json"}, 200),
        ("bodies", "POST", {"Content-Type": "application/json"}, 415),
        ("bodies", "POST", {"Content-Type": "application/vnd.api+json; charset=utf-8"}, 201),
        ("never", "POST", {"Content-Type": "application/json"}, 201),
    ],
)
async def test_the_media_type_is_demanded_as_the_switch_says(
    policy: Any, method: str, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"data": {"type": "stage", "attributes": {"name": "A"}}}) if method == "POST" else None
    response = await answer(
        "/stages", method=method, headers=headers, content=body, switches=Switches(content_type=policy)
    )
    assert response.status_code == status


async def test_every_answer_says_how_much_of_the_hour_is_left(api: Api) -> None:
    first = await api.http.get("/prospects")
    second = await api.http.get("/nonsense")
    reset = str(int(api.clock.moment.timestamp()) + 3600)
    shown = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    assert [first.headers[name] for name in shown] == ["10000", "9999", reset]
    assert [second.headers[name] for name in shown] == ["10000", "9998", reset]


async def test_two_remaining_numbers_may_be_shown() -> None:
    response = await answer(switches=Switches(two_remaining_numbers=True))
    assert response.headers["X-RateLimit-Remaining"] == "9999, 19999"


async def test_a_spent_hour_is_refused_until_it_is_over() -> None:
    async with sandbox(ORGANISATION, switches=Switches(hourly_limit=1)) as api:
        await api.get("/prospects")
        refused = await api.http.get("/prospects")
        reset = int(api.clock.moment.timestamp()) + 3600
        assert (refused.status_code, refused.headers["Retry-After"], refused.headers["X-RateLimit-Reset"]) == (
            429,
            str(reset),
            str(reset),
        )
        assert refused.json() == {
            "errors": [
                {
                    "id": "rateLimitExceeded",
                    "title": "Rate Limit Exceeded",
                    "detail": "You have exceeded your permitted rate limit of 1; "
                    "please try again at 2026-03-02T10:30:00.",
                }
            ]
        }
        api.clock.forward(hours=1)
        assert (await api.http.get("/prospects")).status_code == 200


async def test_two_users_have_an_hour_each() -> None:
    async with sandbox(ORGANISATION, tokens=TOKENS, switches=Switches(hourly_limit=1)) as api:
        await api.get("/prospects")
        response = await api.http.get("/prospects", headers={"Authorization": "Bearer vic"})
        assert response.status_code == 200


async def test_a_fault_strikes_the_requests_it_was_made_for(api: Api) -> None:
    api.faults.add(Fault(429, method="GET", path="/prospects", times=2))
    statuses = [
        (await api.http.get(path)).status_code for path in ("/stages", "/prospects/1", "/prospects", "/prospects")
    ]
    assert statuses == [200, 429, 429, 200]


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (429, "rateLimitExceeded", "1772443860"),
        (503, "scheduledServerMaintenance", "2026-03-02T09:31:00"),
        (403, "unauthorizedRequest", None),
    ],
)
async def test_a_fault_answers_in_the_shape_of_its_status(api: Api, status: int, code: str, retry: str | None) -> None:
    api.faults.add(Fault(status))
    response = await api.http.get("/prospects")
    assert (response.status_code, response.json()["errors"][0]["id"]) == (status, code)
    assert response.headers.get("Retry-After") == retry


async def test_a_gateway_fault_answers_no_json(api: Api) -> None:
    api.faults.add(Fault(502))
    response = await api.http.get("/prospects")
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html; charset=utf-8")
