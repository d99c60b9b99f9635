"""A batch action goes out only with the records it names one by one."""

import json
from typing import Any

import pytest

from outreach_mcp.api.errors.tree import UnboundedBatchError
from outreach_tools.client import JsonObject, Query, Request
from tests.api.recording import answering, client_on

ACTION = "/batches/actions/prospectsDestroyAll"
ID_FILTER = "actionParams[filter][id][]"


def with_ids(ids: Any) -> JsonObject:
    return {"data": {"attributes": {"ids": ids}}}


UNBOUNDED: list[tuple[str, Query, JsonObject | None]] = [
    (ACTION, (), None),
    (ACTION, (), {}),
    (ACTION, (), {"data": [1, 2]}),
    (ACTION, (), {"data": {"attributes": {"tags": ["x"]}}}),
    (ACTION, (), with_ids([])),
    (ACTION, (), with_ids("1,2")),
    (ACTION, (), with_ids([1, "all"])),
    (ACTION, (), with_ids([0])),
    (ACTION, (), with_ids([0.0])),
    (ACTION, (), with_ids([-1.0])),
    (ACTION, (), with_ids([1, 692.5])),
    (ACTION, (), with_ids(["692.5"])),
    (ACTION, (), with_ids([1e300])),
    (ACTION, (), with_ids([2.0**53])),
    (ACTION, (), with_ids([True])),
    (ACTION, (), with_ids(["1..inf"])),
    (ACTION, (("actionParams[skipConfirmation]", "true"),), None),
    (ACTION, (("actionParams[filter][id]", "1..inf"),), None),
    (ACTION, ((ID_FILTER, ""),), None),
    (ACTION, ((ID_FILTER, "1"), (ID_FILTER, "__notnull__")), None),
    (ACTION, (("actionParams[filter][stage][id][]", "1"),), None),
    (ACTION, (("actionParams[filter][stage][id][]", "1"),), with_ids([1])),
    (ACTION, ((ID_FILTER, "1"),), with_ids([])),
    (f"{ACTION}?actionParams%5Bfilter%5D%5Bid%5D=1..inf", (), with_ids([1])),
    (f"{ACTION}/", (), None),
    ("/batches/actions/anythingNew", (), None),
    ("/Batches/Actions/prospectsDestroyAll", (), None),
    (f"https://api.outreach.io/api/v2{ACTION}", (), None),
]

BOUNDED: list[tuple[str, Query, JsonObject | None]] = [
    (ACTION, (), with_ids([1, 2])),
    (ACTION, (), with_ids(["1", "2"])),
    (ACTION, ((ID_FILTER, "1"), (ID_FILTER, "2")), None),
    (ACTION, (("actionParams[filter][id]", "1,2"), ("actionParams[skipConfirmation]", "true")), None),
    (f"{ACTION}?actionParams%5Bfilter%5D%5Bid%5D%5B%5D=7", (), None),
    ("/batches/7/actions/confirm", (), None),
    ("/prospects", (), None),
]


@pytest.mark.parametrize(("target", "query", "body"), UNBOUNDED)
async def test_a_batch_action_that_does_not_name_its_records_is_never_sent(
    target: str, query: Query, body: JsonObject | None
) -> None:
    transport = answering(200, {"data": None})
    with pytest.raises(UnboundedBatchError):
        await client_on(transport).send(Request("POST", target, query, body))
    assert transport.requests == []


@pytest.mark.parametrize(("target", "query", "body"), BOUNDED)
async def test_a_batch_action_that_names_its_records_is_sent(
    target: str, query: Query, body: JsonObject | None
) -> None:
    transport = answering(200, {"data": None})
    await client_on(transport).send(Request("POST", target, query, body))
    assert len(transport.requests) == 1


async def test_ids_go_out_as_integers_whatever_their_spelling() -> None:
    transport = answering(200, {"data": None})
    await client_on(transport).send(Request("POST", ACTION, (), with_ids([692.0, "7.0", "8", 9])))
    assert json.loads(transport.requests[0].content) == with_ids([692, 7, "8", 9])
    assert b"692.0" not in transport.requests[0].content


async def test_the_refusal_says_what_is_missing_and_how_to_give_it() -> None:
    with pytest.raises(UnboundedBatchError) as caught:
        await client_on(answering(200)).send(Request("POST", ACTION))
    assert str(caught.value) == (
        "Refused to send POST /batches/actions/prospectsDestroyAll: it names no records, which Outreach takes to mean "
        "every one. Nothing was sent. Name the records in the body: {'data': {'attributes': {'ids': [1, 2]}}}."
    )
