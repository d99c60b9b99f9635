"""Everything that the contract allows is let through, and a person can be asked about all of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.grammar import fault_of
from outreach_mcp.guard.policy import Policy
from outreach_mcp.guard.question import question_for
from outreach_mcp.guard.shown_values import UnshowableError
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import resource_types
from outreach_tools.client import JsonObject, Request, Response
from tests.contract.smallest import UUID, smallest_requests
from tests.guard.test_confirmation import RECORDS, Person, asked_once
from tests.support.workbench import workbench

TAGGED = {"data": {"attributes": {"ids": [7], "tags": ["x"]}}, "type": "batch"}


class Nameless:
    """An Outreach whose records have no names: a question about one says its number."""

    async def send(self, request: Request) -> Response:
        assert request.method == "GET"
        return Response(200, {"data": {"attributes": {}}})

    async def current_user_id(self) -> int:
        return 1


async def fault_of_question(outgoing: Outgoing) -> str:
    """Return why a question about a request cannot be asked, or what is missing in it; else nothing."""
    try:
        question = await question_for(outgoing, Nameless())
    except UnshowableError as error:
        return str(error)
    operation = outgoing.operation
    if "customObject" not in operation.kind and "knows nothing of" in question.text:
        return f"not known: {question.text}"
    own = operation.record_id
    return "" if own is None or str(own) in question.text else f"no id {own}: {question.text}"


async def test_whatever_the_contract_allows_is_in_the_grammar_and_can_be_asked_about(openapi_file: Path) -> None:
    requests = [each for pair in smallest_requests(openapi_file) for each in pair]
    assert len(requests) == 506
    faults = {f"{each.method} {each.path}": fault for each in requests if (fault := fault_of(each))}
    assert faults == {}
    changes = [each for each in requests if each.method != "GET"]
    assert sum("type" in (each.body or {}) for each in changes) == 27
    untold = {f"{each.method} {each.path}": await fault_of_question(each) for each in changes}
    assert {asked: fault for asked, fault in untold.items() if fault} == {}


@pytest.mark.parametrize("kind", ["import", "prospect", 7, ["batch"]])
async def test_another_type_beside_data_than_the_paths_is_refused_for_its_own_reason(kind: Any) -> None:
    outgoing = Outgoing("POST", "/batches/actions/prospectsAddTags", (), {**TAGGED, "type": kind})
    assert fault_of(outgoing) == ""
    assert f"the body says type {kind!r}, and the path leads to 'batch'" in await fault_of_question(outgoing)


def test_a_type_beside_data_is_in_the_grammar_where_the_contract_draws_it_alone(openapi_file: Path) -> None:
    drawn: set[str] = set()
    for small, _ in smallest_requests(openapi_file):
        beside = replace(small, body={**(small.body or {}), "type": small.operation.type})
        if small.method != "GET" and not fault_of(beside):
            drawn.add(small.path)
    assert drawn == {whole.path for _, whole in smallest_requests(openapi_file) if "type" in (whole.body or {})}


async def test_a_bulk_action_in_the_contracts_own_form_is_asked_about_and_sent() -> None:
    person = Person("decline")
    arguments = {"method": "POST", "path": "/batches/actions/prospectsAddTags", "body": TAGGED}
    async with workbench(RECORDS, guard=Guard(Policy.of(), "writes"), person=person) as bench:
        await bench.outcome("raw_http_request", arguments)
    assert asked_once(person).startswith('Add tags to 1 prospect (prospectsAddTags): ids "[7]"')
    async with workbench(RECORDS, guard=Guard(Policy.of(), "never")) as bench:
        await bench.call("raw_http_request", **arguments)
        assert bench.changes() == ["POST /batches/actions/prospectsAddTags"]


LACKED = [each for each in resource_types().values() if "create" not in each.operations]
KNOWN: list[tuple[str, str, bool]] = [
    *(("POST", f"/{each.path}", False) for each in LACKED),
    *(("DELETE", f"/{each.path}/7", False) for each in resource_types().values() if "delete" not in each.operations),
    ("PATCH", f"/orgSettings/{UUID}", True),
    ("PATCH", f"/orgSettings/{UUID.upper()}", True),
    ("DELETE", f"/orgSettings/{UUID}", False),
    ("PATCH", f"/prospects/{UUID}", False),
    ("PATCH", "/prospects/7", True),
    ("PATCH", "/prospects/7/", False),
    ("POST", "/prospects", True),
    ("POST", "/tasks/7/actions/snooze", True),
    ("POST", "/tasks/actions/snooze", False),
    ("POST", "/tasks/7/actions/somethingNew", False),
    ("POST", "/batches/actions/prospectsAddTags", True),
    ("POST", "/batches/7/actions/prospectsAddTags", False),
    ("PATCH", "/batches/actions/prospectsAddTags", False),
    ("POST", "/batches/actions/somethingNew", False),
    ("POST", "/customObjects", False),
    ("POST", "/types", False),
]


@pytest.mark.parametrize(("method", "path", "known"), KNOWN)
async def test_a_question_says_of_what_it_is_about_or_that_nobody_knows_it(method: str, path: str, known: bool) -> None:
    outgoing = Outgoing(method, path, (), {"data": {"attributes": {"ids": [7]}}} if "/batches/" in path else None)
    assert outgoing.operation.known == known
    asked = (await question_for(outgoing, Nameless())).text
    assert ("which this server does not know" in asked) != known


async def test_a_record_with_a_uuid_is_asked_about_as_itself() -> None:
    body: JsonObject = {"data": {"type": "orgSetting", "id": UUID, "attributes": {"sendExclusions": ""}}}
    path = f"/orgSettings/{UUID}"
    asked = await question_for(Outgoing("PATCH", path, (), body), Nameless())
    assert asked.text == f'Change the orgSetting {UUID}: sendExclusions = ""?'
    other = json.loads(json.dumps(body).replace(UUID, UUID[:-1] + "1"))
    with pytest.raises(UnshowableError, match="the body says id"):
        await question_for(Outgoing("PATCH", path, (), other), Nameless())
