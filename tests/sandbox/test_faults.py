"""The sandbox's faults, as a client sees them, and what has happened by then."""

import json
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest
from starlette.types import Receive, Scope, Send

from outreach_sandbox.faults import ConnectionDroppedError, Effect, Fault
from outreach_sandbox.transport import on_a_port
from tests.sandbox.service import JSON_API, ORGANISATION, Api, sandbox

STAGE = {"type": "stage", "attributes": {"name": "New"}}


@pytest.mark.parametrize(
    ("path", "struck"),
    [
        ("", ["/prospects", "/prospects/1", "/prospectNotes", "/tasks/1/actions/advance"]),
        ("/prospects", ["/prospects", "/prospects/1"]),
        ("/prospects/", ["/prospects", "/prospects/1"]),
        ("/prospects/1", ["/prospects/1"]),
        ("/*/1", ["/prospects/1", "/tasks/1/actions/advance"]),
        ("/*/actions/*", ["/tasks/1/actions/advance"]),
    ],
)
def test_a_faults_path_matches_what_lies_below_it_and_what_its_stars_stand_for(path: str, struck: list[str]) -> None:
    fault = Fault(502, path=path)
    asked = ["/prospects", "/prospects/1", "/prospectNotes", "/tasks/1/actions/advance"]
    assert [each for each in asked if fault.matches("GET", each)] == struck


async def test_a_fault_without_a_number_of_times_strikes_until_it_is_cleared(api: Api) -> None:
    api.faults.add(Fault(504, times=None))
    before = [(await api.http.get("/stages")).status_code for _ in range(3)]
    api.faults.clear()
    assert (before, (await api.http.get("/stages")).status_code) == ([504, 504, 504], 200)


async def test_a_fault_that_has_struck_is_gone(api: Api) -> None:
    api.faults.add(Fault(502, path="/stages"))
    await api.http.get("/stages")
    assert api.faults.waiting == ()


@pytest.mark.parametrize(
    ("effect", "stages"),
    [("answer", 1), ("drop_before", 1), ("drop_after", 2), ("cut_body", 2), ("broken_json", 2)],
)
async def test_a_fault_comes_before_the_commit_or_after_it(api: Api, effect: Effect, stages: int) -> None:
    api.faults.add(Fault(502, effect=effect, method="POST"))
    with suppress(httpx.TransportError):
        await api.send("POST", "/stages", STAGE)
    assert len(await api.ids("/stages")) == stages


@pytest.mark.parametrize("effect", ["drop_before", "drop_after"])
async def test_a_dropped_connection_is_a_protocol_error(api: Api, effect: Effect) -> None:
    api.faults.add(Fault(effect=effect))
    with pytest.raises(httpx.RemoteProtocolError, match="Server disconnected without sending a response"):
        await api.http.get("/stages")


async def test_a_cut_answer_ends_in_an_error_while_it_is_read(api: Api) -> None:
    whole = len((await api.http.get("/stages")).content)
    api.faults.add(Fault(effect="cut_body"))
    with pytest.raises(httpx.RemoteProtocolError, match=rf"received {whole // 2} bytes, expected {whole}"):
        await api.http.get("/stages")


async def test_a_broken_answer_is_half_of_the_json(api: Api) -> None:
    whole = (await api.http.get("/stages")).content
    api.faults.add(Fault(effect="broken_json"))
    response = await api.http.get("/stages")
    assert (response.status_code, response.headers["content-type"], response.content) == (
        200,
        JSON_API,
        whole[: len(whole) // 2],
    )


async def test_a_hanging_request_is_served_when_its_time_is_over() -> None:
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    async with sandbox(ORGANISATION, sleep=sleep) as api:
        api.faults.add(Fault(effect="hang", seconds=30))
        assert ((await api.http.get("/stages")).status_code, asked) == (200, [30])


async def test_a_hanging_request_can_be_given_up_before_anything_is_done() -> None:
    hanging = anyio.Event()

    async def sleep(_: float) -> None:
        hanging.set()
        await anyio.sleep_forever()

    async with sandbox(ORGANISATION, sleep=sleep) as api:
        api.faults.add(Fault(effect="hang"))
        async with anyio.create_task_group() as group:
            group.start_soon(api.send, "POST", "/stages", STAGE)
            await hanging.wait()
            group.cancel_scope.cancel()
        assert len(await api.ids("/stages")) == 1


async def test_on_a_port_a_dropped_connection_is_an_answer_that_never_ends() -> None:
    sent: list[Any] = []

    async def drops(_: Scope, __: Receive, ___: Send) -> None:
        raise ConnectionDroppedError

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    await on_a_port(drops)({"type": "http"}, receive, send)
    assert sent == [{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]}]


async def test_the_control_is_closed_unless_it_is_opened(api: Api) -> None:
    response = await api.http.post("https://api.outreach.io/sandbox/faults", json={"status": 502})
    assert (response.status_code, (await api.http.get("/stages")).status_code) == (404, 200)


async def test_faults_are_set_listed_and_cleared_through_the_control() -> None:
    async with sandbox(ORGANISATION, control=True) as api:
        control = "https://api.outreach.io/sandbox/faults"
        added = await api.http.post(control, json=[{"status": 503, "path": "/stages", "times": 2}])
        struck = (await api.http.get("/stages")).status_code
        listed = (await api.http.get(control)).json()
        cleared = (await api.http.delete(control)).status_code
        fault = {"status": 503, "method": "", "path": "/stages", "times": 1, "effect": "answer"}
        assert (added.status_code, struck, listed, cleared) == (201, 503, [fault], 204)
        assert (await api.http.get(control)).json() == []


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        ('{"status": 502}', "text/plain", 415),
        ("{", "application/json", 422),
        ('{"statuss": 502}', "application/json", 422),
        ('{"effect": "explode"}', "application/json", 422),
        ('{"effect": "answer"}', "application/json", 422),
        ('{"status": 200}', "application/json", 422),
        ('{"effect": "drop_after"}', "application/json", 201),
    ],
)
async def test_the_control_refuses_what_is_no_fault(content: str, media_type: str, status: int) -> None:
    async with sandbox(ORGANISATION, control=True) as api:
        response = await api.http.post(
            "https://api.outreach.io/sandbox/faults", content=content, headers={"Content-Type": media_type}
        )
        assert (response.status_code, bool(json.loads(response.content))) == (status, True)


async def test_a_fault_may_strike_the_token_endpoint() -> None:
    async with sandbox(ORGANISATION) as api:
        api.faults.add(Fault(503, path="/oauth/token"))
        response = await api.http.post("https://api.outreach.io/oauth/token")
        assert response.status_code == 503
