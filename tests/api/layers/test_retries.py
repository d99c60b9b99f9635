"""The requests that are sent again, how often, and after which pauses."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import NetworkError, OutreachError, RateLimitError, ServerError
from outreach_tools.client import JsonObject, Request, Response
from tests.api.recording import NOW, Recorder, Time, answering, client_on, failing

BODY: JsonObject = {"data": {"type": "account", "attributes": {"name": "Acme"}}}
READ = Request("GET", "/accounts")
DELETE = Request("DELETE", "/accounts/7")
UPDATE = Request("PATCH", "/accounts/7", body=BODY)
CREATE = Request("POST", "/personas", body={"data": {"type": "persona", "attributes": {"name": "Buyer"}}})
ACTION = Request("POST", "/tasks/7/actions/markComplete")

HARMLESS = {"read": READ, "delete": DELETE, "update": UPDATE}
ONCE = {"create": CREATE, "action": ACTION}
EVERY = HARMLESS | ONCE

LOST = [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
NEVER_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]


def failing_once(failure: httpx.Response | type[httpx.RequestError]) -> Recorder:
    """Fail the first request, and answer those after it."""
    failures = [failure]

    def answer(request: httpx.Request) -> httpx.Response:
        if not failures:
            return httpx.Response(200, json={"data": {"type": "account", "id": 7}})
        first = failures.pop()
        if isinstance(first, httpx.Response):
            return first
        raise first("gone", request=request)

    return Recorder(answer)


def times_sent(transport: Recorder, request: Request) -> int:
    return sum(sent.method == request.method for sent in transport.requests)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("kind", HARMLESS)
async def test_what_does_no_harm_is_sent_again_after_a_passing_failure(kind: str, status: int) -> None:
    transport = failing_once(httpx.Response(status))
    assert (await client_on(transport).send(HARMLESS[kind])).status == 200
    assert times_sent(transport, HARMLESS[kind]) == 2


@pytest.mark.parametrize("error", LOST)
@pytest.mark.parametrize("kind", HARMLESS)
async def test_what_does_no_harm_is_sent_again_after_a_lost_answer(kind: str, error: type[httpx.RequestError]) -> None:
    transport = failing_once(error)
    assert (await client_on(transport).send(HARMLESS[kind])).status == 200
    assert times_sent(transport, HARMLESS[kind]) == 2


@pytest.mark.parametrize("error", NEVER_SENT)
@pytest.mark.parametrize("kind", EVERY)
async def test_everything_is_sent_again_that_never_left(kind: str, error: type[httpx.RequestError]) -> None:
    transport = failing_once(error)
    assert (await client_on(transport).send(EVERY[kind])).status == 200
    assert times_sent(transport, EVERY[kind]) == 2


@pytest.mark.parametrize("kind", ONCE)
async def test_everything_is_sent_again_that_the_limit_refused(kind: str) -> None:
    transport = failing_once(httpx.Response(429))
    assert (await client_on(transport).send(ONCE[kind])).status == 200


@pytest.mark.parametrize("failure", [*LOST, *(httpx.Response(status) for status in (500, 502, 503, 504, 520))], ids=str)
@pytest.mark.parametrize("kind", ONCE)
async def test_a_create_or_an_action_that_may_have_been_done_is_sent_once(
    kind: str, failure: httpx.Response | type[httpx.RequestError]
) -> None:
    copy = httpx.Response(failure.status_code) if isinstance(failure, httpx.Response) else failure
    transport = failing_once(copy)
    with pytest.raises(OutreachError):
        await client_on(transport).send(ONCE[kind])
    assert times_sent(transport, ONCE[kind]) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 409, 415, 422])
@pytest.mark.parametrize("kind", EVERY)
async def test_a_refusal_is_final(kind: str, status: int) -> None:
    transport = answering(status)
    with pytest.raises(OutreachError):
        await client_on(transport).send(EVERY[kind])
    assert times_sent(transport, EVERY[kind]) == 1


async def test_the_pauses_double_and_the_attempts_end() -> None:
    time, transport = Time(), answering(503)
    with pytest.raises(ServerError):
        await client_on(transport, time=time).send(READ)
    assert (time.sleeps, len(transport.requests)) == ([0.5, 1.0, 2.0, 4.0, 8.0], 6)


async def test_no_pause_outlasts_the_deadline() -> None:
    time = Time()
    with pytest.raises(ServerError):
        await client_on(answering(503), time=time, deadline=3.0).send(READ)
    assert time.sleeps == [0.5, 1.0]


async def test_each_call_has_a_deadline_of_its_own() -> None:
    time = Time()
    client = client_on(answering(503), time=time, deadline=1.0)
    for _ in range(2):
        with pytest.raises(ServerError):
            await client.send(READ)
    assert time.sleeps == [0.5, 0.5]


@pytest.mark.parametrize("lasting", [httpx.ProxyError, httpx.UnsupportedProtocol, httpx.LocalProtocolError])
async def test_what_cannot_pass_is_not_tried_again(lasting: type[httpx.RequestError]) -> None:
    transport = failing(lambda _: lasting("no"))
    with pytest.raises(NetworkError):
        await client_on(transport).send(READ)
    assert len(transport.requests) == 1


LATER = NOW + timedelta(seconds=7)


@pytest.mark.parametrize(
    "retry_after",
    [str(int(LATER.timestamp())), "7", format_datetime(LATER, usegmt=True), f"{LATER:%Y-%m-%dT%H:%M:%SZ}"],
    ids=["epoch", "seconds", "HTTP date", "ISO time"],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_the_time_that_outreach_names_is_waited_for(status: int, retry_after: str) -> None:
    time = Time()
    transport = failing_once(httpx.Response(status, headers={"Retry-After": retry_after}))
    assert (await client_on(transport, time=time).send(READ)).status == 200
    assert time.sleeps == [7.5]


async def test_a_time_beyond_the_deadline_is_told_at_once() -> None:
    time, later = Time(), int(NOW.timestamp()) + 1800
    with pytest.raises(RateLimitError, match=r"Send it again after 2026-11-21T10:00:00Z \(in 30 minutes\)\."):
        await client_on(answering(429, headers={"Retry-After": str(later)}), time=time).send(READ)
    assert time.sleeps == []


FAILURES = st.sampled_from([429, 502, 503, 504, None])


@given(st.lists(FAILURES, max_size=5))
async def test_a_read_that_succeeds_in_time_succeeds(failures: list[int | None]) -> None:
    left = [*failures]

    def answer(request: httpx.Request) -> httpx.Response:
        if not left:
            return httpx.Response(200, json={"data": []})
        status = left.pop()
        if status is None:
            raise httpx.ReadError("gone", request=request)
        return httpx.Response(status)

    time, transport = Time(), Recorder(answer)
    assert await client_on(transport, time=time).send(READ) == Response(200, {"data": []})
    assert (len(transport.requests), len(time.sleeps)) == (len(failures) + 1, len(failures))
