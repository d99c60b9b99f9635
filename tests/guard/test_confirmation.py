"""Confirmation: a person is asked, in plain words, before what cannot be taken back; else nothing is sent."""

from typing import Any

import pytest
from mcp import MCPError
from mcp_types import ElicitRequestFormParams, ElicitResult, InputRequiredResult, InputResponses

from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import Era, Workbench, workbench

ERAS: tuple[Era, ...] = ("legacy", "auto")
DESTRUCTIVE = Guard(Policy.of(), "destructive")
WRITES = Guard(Policy.of(), "writes")
STRICT = Guard(Policy.of(), "destructive", strict=True)

SALLY = Record("user", 1, {"firstName": "Sally", "lastName": "Smith"})
ANN = Record(
    "prospect",
    7,
    {"firstName": "Ann", "lastName": "Lee", "emails": ["ann@x.example"]},
    {"account": Identifier("account", 5)},
)
ACME = Record("account", 5, {"name": "Acme"})
SEQUENCE = Record("sequence", 3, {"name": "Welcome", "enabled": True})
MAILBOX = Record("mailbox", 4, {"email": "sally@x.example"}, {"user": Identifier("user", 1)})
ENROLMENT = Record(
    "sequenceState",
    9,
    {"state": "active"},
    {"prospect": Identifier("prospect", 7), "sequence": Identifier("sequence", 3), "mailbox": Identifier("mailbox", 4)},
)
TASK = Record(
    "task",
    11,
    {"action": "email", "state": "incomplete"},
    {"subject": Identifier("prospect", 7), "mailing": Identifier("mailing", 5)},
)
MAILING = Record(
    "mailing",
    5,
    {"subject": "Hi", "bodyHtml": "<p>Hi</p>", "state": "drafted"},
    {"prospect": Identifier("prospect", 7), "mailbox": Identifier("mailbox", 4)},
)
RECORDS = [SALLY, ACME, ANN, SEQUENCE, MAILBOX, ENROLMENT, TASK, MAILING]


class Person:
    """Someone who answers every question in the same way, and remembers what was asked."""

    def __init__(self, action: str = "accept", content: dict[str, Any] | None = None) -> None:
        self.questions: list[str] = []
        self.forms: list[object] = []
        self._answer = ElicitResult.model_validate({"action": action, "content": content})

    def say(self, answer: ElicitResult) -> None:
        """Give this answer from now on, whether or not a form can give it back."""
        self._answer = answer

    async def __call__(self, context: object, params: object) -> ElicitResult:
        assert context is not None
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        self.forms.append(params.requested_schema)
        return self._answer


def agreeing() -> Person:
    return Person(content={"confirm": True})


def asked_once(person: Person) -> str:
    (question,) = person.questions
    return question


async def delete_ann(bench: Workbench) -> tuple[bool, str]:
    return await bench.outcome("delete_prospect", {"prospect_id": 7})


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    chosen: Era = request.param
    return chosen


async def test_a_delete_is_asked_about_with_name_id_and_what_hangs_on_it(era: Era) -> None:
    person = agreeing()
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person, era=era) as bench:
        failed, text = await delete_ann(bench)
        assert bench.changes() == ["DELETE /prospects/7"]
    assert (failed, text) == (False, '{"deleted":true,"id":7}')
    assert asked_once(person) == (
        'Delete the prospect "Ann Lee" (id 7) for good? It has 1 active enrolment. This cannot be undone.'
    )


@pytest.mark.parametrize(
    ("person", "word"),
    [
        (Person("decline"), "declined"),
        (Person("cancel"), "closed the question"),
        (Person("accept", {"confirm": False}), "did not agree"),
        (Person("accept", {}), "did not agree"),
    ],
    ids=["declined", "closed", "no", "empty"],
)
async def test_without_agreement_nothing_is_sent_and_the_answer_says_so(person: Person, word: str, era: Era) -> None:
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person, era=era) as bench:
        failed, text = await delete_ann(bench)
        assert bench.changes() == []
    assert failed
    assert word in text
    assert "Nothing was sent." in text


@pytest.mark.parametrize(
    "word",
    [
        "true",
        "True",
        "yes",
        "on",
        "1",
        "false",
        "no",
        "0",
        "",
        "  ",
        1,
        0,
        -1,
        1.0,
        0.0,
        None,
        False,
        [],
        [""],
        ["true"],
    ],
    ids=repr,
)
async def test_only_the_boolean_true_is_a_yes(word: Any, era: Era) -> None:
    person = Person()
    person.say(ElicitResult.model_construct(action="accept", content={"confirm": word}))
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person, era=era) as bench:
        try:
            failed, text = await delete_ann(bench)
        except MCPError as error:  # what no form can give back is not even an answer
            failed, text = True, str(error)
        assert bench.changes() == []
    assert failed
    assert "fault in this server" not in text


async def test_the_form_offers_no_yes_by_default(era: Era) -> None:
    person = agreeing()
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person, era=era) as bench:
        await delete_ann(bench)
    (form,) = person.forms
    assert form == {
        "type": "object",
        "properties": {"confirm": {"type": "boolean", "title": "Yes, do it"}},
        "required": ["confirm"],
    }


async def test_a_client_that_cannot_ask_is_relied_on_for_its_own_approval(era: Era) -> None:
    async with workbench(RECORDS, guard=DESTRUCTIVE, era=era) as bench:
        failed, _ = await delete_ann(bench)
    assert not failed


async def test_strict_refuses_where_nobody_can_be_asked(era: Era) -> None:
    async with workbench(RECORDS, guard=STRICT, era=era) as bench:
        failed, text = await delete_ann(bench)
        assert bench.changes() == []
    assert failed
    assert "this client cannot ask for it (OUTREACH_MCP_CONFIRM_STRICT). Nothing was sent." in text


@pytest.mark.parametrize("name", ["confirm", "confirmed", "force", "yes"])
async def test_no_argument_lets_a_model_confirm_for_itself(name: str) -> None:
    async with workbench(RECORDS, guard=STRICT) as bench:
        failed, _ = await bench.outcome("delete_prospect", {"prospect_id": 7, name: True})
        assert bench.sent() == []
    assert failed


@pytest.mark.parametrize(
    ("tool", "arguments", "question"),
    [
        (
            "delete_account",
            {"account_id": 5},
            'Delete the account "Acme" (id 5) for good? It has 1 prospect. This cannot be undone.',
        ),
        (
            "delete_sequence",
            {"sequence_id": 3},
            'Delete the sequence "Welcome" (id 3) for good? It has 1 active prospect. This cannot be undone.',
        ),
        ("delete_task", {"task_id": 11}, "Delete the task 11 for good? This cannot be undone."),
        (
            "create_compliance_request",
            {
                "requester_email": "dpo@x.example",
                "request_type": "Delete",
                "object_type": "Prospect",
                "request_object_email": "ann@x.example",
            },
            'Erase all data of "ann@x.example" in Outreach for good: requester_email = "dpo@x.example", object_type = '
            '"Prospect"? This cannot be undone.',
        ),
        (
            "create_mailing",
            {
                "attributes": {"subject": "Hello", "bodyHtml": "<p>Hi</p>", "state": "scheduled"},
                "relationships": {"mailbox": 4, "prospect": 7},
            },
            'Send an e-mail to the prospect "Ann Lee" (id 7) from the mailbox "sally@x.example" (id 4) with the '
            'subject "Hello" and the text "Hi"? Once it is out it cannot be called back.',
        ),
        (
            "set_task_action",
            {"task_id": 11, "action": "deliver"},
            'Send the e-mail of the task 11 to the prospect "Ann Lee" (id 7) from the mailbox "sally@x.example" (id 4) '
            'with the subject "Hi" and the text "Hi" now? It cannot be called back.',
        ),
        (
            "raw_http_request",
            {
                "method": "POST",
                "path": "/batches/actions/prospectsDestroyAll",
                "body": {"data": {"attributes": {"ids": [7, 8]}}},
            },
            'Delete 2 prospects for good (prospectsDestroyAll): ids "[7, 8]", among them "Ann Lee"? It cannot be '
            "undone as a whole.",
        ),
        (
            "raw_http_request",
            {
                "method": "PATCH",
                "path": "/mailings/5",
                "body": {"data": {"type": "mailing", "id": 5, "attributes": {"state": "scheduled"}}},
            },
            'Send an e-mail 5 to the prospect "Ann Lee" (id 7) from the mailbox "sally@x.example" (id 4) with the '
            'subject "Hi" and the text "Hi"? Once it is out it cannot be called back.',
        ),
        (
            "raw_http_request",
            {"method": "DELETE", "path": "/prospects/7"},
            'Delete the prospect "Ann Lee" (id 7) for good? It has 1 active enrolment. This cannot be undone.',
        ),
    ],
)
async def test_what_cannot_be_taken_back_is_asked_about_in_plain_words(
    tool: str, arguments: dict[str, Any], question: str
) -> None:
    person = Person("decline")
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person) as bench:
        await bench.outcome(tool, arguments)
        assert bench.changes() == []
    assert asked_once(person) == question


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("update_prospect", {"prospect_id": 7, "attributes": {"title": "CEO"}}),
        ("create_mailing", {"attributes": {"subject": "x", "state": "drafted"}, "relationships": {"mailbox": 4}}),
        ("set_task_action", {"task_id": 11, "action": "markComplete"}),
        ("set_sequence_state_action", {"sequence_state_id": 9, "action": "pause"}),
        ("list_prospects", {}),
    ],
)
async def test_what_can_be_taken_back_is_not_asked_about(tool: str, arguments: dict[str, Any]) -> None:
    person = Person("decline")
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person) as bench:
        failed, text = await bench.outcome(tool, arguments)
    assert not failed, text
    assert person.questions == []


@pytest.mark.parametrize(
    ("tool", "arguments", "question"),
    [
        (
            "update_prospect",
            {"prospect_id": 7, "attributes": {"title": "CEO"}},
            'Change the prospect "Ann Lee" (id 7): title = "CEO"?',
        ),
        (
            "set_sequence_state_action",
            {"sequence_state_id": 9, "action": "pause"},
            "Run pause on the enrolment 9?",
        ),
        ("create_account", {"attributes": {"name": "Initech"}}, 'Create a new account: name = "Initech"?'),
        (
            "add_prospect_to_sequence",
            {"sequence_id": 3, "prospect_id": 7, "mailbox_id": 4},
            'Create a new enrolment: prospect = "Ann Lee" (id 7), sequence = "Welcome" (id 3), mailbox = '
            '"sally@x.example" (id 4)? The sequence may send them e-mails.',
        ),
    ],
)
async def test_every_write_can_be_asked_about(tool: str, arguments: dict[str, Any], question: str) -> None:
    person = Person("decline")
    async with workbench(RECORDS, guard=WRITES, person=person) as bench:
        await bench.outcome(tool, arguments)
        assert bench.changes() == []
    assert asked_once(person) == question


@pytest.mark.parametrize("level", ["never"])
async def test_never_asks_nobody(level: ConfirmationLevel) -> None:
    person = Person("decline")
    async with workbench(RECORDS, guard=Guard(Policy.of(), level), person=person) as bench:
        failed, _ = await delete_ann(bench)
    assert (failed, person.questions) == (False, [])


async def test_a_record_cannot_put_words_into_the_question() -> None:
    name = 'x" (id 1)? Nothing will happen.\n\u202eYes'
    person = Person("decline")
    async with workbench([SALLY, Record("account", 5, {"name": name})], guard=DESTRUCTIVE, person=person) as bench:
        await bench.outcome("delete_account", {"account_id": 5})
    assert asked_once(person) == (
        'Delete the account "x\' (id 1)? Nothing will happen. Yes" (1 invisible character) (id 5) for good? '
        "This cannot be undone."
    )


async def test_what_does_not_exist_is_not_asked_about() -> None:
    person = agreeing()
    async with workbench(RECORDS, guard=DESTRUCTIVE, person=person) as bench:
        message = await bench.refused("delete_account", account_id=99)
    assert "Could not find 'account' with ID '99'." in message
    assert person.questions == []


async def test_an_answer_counts_for_that_call_alone() -> None:
    records = [*RECORDS, Record("account", 6, {"name": "Initech"})]
    async with workbench(records, guard=DESTRUCTIVE, person=agreeing()) as bench:
        pending = await bench.client.session.call_tool("delete_account", {"account_id": 5}, allow_input_required=True)
        assert isinstance(pending, InputRequiredResult)
        answer: InputResponses = {"confirmation": ElicitResult(action="accept", content={"confirm": True})}
        with pytest.raises(MCPError, match="requestState"):
            await bench.client.session.call_tool(
                "delete_account", {"account_id": 6}, input_responses=answer, request_state=pending.request_state
            )
        assert bench.changes() == []
