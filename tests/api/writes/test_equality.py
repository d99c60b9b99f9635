"""Whether a record is one that a create would have made."""

from typing import Any

import pytest

from outreach_mcp.api.writes.equality import holds
from outreach_tools.client import JsonObject


def body(attributes: JsonObject, relationships: JsonObject | None = None, type_name: str = "task") -> JsonObject:
    return {"data": {"type": type_name, "attributes": attributes, "relationships": relationships or {}}}


def stored(attributes: JsonObject, relationships: JsonObject | None = None, type_name: str = "task") -> JsonObject:
    return {"id": 1, **body(attributes, relationships, type_name)["data"]}


def to(record_id: Any, type_name: str = "user") -> JsonObject:
    return {"data": {"type": type_name, "id": record_id}}


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"note": "Ring"}, {"note": "Ring", "state": "incomplete"}),
        ({"note": " Ring "}, {"note": "Ring"}),
        ({"note": None}, {}),
        ({"note": ""}, {"note": None}),
        ({"dueAt": "2026-12-01T09:00:00Z"}, {"dueAt": "2026-12-01T09:00:00.000Z"}),
        ({"dueAt": "2026-12-01T10:00:00+01:00"}, {"dueAt": "2026-12-01T09:00:00.000Z"}),
    ],
)
def test_what_is_stored_as_sent_matches(sent: JsonObject, found: JsonObject) -> None:
    assert holds(stored(found), body(sent))


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"note": "Ring"}, {"note": "Call"}),
        ({"note": "Ring"}, {}),
        ({"note": "Ring"}, {"note": "ring"}),
        ({"note": None}, {"note": "Ring"}),
        ({"dueAt": "2026-12-01T09:00:00Z"}, {"dueAt": "2026-12-01T09:00:01.000Z"}),
        ({"dueAt": "tomorrow"}, {"dueAt": "tomorrow"}),
    ],
)
def test_what_is_stored_otherwise_does_not_match(sent: JsonObject, found: JsonObject) -> None:
    assert not holds(stored(found), body(sent))


def test_true_is_not_one() -> None:
    assert not holds(stored({"enabled": 1}, type_name="sequence"), body({"enabled": True}, type_name="sequence"))


def test_emails_match_whatever_their_case_and_order() -> None:
    sent = body({"emails": ["B@x.io", "a@x.io"]}, type_name="prospect")
    assert holds(stored({"emails": ["a@x.io", "b@x.io"]}, type_name="prospect"), sent)


def test_a_password_is_passed_over() -> None:
    sent = body({"email": "a@x.io", "password": "hunter2"}, type_name="mailbox")
    assert holds(stored({"email": "a@x.io"}, type_name="mailbox"), sent)


@pytest.mark.parametrize(("sent", "found"), [(to(1), to("1")), ({"data": None}, {"data": None})])
def test_a_relationship_to_the_same_record_matches(sent: JsonObject, found: JsonObject) -> None:
    assert holds(stored({}, {"owner": found}), body({}, {"owner": sent}))


@pytest.mark.parametrize("found", [to(2), to(1, "team"), {"data": None}, {"links": {"related": "https://x"}}, {}])
def test_another_relationship_does_not_match(found: JsonObject) -> None:
    assert not holds(stored({}, {"owner": found}), body({}, {"owner": to(1)}))


def test_a_list_of_relationships_matches_in_any_order() -> None:
    both = [to(1)["data"], to(2)["data"]]
    assert holds(stored({}, {"owner": {"data": both}}), body({}, {"owner": {"data": both[::-1]}}))


@pytest.mark.parametrize("sent", [None, {}, {"data": []}, body({}, type_name="call"), body({}, type_name="nothing")])
def test_a_body_of_no_such_record_does_not_match(sent: JsonObject | None) -> None:
    assert not holds(stored({}), sent)
