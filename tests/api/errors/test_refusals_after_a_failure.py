"""A change that a failing server may have made is not denied by what its next attempt is told."""

import httpx
import pytest

from outreach_mcp.api.errors.tree import OutcomeUnknownError, ServerError
from outreach_tools.client import Request, Response
from tests.api.recording import Recorder, client_on

UPDATE = {"data": {"type": "account", "id": 7, "attributes": {"name": "Acme"}}}


def after_a_503(then: int) -> Recorder:
    """Answer the first request 503, as a gateway does that lost Outreach's own answer, and the next with `then`."""
    answers = [httpx.Response(503, text="Service Unavailable"), httpx.Response(then)]
    return Recorder(lambda _: answers.pop(0))


async def test_a_refusal_after_a_503_leaves_the_outcome_of_an_update_unknown() -> None:
    client = client_on(after_a_503(403))
    with pytest.raises((OutcomeUnknownError, ServerError)):
        await client.send(Request("PATCH", "/accounts/7", body=UPDATE))


async def test_a_record_that_is_gone_after_a_503_counts_as_deleted() -> None:
    client = client_on(after_a_503(404))
    assert await client.send(Request("DELETE", "/accounts/7")) == Response(204, None)
