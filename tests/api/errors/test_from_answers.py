"""A request whose answer never came: harmless for a read, of unknown outcome for a change."""

import httpx
import pytest

from outreach_mcp.api.errors.from_answers import error_from_loss, error_from_response
from outreach_mcp.api.errors.tree import NetworkError, OutcomeUnknownError, OutreachError, ServerError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.io.http_client import Answer
from outreach_tools.client import JsonObject, Request
from tests.api.recording import NOW, TOKEN, Recorder, answering, client_on, failing

READ = Request("GET", "/prospects")
BODY: JsonObject = {"data": {"type": "prospect", "attributes": {"emails": ["ann@acme.io"]}}}
CREATE = Request("POST", "/prospects", body=BODY)
SENT = Outgoing("POST", "/prospects", body=BODY, at=NOW)

NEVER_SENT = [
    httpx.ConnectError("All connection attempts failed"),
    httpx.ConnectTimeout("too slow"),
    httpx.PoolTimeout("no connection free"),
    httpx.ProxyError("407 Proxy Authentication Required"),
    httpx.LocalProtocolError("not HTTP"),
]
LOST = [
    httpx.ReadTimeout("too slow"),
    httpx.WriteTimeout("too slow"),
    httpx.ReadError("connection reset"),
    httpx.WriteError("broken pipe"),
    httpx.CloseError("closed"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.DecodingError("bad gzip"),
]


async def error_of(request: Request, transport: Recorder) -> OutreachError:
    with pytest.raises(OutreachError) as caught:
        await client_on(transport).send(request)
    return caught.value


def fails_with(error: Exception) -> Recorder:
    return failing(lambda _: error)


@pytest.mark.parametrize("request_", [READ, CREATE], ids=["read", "change"])
@pytest.mark.parametrize("error", NEVER_SENT, ids=lambda error: type(error).__name__)
async def test_a_request_that_never_left_is_a_network_error(request_: Request, error: Exception) -> None:
    found = await error_of(request_, fails_with(error))
    assert (type(found), str(found)) == (
        NetworkError,
        f"Outreach cannot be reached for {request_.method} /prospects ({type(error).__name__}: {str(error)!r}). "
        "Nothing was sent. Check the network, the proxy and OUTREACH_API_URL, then try again.",
    )


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
async def test_a_read_whose_answer_is_lost_is_a_network_error(error: Exception) -> None:
    found = await error_of(READ, fails_with(error))
    assert (type(found), str(found)) == (
        NetworkError,
        f"The answer of Outreach to GET /prospects was lost ({type(error).__name__}: {str(error)!r}). "
        "Nothing was changed by it: try again, asking for fewer records if it took too long.",
    )


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_change_whose_answer_is_lost_has_an_unknown_outcome(error: httpx.HTTPError) -> None:
    found = error_from_loss(SENT, error, str(error))
    assert (type(found), str(found)) == (
        OutcomeUnknownError,
        "POST /prospects may or may not have happened: the connection failed before the answer came "
        f"({type(error).__name__}: {str(error)!r}). Sent at 2026-11-21T09:30:00Z was "
        '{"data":{"type":"prospect","attributes":{"emails":["ann@acme.io"]}}}. '
        "Check before you send it again. Look through the newest of /prospects for what was sent.",
    )


async def test_a_failure_without_words_is_named_by_its_kind() -> None:
    found = await error_of(READ, fails_with(httpx.ReadTimeout("")))
    assert str(found) == (
        "The answer of Outreach to GET /prospects was lost (ReadTimeout). "
        "Nothing was changed by it: try again, asking for fewer records if it took too long."
    )


@pytest.mark.parametrize("status", [408, 502, 504, 524])
async def test_a_gateway_that_lost_the_answer_to_a_read_is_a_server_error(status: int) -> None:
    found = await error_of(READ, answering(status, "<html><title>Bad Gateway</title></html>"))
    assert (type(found), str(found)) == (
        ServerError,
        f"Outreach failed on GET /prospects with {status}: an HTML page entitled 'Bad Gateway', which a proxy in "
        "between may have made. Ask for fewer records or fewer fields, or try again later.",
    )


@pytest.mark.parametrize("status", [408, 502, 504, 524])
def test_a_gateway_that_lost_the_answer_to_a_change_leaves_its_outcome_unknown(status: int) -> None:
    found = error_from_response(SENT, Answer(status, httpx.Headers(), b""), NOW, str)
    assert (type(found), str(found), found.status) == (
        OutcomeUnknownError,
        f"POST /prospects may or may not have happened: a gateway answered {status}: it gave no reason. "
        'Sent at 2026-11-21T09:30:00Z was {"data":{"type":"prospect","attributes":{"emails":["ann@acme.io"]}}}. '
        "Check before you send it again. Look through the newest of /prospects for what was sent.",
        status,
    )


@pytest.mark.parametrize(
    ("sent", "check"),
    [
        (Outgoing("POST", "/prospects"), "Look through the newest of /prospects for what was sent."),
        (Outgoing("PATCH", "/tasks/3", body={}), "Read /tasks/3 and compare it with what was sent."),
        (Outgoing("DELETE", "/tasks/3"), "Read /tasks/3: if it is not found, it is deleted."),
        (
            Outgoing("POST", "/tasks/3/actions/markComplete"),
            "Read /tasks/3 and see whether its state is the one wanted.",
        ),
        (Outgoing("POST", "/batches/actions/prospectsAddTags"), "Look through the newest of /batches."),
    ],
)
def test_an_unknown_outcome_comes_with_the_way_to_check_it(sent: Outgoing, check: str) -> None:
    found = error_from_response(sent, Answer(504, httpx.Headers(), b""), NOW, str)
    assert str(found).endswith(f"Check before you send it again. {check}")


def test_what_was_sent_is_shown_without_passwords() -> None:
    body: JsonObject = {"data": [{"attributes": {"email": "ann@acme.io", "smtpPassword": "hunter2"}}]}
    found = error_from_response(Outgoing("POST", "/mailboxes", body=body), Answer(502, httpx.Headers(), b""), NOW, str)
    assert 'Sent was {"data":[{"attributes":{"email":"ann@acme.io","smtpPassword":"[hidden]"}}]}.' in str(found)


@pytest.mark.parametrize("status", [500, 501, 503, 599])
async def test_a_server_that_failed_on_a_read_is_a_server_error(status: int) -> None:
    found = await error_of(READ, answering(status))
    assert (type(found), str(found)) == (
        ServerError,
        f"Outreach failed on GET /prospects with {status}: it gave no reason. "
        "The fault is on Outreach's side: try again later.",
    )


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_failed_on_a_change_comes_with_the_way_to_check_it(status: int) -> None:
    found = error_from_response(SENT, Answer(status, httpx.Headers(), b""), NOW, str)
    assert str(found) == (
        f"Outreach failed on POST /prospects with {status}: it gave no reason. The fault is on Outreach's side: "
        "try again later. Before that, make sure that nothing was changed. "
        "Look through the newest of /prospects for what was sent."
    )


async def test_a_failure_whose_words_hold_the_token_does_not_repeat_it() -> None:
    found = await error_of(READ, fails_with(httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'")))
    assert TOKEN not in str(found)
