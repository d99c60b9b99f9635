"""Answers of Outreach's that are not what its documents say: read as far as they go, never taken for an empty list."""

from typing import Any

import pytest

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
    assert text.endswith(", which is no list")


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": [ODD]}])
async def test_a_document_without_a_record_is_not_taken_for_an_empty_one(body: object) -> None:
    failed, text = await outcome_of(saying(200, body), "get_prospect", {"prospect_id": 7})
    assert failed
    assert text.startswith("Outreach answered /prospects/7 with {")
    assert text.endswith(", which is no record")
