"""The budget of an answer, in o200k tokens: it holds for every kind of answer, whatever Outreach says."""

import json
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import pytest
from mcp_types import ElicitRequestFormParams, ElicitResult

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import API, workbench
from tests.tools.test_hostile_text import outcome_of, saying

O200K = bpe_openai.get_encoding("o200k_base")
BUDGET = 500
LONG = "Lorem ipsum dolor, sit amet. " * 400
PERSIAN = "می\u200cخواهم ببینم " * 400
CUSTOM = {f"custom{number}": "value " * 40 for number in range(1, 151)}
RECORD = {"name": LONG, "title": PERSIAN, "note": LONG, "bodyHtml": f"<p>{LONG}</p>", "tags": [LONG] * 5, **CUSTOM}


def resource(kind: str, number: int) -> dict[str, Any]:
    return {"type": kind, "id": number, "attributes": RECORD}


ONE: dict[str, Any] = {"data": resource("prospect", 7)}
MANY: dict[str, Any] = {"data": [resource("prospect", number) for number in range(1, 60)]}
CALLS: list[tuple[str, dict[str, Any], object]] = [
    ("list_prospects", {}, MANY),
    ("list_prospects", {"fields": ["*"]}, MANY),
    ("list_prospects", {"fields": ["tags", "personalNote1", "title"]}, MANY),
    ("list_account_options", {}, {"data": [resource("account", number) for number in range(1, 60)]}),
    ("get_prospect", {"prospect_id": 7}, ONE),
    ("get_prospect", {"prospect_id": 7, "fields": ["*"]}, ONE),
    ("get_prospect", {"prospect_id": 7, "fields": ["tags"]}, ONE),
    ("create_account", {"attributes": {"name": "x"}}, {"data": resource("account", 5)}),
    ("update_prospect", {"prospect_id": 7, "attributes": {**CUSTOM, "tags": ["x"]}}, ONE),
    ("set_task_action", {"task_id": 11, "action": "markComplete"}, {"data": resource("task", 11)}),
    ("delete_prospect", {"prospect_id": 7}, ONE),
    ("execute_link", {"link": f"{API}/prospects"}, MANY),
    ("execute_link", {"link": f"{API}/prospects/7"}, ONE),
    ("execute_link", {"link": f"{API}/strange/7"}, {"data": resource("strange", 7)}),
    ("raw_http_request", {"method": "GET", "path": "/prospects"}, MANY),
    ("raw_http_request", {"method": "GET", "path": "/prospects/7"}, ONE),
    ("raw_http_request", {"method": "GET", "path": "/strange"}, {LONG: LONG, "numbers": list(range(9000))}),
    ("raw_http_request", {"method": "GET", "path": "/strange"}, {f"key{n}": n for n in range(9000)}),
]


STRANGE = {"filters": {"taskType": [f"strange value {number}" for number in range(300)]}}
COLUMNS = [f"custom{number}" for number in range(1, 151)]
DEEP = [f"account.{name}" for name in COLUMNS]
FAR = f"{API}/prospects?page%5Bafter%5D={'aB3d' * 150}"
FRAMES: list[tuple[str, dict[str, Any], object]] = [
    ("list_tasks", STRANGE, {"data": []}),
    ("list_tasks", STRANGE, {"data": [{"type": "task", "id": n, "attributes": {"taskType": f"strange value {n}"}}
                                      for n in range(25)]}),
    ("list_prospects", {"fields": COLUMNS}, {"data": []}),
    ("list_prospects", {"fields": DEEP}, {"data": []}),
    ("list_prospects", {"fields": COLUMNS}, {"data": [{"type": "prospect", "id": n} for n in range(25)]}),
    ("list_prospects", {"fields": DEEP}, {"data": [{"type": "prospect", "id": n} for n in range(25)]}),
    ("list_prospects", {"fields": ["title"]}, {"data": [resource("prospect", n) for n in range(25)],
                                               "links": {"next": FAR}}),
    ("list_prospects", {"fields": ["title"]}, {"data": [{"type": "prospect", "id": n, "attributes": {"title": "CEO"}}
                                                        for n in range(99)], "links": {"next": FAR}}),
    ("list_prospects", {"filters": dict.fromkeys(COLUMNS, "not null")}, {"data": [resource("prospect", 1)] * 9}),
]  # fmt: skip


def tokens(text: str) -> int:
    return len(O200K.encode(text))


@pytest.mark.parametrize(("tool", "arguments", "body"), FRAMES)
async def test_what_stands_around_the_rows_stays_within_the_budget_too(
    tool: str, arguments: dict[str, Any], body: object
) -> None:
    failed, text = await outcome_of(saying(200, body), tool, arguments, BUDGET)
    assert not failed, text
    assert tokens(text) <= BUDGET
    answer = json.loads(text)
    assert answer["returned"] == len(answer["rows"])


@pytest.mark.parametrize(("tool", "arguments", "body"), CALLS)
async def test_an_answer_stays_within_the_budget_and_says_what_is_missing(
    tool: str, arguments: dict[str, Any], body: object
) -> None:
    failed, text = await outcome_of(saying(200, body), tool, arguments, BUDGET)
    assert not failed, text
    assert tokens(text) <= BUDGET
    assert tool == "delete_prospect" or json.loads(text).get("note") or "…" in text


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500])
@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"id": "validationError", "detail": LONG, "source": {"pointer": PERSIAN}}] * 300},
        {"error": PERSIAN, "description": PERSIAN},
        "👩\u200d🚀" * 5000,
    ],
)
async def test_a_message_that_quotes_outreach_stays_within_the_budget(status: int, body: object) -> None:
    arguments = {"method": "DELETE", "path": "/prospects/7"}
    failed, text = await outcome_of(saying(status, body), "raw_http_request", arguments, BUDGET)
    assert failed
    assert tokens(text) <= BUDGET


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_prospect", {"prospect_id": 7, "fields": [f"{PERSIAN}{number}" for number in range(50)]}),
        ("get_prospect", {PERSIAN: 7}),
        ("list_prospects", {"filters": [{"field": LONG, "criteria": LONG}]}),
        ("list_prospects", {"sort": PERSIAN}),
        ("update_prospect", {"prospect_id": 7, "attributes": {LONG: LONG}}),
        ("set_task_action", {"task_id": 7, "action": LONG}),
    ],
)
async def test_a_message_that_quotes_the_arguments_stays_within_the_budget(
    tool: str, arguments: dict[str, Any]
) -> None:
    async with workbench([], max_result_tokens=BUDGET) as bench:
        assert tokens(await bench.refused(tool, **arguments)) <= BUDGET


async def test_a_question_and_what_is_told_of_it_stay_within_the_budget() -> None:
    questions: list[str] = []

    async def person(context: object, params: object) -> ElicitResult:
        assert context is not None
        assert isinstance(params, ElicitRequestFormParams)
        questions.append(params.message)
        return ElicitResult(action="decline")

    ann = Record("prospect", 7, {"firstName": LONG[:250]}, {"account": Identifier("account", 5)})
    guard = Guard(Policy.of(), "writes")
    async with workbench([ann], guard=guard, person=person, max_result_tokens=BUDGET) as bench:
        told = await bench.refused("update_prospect", prospect_id=7, attributes={**CUSTOM, "title": PERSIAN[:200]})
    assert max(map(tokens, (*questions, told))) <= BUDGET
