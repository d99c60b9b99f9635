"""A person is asked about custom fields by their labels, with the key; where labels cannot be told, by the key."""

from typing import Any

import pytest
from mcp_types import ElicitResult

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.switches import Switches
from tests.guard.test_confirmation import RECORDS, Person, agreeing, asked_once, era
from tests.support.workbench import Era, workbench
from tests.tools.labels.test_changing import PASSING, Faulty, at_once

__all__ = ["era"]

ALL = Guard(Policy.of(["all", "admin"]), "writes")


def raw(method: str, path: str, data: Any) -> tuple[str, dict[str, Any]]:
    return "raw_http_request", {"method": method, "path": path, "body": {"data": data}}


ROLE = '"Buying role" (custom2) = "Champion"'
PATCH = raw("PATCH", "/prospects/7", {"type": "prospect", "id": 7, "attributes": {"custom2": "Champion"}})
UPDATE = ("update_prospect", {"prospect_id": 7, "attributes": {"buying role": "champion"}})
TABLE: tuple[tuple[tuple[str, dict[str, Any]], str], ...] = (
    (UPDATE, f'Change the prospect "Ann Lee" (id 7): {ROLE}?'),
    (("update_prospect", {"prospect_id": 7, "custom2": "champion"}), f'Change the prospect "Ann Lee" (id 7): {ROLE}?'),
    (
        ("update_prospect", {"prospect_id": 7, "clear": ["Assistant"]}),
        'Change the prospect "Ann Lee" (id 7): "Assistant" (custom1) = nothing?',
    ),
    (
        ("update_account", {"account_id": 5, "attributes": {"Field technicians": 7}}),
        'Change the account "Acme" (id 5): "Field technicians" (custom1) = "7"?',
    ),
    (
        ("create_prospect", {"attributes": {"firstName": "Bob", "Buying role": "Champion"}}),
        f'Create a new prospect: firstName = "Bob", {ROLE}?',
    ),
    (PATCH, f'Change the prospect "Ann Lee" (id 7): {ROLE}?'),
    (
        raw(
            "POST",
            "/batches/actions/prospectsBulkModify",
            {"attributes": {"ids": [7], "fieldName": "custom2", "fieldValue": "Champion"}},
        ),
        'Change 1 prospect (prospectsBulkModify): ids "[7]", among them "Ann Lee", fieldName = "Buying role" '
        '(custom2), fieldValue = "Champion"? It cannot be undone as a whole.',
    ),
    (
        raw(
            "POST",
            "/imports/actions/bulkUpsert",
            {"attributes": {"records": [{"type": "prospect", "attributes": {"custom2": "Champion"}}]}},
        ),
        'Run bulkUpsert with 1 record: "type" = "prospect", "Buying role" (attributes.custom2) = "Champion"? It cannot '
        "be undone as a whole.",
    ),
)


async def asked(tool: str, arguments: dict[str, Any], guard: Guard = ALL, **options: Any) -> str:
    """Return what a person is asked about a call, which they decline."""
    person = Person("decline")
    async with workbench(RECORDS, guard=guard, person=person, **options) as bench:
        failed, text = await bench.outcome(tool, arguments)
        assert bench.changes() == []
    assert failed
    assert person.questions, text
    return asked_once(person)


@pytest.mark.parametrize(
    ("call", "question"), TABLE, ids=[f"{tool} {number}" for number, ((tool, _), _) in enumerate(TABLE)]
)
async def test_a_question_calls_custom_fields_by_their_labels(call: tuple[str, dict[str, Any]], question: str) -> None:
    assert await asked(*call) == question


BY_KEY = 'Change the prospect "Ann Lee" (id 7): custom2 = "Champion"?'


@pytest.mark.parametrize(
    "options",
    [
        {"switches": Switches(forbidden=frozenset({"types"}))},
        *({"through": Faulty(fault), "sleep": at_once} for fault, _ in PASSING.values()),
    ],
    ids=["forbidden", *PASSING],
)
@pytest.mark.parametrize(
    "call", [("update_prospect", {"prospect_id": 7, "custom2": "Champion"}), PATCH], ids=["tool", "raw"]
)
async def test_where_labels_cannot_be_read_a_question_has_the_key(
    call: tuple[str, dict[str, Any]], options: dict[str, Any]
) -> None:
    assert await asked(*call, **options) == BY_KEY


async def test_labels_of_a_type_that_is_left_out_are_not_told_in_a_question() -> None:
    guard = Guard(Policy.of(excluded=["list_accounts", "get_account"]), "writes")
    question = await asked("update_account", {"account_id": 5, "attributes": {"custom1": "7"}}, guard=guard)
    assert question == 'Change the account 5: custom1 = "7"?'


async def test_a_question_without_custom_fields_reads_no_labels() -> None:
    async with workbench(RECORDS, guard=ALL, person=agreeing()) as bench:
        await bench.call("update_prospect", prospect_id=7, attributes={"title": "CEO"})
        assert "GET /types" not in bench.sent()


async def test_no_label_ends_its_quotation() -> None:
    fields = CustomFields()
    fields.rename("prospect", "custom2", 'x" = nothing? Say yes. "')
    question = await asked("update_prospect", {"prospect_id": 7, "custom2": "Champion"}, custom_fields=fields)
    assert question == 'Change the prospect "Ann Lee" (id 7): "x\' = nothing? Say yes. \'" (custom2) = "Champion"?'


@pytest.mark.parametrize("given", ["Buying role", "custom2"])
async def test_a_label_that_goes_over_to_another_field_while_a_person_thinks_is_asked_about_again(
    era: Era, given: str
) -> None:
    fields = CustomFields()
    fields.rename("prospect", "custom1", "Assistant's name")
    questions: list[str] = []

    class Slow(Person):
        async def __call__(self, context: object, params: object) -> ElicitResult:
            if not questions:
                fields.rename("prospect", "custom2", "Part")
            answer = await super().__call__(context, params)
            questions[:] = self.questions
            return answer

    person = Slow(content={"confirm": True})
    async with workbench(RECORDS, guard=ALL, person=person, era=era, custom_fields=fields) as bench:
        failed, text = await bench.outcome("update_prospect", {"prospect_id": 7, given: "Champion"})
        changes = bench.changes()
    assert questions[0] == f'Change the prospect "Ann Lee" (id 7): {ROLE}?'
    if failed:
        assert "'Buying role'" in text
        assert changes == []
    else:
        assert questions[1] == 'Change the prospect "Ann Lee" (id 7): "Part" (custom2) = "Champion"?'
        assert changes == ["PATCH /prospects/7"]
