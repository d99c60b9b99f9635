"""Answers of Outreach's that are not what its documents say: read as far as they go, never taken for an empty list."""

from typing import Any

import pytest

from tests.support.workbench import API
from tests.tools.test_hostile_text import outcome_of, saying

ODD_LINKS: dict[str, Any] = {
    "account": {"data": []},
    "owner": None,
    "stage": {"data": {"type": "stage"}},
    "persona": {"data": {"id": 5}},
}
ODD: dict[str, Any] = {"type": "prospect", "id": 7, "attributes": {"title": "CEO"}, "relationships": ODD_LINKS}


@pytest.mark.parametrize(
    ("tool", "arguments", "body"),
    [
        ("list_prospects", {}, {"data": [ODD]}),
        ("list_prospects", {"fields": ["title", "stage.name", "persona"]}, {"data": [ODD]}),
        ("list_prospects", {}, {"data": [ODD], "included": [5, {"id": 1}, {"type": "stage", "id": [1]}]}),
        ("list_prospects", {"fields": ["title", "assignedUsers"]}, {"data": [{**ODD, "relationships": {
            "assignedUsers": {"data": [{"type": "user"}, 5]}}}]}),
        ("get_prospect", {"prospect_id": 7}, {"data": ODD}),
        ("get_prospect", {"prospect_id": 7}, {"data": ODD, "included": [5, {"id": 1}]}),
    ],
)  # fmt: skip
async def test_what_can_be_read_of_an_odd_record_is_shown(tool: str, arguments: dict[str, Any], body: object) -> None:
    failed, text = await outcome_of(saying(200, body), tool, arguments)
    assert not failed, text
    assert '"CEO"' in text


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": ODD}, {"data": "x"}, {"error": "busy"}])
async def test_a_list_without_rows_is_not_taken_for_an_empty_one(body: object) -> None:
    failed, text = await outcome_of(saying(200, body), "list_prospects", {})
    assert failed
    assert text.startswith("Outreach answered /prospects with {")
    assert text.endswith(", which is not a list")


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": [ODD]}])
async def test_a_document_without_a_record_is_not_taken_for_an_empty_one(body: object) -> None:
    failed, text = await outcome_of(saying(200, body), "get_prospect", {"prospect_id": 7})
    assert failed
    assert text.startswith("Outreach answered /prospects/7 with {")
    assert text.endswith(", which is not a record")


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("update_prospect", {"prospect_id": 8, "title": "CEO"}, "PATCH /prospects/8"),
    ("create_prospect", {"emails": ["ann@acme.io"]}, "POST /prospects"),
    ("set_sequence_action", {"sequence_id": 8, "action": "activate"}, "POST /sequences/8/actions/activate"),
]
OTHERS: list[dict[str, Any]] = [{**ODD, "id": 9}, {**ODD, "type": "account", "id": 8}, {"id": 8}, {**ODD, "id": True}]


@pytest.mark.parametrize("other", OTHERS, ids=range(4))
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_prospect", {"prospect_id": 8}),
        ("update_prospect", {"prospect_id": 8, "title": "CEO"}),
        ("delete_prospect", {"prospect_id": 8}),
    ],
)
async def test_another_record_is_not_taken_for_the_one_that_was_asked_for(
    tool: str, arguments: dict[str, Any], other: dict[str, Any]
) -> None:
    failed, text = await outcome_of(saying(200, {"data": other}), tool, arguments)
    assert failed
    assert " in the place of " in text
    assert ("By its status the change was made" in text) == (tool != "get_prospect")


async def test_a_list_with_a_row_of_another_type_is_refused() -> None:
    body = {"data": [ODD, {**ODD, "type": "account"}]}
    failed, text = await outcome_of(saying(200, body), "list_prospects", {})
    assert (failed, text) == (
        True,
        "Outreach answered /prospects with a record of type 'account' in the place of 'prospect': nothing of it is "
        "shown. Try again",
    )


@pytest.mark.parametrize("name", ["get_prospect", "list_prospects"])
async def test_an_attribute_that_is_named_id_is_not_the_records_id(name: str) -> None:
    odd = {"type": "prospect", "id": 7, "attributes": {"id": 666, "title": "CEO"}}
    one = name == "get_prospect"
    arguments: dict[str, Any] = {"prospect_id": 7} if one else {"fields": ["*"]}
    failed, text = await outcome_of(saying(200, {"data": odd if one else [odd]}), name, arguments)
    assert not failed
    assert "7" in text
    assert "666" not in text


@pytest.mark.parametrize("body", [{"data": None}, {}, {"data": []}, {"errors": [{"id": "x", "detail": "No."}]}])
@pytest.mark.parametrize(("tool", "arguments", "asked"), CHANGES)
async def test_a_change_that_is_answered_without_its_record_is_told_as_made_by_its_status(
    tool: str, arguments: dict[str, Any], asked: str, body: object
) -> None:
    failed, text = await outcome_of(saying(200, body), tool, arguments)
    assert failed
    assert text.startswith(f"Outreach answered {asked} with ")
    assert "By its status the change was made" in text


@pytest.mark.parametrize(("status", "said"), [(202, "accepted"), (204, "done"), (205, "done")])
@pytest.mark.parametrize(("tool", "arguments", "asked"), CHANGES)
async def test_a_change_whose_status_comes_without_a_body_is_a_success(
    tool: str, arguments: dict[str, Any], asked: str, status: int, said: str
) -> None:
    failed, text = await outcome_of(saying(status, b""), tool, arguments)
    assert not failed, text
    assert said in text
    assert ('"id":8' in text) == (not asked.endswith("/prospects"))


@pytest.mark.parametrize("number", [b"1e999", b"-1e999"])
async def test_a_number_that_is_too_large_is_shown_as_null(number: bytes) -> None:
    body = b'{"data":{"type":"prospect","id":7,"attributes":{"engagedScore":' + number + b',"title":"CEO"}}}'
    failed, text = await outcome_of(saying(200, body), "get_prospect", {"prospect_id": 7})
    assert not failed
    assert "Infinity" not in text
    assert '"engagedScore":null' in text


RAW: list[tuple[str, str, Any, bool]] = [
    ("GET", "/prospects/8", {**ODD, "id": 8}, True),
    ("GET", "/prospects/8", {**ODD, "id": "8"}, True),
    ("GET", "/prospects/8?fields[prospect]=title", {**ODD, "id": 9}, False),
    ("GET", "/prospects/8/", {**ODD, "id": 9}, False),
    ("GET", "/prospects/8", {**ODD, "id": 8, "type": "account"}, False),
    ("GET", "/prospects/8", [{**ODD, "id": 9}], False),
    ("GET", "/prospects", [{**ODD, "id": 9}], True),
    ("GET", "/prospects", [ODD, {**ODD, "type": "account"}], False),
    ("GET", "/prospects/8", None, True),
    ("GET", "/customObjects/8", {"type": "car", "id": 9}, True),
    ("PATCH", "/prospects/8", {**ODD, "id": 9}, False),
    ("DELETE", "/prospects/8", {**ODD, "id": 9}, False),
    ("POST", "/tasks/8/actions/snooze", {"type": "mailing", "id": 9}, True),
    ("POST", "/complianceRequests", {"batch_compliance_request_id": "x"}, True),
]
"""The answers to a raw request, and whether each is about what its path names."""


@pytest.mark.parametrize(("method", "path", "data", "shown"), RAW)
async def test_a_raw_request_is_answered_with_what_its_path_names_or_not_at_all(
    method: str, path: str, data: Any, shown: bool
) -> None:
    body = {"body": {"data": {"type": "prospect", "id": 8, "attributes": {"title": "x"}}}} if method == "PATCH" else {}
    arguments = {"method": method, "path": path, **body}
    failed, text = await outcome_of(saying(200, {"data": data}), "raw_http_request", arguments)
    assert (failed, " in the place of " in text) == (not shown, not shown), text
    assert ("By its status the change was made" in text) == (not shown and method != "GET")


@pytest.mark.parametrize(("data", "shown"), [({**ODD, "id": 8}, True), ({**ODD, "id": 9}, False)])
async def test_a_link_to_a_record_is_answered_with_that_record_or_not_at_all(data: Any, shown: bool) -> None:
    failed, text = await outcome_of(saying(200, {"data": data}), "execute_link", {"link": f"{API}/prospects/8"})
    assert (failed, "the record with id 9 in the place of 8" in text) == (not shown, not shown), text
