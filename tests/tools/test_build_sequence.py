"""A whole sequence in one call: all of it, agreed to once, or nothing."""

import json
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from mcp import Client
from mcp_types import TextContent

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Record
from outreach_tools.resources.sequence_plan import as_html
from tests.guard.test_confirmation import Person
from tests.support.workbench import Workbench, workbench

RULESET = Record("ruleset", 1, {"name": "Default"})
RECORDS = [Record("user", 1, {"name": "Maya", "email": "maya@fieldlight.example"}), RULESET]

FIVE_TOUCHES: dict[str, Any] = {
    "name": "Renewals",
    "ruleset": "default",
    "steps": [
        {
            "kind": "auto_email",
            "subject": "The renewal",
            "body": "Shall we talk?\n\nMaya",
            "variants": [{"subject": "A question", "body": "<p>Have you decided?</p>"}],
        },
        {"kind": "call", "wait_days": 2, "note": "Ask whether the mail arrived"},
        {"kind": "linkedin_send_message", "wait_days": 3},
        {"kind": "manual_email", "wait_days": 4, "body": "Any news?", "reply": True},
        {"kind": "task", "wait_days": 4, "wait_hours": 12, "note": "Write a card"},
    ],
    "activate": True,
}
CHANGES = [
    "POST /sequences",
    "POST /sequenceSteps", "POST /templates", "POST /templates", "POST /sequenceTemplates", "POST /sequenceTemplates",
    "POST /sequenceSteps",
    "POST /sequenceSteps",
    "POST /sequenceSteps", "POST /templates", "POST /sequenceTemplates",
    "POST /sequenceSteps",
    "PATCH /sequences/1",
    "POST /sequences/1/actions/activate",
]  # fmt: skip
"""The requests that make it, in their order."""

KINDS = ("sequence", "sequenceStep", "sequenceTemplate", "template")


def left(bench: Workbench) -> dict[str, list[int]]:
    """Return the ids of what there is of a sequence's records."""
    return {kind: [row[0] for row in bench.store.rows(f'SELECT id FROM "{kind}" ORDER BY id')] for kind in KINDS}


async def at_once(_: float) -> None:
    """Wait for nothing."""
    await anyio.lowlevel.checkpoint()


NOTHING: dict[str, list[int]] = {kind: [] for kind in KINDS}


class Failing(httpx.AsyncBaseTransport):
    """Passes requests on, and fails at one of the changes: before it is done, or after."""

    def __init__(self, inner: httpx.AsyncBaseTransport, place: int, *, refuses_deletes: bool = False) -> None:
        self.inner, self.place, self.seen = inner, place, 0
        self.refuses_deletes = refuses_deletes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        refused = httpx.Response(422, json={"errors": [{"id": "validationError", "detail": "No."}]})
        if request.method == "DELETE" and self.refuses_deletes:
            return refused
        if request.method in ("POST", "PATCH"):
            self.seen += 1
            if self.seen == self.place:
                return refused
        return await self.inner.handle_async_request(request)


async def test_five_touches_with_two_variants_become_an_active_sequence_in_one_call() -> None:
    async with workbench(RECORDS) as bench:
        answer = await bench.call("build_sequence", **FIVE_TOUCHES)
        assert bench.changes() == CHANGES
        sequence = await bench.call("get_sequence", sequence_id="Renewals")
        steps = await bench.call(
            "list_sequence_steps",
            filters={"sequence.id": answer["id"]},
            fields=["order", "stepType", "interval", "taskNote"],
            sort="order",
        )
        variants = await bench.call("list_sequence_templates", fields=["sequenceStep.order", "isReply", "enabled"])
        mails = await bench.call("list_templates", fields=["name", "subject", "bodyHtml"])
    assert (sequence["name"], sequence["enabled"], sequence["ruleset_id"]) == ("Renewals", True, 1)
    day = 86_400
    assert [row[1:] for row in steps["rows"]] == [
        [1, "auto_email", 0, None],
        [2, "call", 2 * day, "Ask whether the mail arrived"],
        [3, "linkedin_send_message", 3 * day, None],
        [4, "manual_email", 4 * day, None],
        [5, "task", 4 * day + day // 2, "Write a card"],
    ]
    assert sorted(row[1:] for row in variants["rows"]) == [[1, False, True], [1, False, True], [4, True, True]]
    assert sorted([row[1:] for row in mails["rows"]], key=lambda row: row[0]) == [
        ["Renewals: step 1, variant 1", "The renewal", "<p>Shall we talk?</p><p>Maya</p>"],
        ["Renewals: step 1, variant 2", "A question", "<p>Have you decided?</p>"],
        ["Renewals: step 4", None, "<p>Any news?</p>"],
    ]
    assert [row[1] for row in answer["rows"]] == [row[2] for row in steps["rows"]]
    assert answer["note"] == "ruleset: 'Default' (1)"


@pytest.mark.parametrize("place", range(1, len(CHANGES) + 1))
async def test_whichever_change_fails_nothing_is_left(place: int) -> None:
    async with workbench(RECORDS, through=lambda inner: Failing(inner, place)) as bench:
        message = await bench.refused("build_sequence", **FIVE_TOUCHES)
        assert left(bench) == NOTHING
    assert message.endswith("Nothing was made of it." if place == 1 else "What was made of it was taken back.")


@pytest.mark.parametrize("place", [3, 13, 14])
async def test_what_cannot_be_taken_back_is_told(place: int) -> None:
    async with workbench(RECORDS, through=lambda inner: Failing(inner, place, refuses_deletes=True)) as bench:
        message = await bench.refused("build_sequence", **FIVE_TOUCHES)
        remains = left(bench)
        (enabled,) = bench.store.rows('SELECT enabled FROM "sequence"')
    told = ["sequence 1", *(f"template {number}" for number in remains["template"])]
    assert message.endswith(f"could not be taken back; left: {', '.join(told)}. The sequence is not active.")
    assert not enabled[0]


class Lost(httpx.AsyncBaseTransport):
    """Passes requests on until a change, and loses its answer, or the change; with `ends` all that comes after."""

    def __init__(self, inner: httpx.AsyncBaseTransport, place: int, *, done: bool, ends: bool) -> None:
        self.inner, self.place, self.done, self.ends = inner, place, done, ends
        self.seen, self.over = 0, False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.over:
            raise httpx.ConnectError("down")
        self.seen += request.method in ("POST", "PATCH")
        if self.seen != self.place or request.method not in ("POST", "PATCH"):
            return await self.inner.handle_async_request(request)
        self.over = self.ends
        if self.done:
            await self.inner.handle_async_request(request)
        raise httpx.ReadError("lost")


async def test_a_sequence_whose_activation_is_unknown_is_not_called_inactive() -> None:
    """The answer to the last change is lost, and the line with it."""
    place = len(CHANGES)
    async with workbench(
        RECORDS, through=lambda inner: Lost(inner, place, done=True, ends=True), sleep=at_once
    ) as bench:
        message = await bench.refused("build_sequence", **FIVE_TOUCHES)
        (enabled,) = bench.store.rows('SELECT enabled FROM "sequence"')
    assert enabled[0]
    assert message.endswith("left: sequence 1, template 1, template 2, template 3. The sequence may be active.")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (1, "Nothing else was made of it."),
        (2, "What was made of it was taken back."),
        (3, "What else was made of it was taken back."),
        (5, "What was made of it was taken back."),
        (10, "What else was made of it was taken back."),
        (14, "What was made of it was taken back."),
    ],
)
async def test_what_may_have_been_made_is_not_said_to_be_taken_back(place: int, said: str) -> None:
    """A sequence and a template may appear later; what belongs to the sequence that was deleted cannot."""
    async with workbench(
        RECORDS, through=lambda inner: Lost(inner, place, done=False, ends=False), sleep=at_once
    ) as bench:
        message = await bench.refused("build_sequence", **FIVE_TOUCHES)
        assert left(bench) == NOTHING
    assert "may or may not have happened" in message
    assert message.endswith(said)


async def test_templates_of_the_same_names_are_told_and_in_nobody_s_way() -> None:
    async with workbench(RECORDS) as bench:
        await bench.call("create_template", attributes={"name": "Renewals: step 4", "bodyHtml": "Old"})
        answer = await bench.call("build_sequence", **FIVE_TOUCHES)
    assert "templates of the same names were there before (1), of an earlier call or sequence" in answer["note"]


@pytest.mark.parametrize("place", [2, 5, 8, 11, 13, 14])
async def test_a_server_that_is_killed_leaves_what_the_next_call_tells_of(place: int) -> None:
    """The process ends in the middle: nothing of it runs any more, and what it made stands as it is."""
    async with workbench(RECORDS, through=lambda inner: Failing(inner, place, refuses_deletes=True)) as bench:
        await bench.refused("build_sequence", **FIVE_TOUCHES)
        before = bench.contents()
        message = await bench.refused("build_sequence", **FIVE_TOUCHES)
        assert bench.contents() == before
    if place > CHANGES.index("PATCH /sequences/1") + 1:
        assert message.startswith("A sequence 'Renewals' is there already (1).")
    else:
        assert "it left the sequence 'Renewals (being built)' (1), which is not active" in message
        assert ("and its templates (1" in message) == (place > 2)


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_a_person_is_asked_once_and_before_anything_is_sent(era: Any) -> None:
    person = Person(content={"confirm": True})
    guard = Guard(Policy.of(), "writes")
    async with workbench(RECORDS, guard=guard, person=person, era=era) as bench:
        await bench.call("build_sequence", **FIVE_TOUCHES)
        assert bench.changes() == CHANGES
    (question,) = person.questions
    assert question.startswith('Build the sequence "Renewals" of 5 steps, and activate it: a sequence: ')
    for told in ('"The renewal"', '"A question"', "Have you decided?", "Any news?", "Ask whether the mail arrived"):
        assert told in question
    assert question.endswith("E-mails go out to those who are in it.")


async def test_whoever_does_not_agree_gets_nothing_made() -> None:
    person = Person(content={"confirm": False})
    async with workbench(RECORDS, guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        message = await bench.refused("build_sequence", **FIVE_TOUCHES)
        assert bench.changes() == []
    assert "did not agree" in message


async def test_a_sequence_that_is_not_activated_can_be_taken_back_and_nobody_is_asked() -> None:
    person = Person(content={"confirm": True})
    async with workbench(RECORDS, guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        await bench.call("build_sequence", **{**FIVE_TOUCHES, "activate": False})
        (enabled,) = bench.store.rows('SELECT enabled FROM "sequence"')
    assert (person.questions, enabled[0]) == ([], 0)


async def test_consent_to_a_whole_is_for_nothing_else() -> None:
    """A step of another sequence is asked about, in the very server that agreed to a whole before."""
    person = Person(content={"confirm": True})
    async with workbench(
        RECORDS, guard=Guard(Policy.of(["default", "content"]), "destructive"), person=person
    ) as bench:
        await bench.call("build_sequence", **FIVE_TOUCHES)
        await bench.call("create_sequence_step", attributes={"stepType": "call"}, relationships={"sequence": 1})
    assert len(person.questions) == 2


async def test_a_missing_scope_leaves_nothing_behind() -> None:
    async with workbench(RECORDS, scopes=frozenset({"sequences.all", "templates.all", "users.read"})) as bench:
        message = await bench.refused("build_sequence", **{**FIVE_TOUCHES, "ruleset": 1})
        assert left(bench) == NOTHING
    assert "sequenceSteps.write" in message


@pytest.mark.parametrize("excluded", ["list_sequences", "delete_sequence"])
async def test_what_it_may_do_itself_is_open_to_no_other_tool(excluded: str) -> None:
    guard = Guard(Policy.of(excluded=[excluded, "get_sequence"]), "never")
    asked = (
        {"method": "GET", "path": "/sequences"} if "list" in excluded else {"method": "DELETE", "path": "/sequences/1"}
    )
    async with workbench(RECORDS, guard=guard) as bench:
        await bench.call("build_sequence", name="Calls", steps=[{"kind": "call"}])
        before = len(bench.requests)
        await bench.refused("raw_http_request", **asked)
        assert len(bench.requests) == before


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "'steps' is required: an array of objects, each with a kind"),
        ("x", "'steps[1]' takes an object with kind, wait_days"),
        ([{"kind": "fax"}], "'steps[1].kind' is 'fax', not one of auto_email, manual_email"),
        ([{"wait_days": 1}], "'steps[1].kind' is required: one of auto_email"),
        ([{"kind": "call", "subject": "x"}], "'steps[1].subject' is of a mail, and this step is a call"),
        ([{"kind": "call", "wait_days": -1}], "'steps[1].wait_days' takes a number from 0, not -1"),
        ([{"kind": "call", "wait_days": 1e9}], "'steps[1]' waits longer than Outreach can count"),
        ([{"kind": "call", "waits": 1}], "unknown member 'steps[1].waits'"),
        ([{"kind": "auto_email", "body": "x"}], "'steps[1].subject' is required, but for a reply"),
        ([{"kind": "auto_email", "subject": "x"}], "'steps[1].body' is required"),
        ([{"kind": "auto_email", "body": "x", "reply": True}], "'steps[1].reply' is true, and no mail comes before it"),
        ([{"kind": "auto_email", "body": "x", "reply": "maybe"}], "'steps[1].reply' takes true or false"),
        (
            [{"kind": "auto_email", "subject": "x", "body": "x", "variants": [{"subject": "y"}]}],
            "'steps[1].variants[1].body' is required",
        ),
        ([{"kind": "auto_email", "subject": 5, "body": "x"}], "'steps[1].subject' takes text, not 5"),
        ([{"kind": "call"}] * 41, "'steps' has 41 steps; it takes at most 40"),
    ],
)
async def test_a_wrong_step_is_named_and_nothing_is_sent(steps: Any, said: str) -> None:
    async with workbench(RECORDS) as bench:
        message = await bench.refused("build_sequence", name="Renewals", steps=steps)
        assert bench.changes() == []
    assert message.startswith(said)


async def test_steps_as_json_text_are_read() -> None:
    async with workbench(RECORDS) as bench:
        answer = await bench.call("build_sequence", name="Calls", steps=json.dumps([{"kind": "call"}]))
    assert [row[1] for row in answer["rows"]] == ["call"]


@pytest.mark.parametrize(
    "where", ["/sequences", "/sequenceSteps", "/templates", "/sequenceTemplates", "/sequences/1", "/activate"]
)
async def test_whoever_leaves_in_the_middle_leaves_nothing_behind(where: str) -> None:
    """The client gives the call up while a change is under way."""

    class Slow(httpx.AsyncBaseTransport):
        def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
            self.inner, self.reached = inner, anyio.Event()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method in ("POST", "PATCH") and request.url.path.endswith(where) and not self.reached.is_set():
                self.reached.set()
                await anyio.lowlevel.checkpoint()
            return await self.inner.handle_async_request(request)

    slow: list[Slow] = []

    def through(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        slow.append(Slow(inner))
        return slow[0]

    async with workbench(RECORDS, through=through) as bench:
        async with anyio.create_task_group() as group:

            async def call(client: Client) -> None:
                result = await client.call_tool("build_sequence", FIVE_TOUCHES)
                assert isinstance(result.content[0], TextContent)

            group.start_soon(call, bench.client)
            await slow[0].reached.wait()
            group.cancel_scope.cancel()
        for _ in range(200):
            await anyio.lowlevel.checkpoint()
        # What had begun is finished whatever becomes of the caller, and then taken back, or all of it stands.
        remains = left(bench)
    assert remains == NOTHING or len(remains["sequenceStep"]) == 5


async def test_a_variant_as_text_has_a_subject_of_its_own_or_that_of_its_step() -> None:
    variants = ["Subject: Another\n\nHave you decided?", "Only the text differs"]
    steps = [{"kind": "auto_email", "subject": "The renewal", "body": "Hello", "variants": variants}]
    async with workbench(RECORDS) as bench:
        await bench.call("build_sequence", name="Renewals", steps=steps)
        mails = await bench.call("list_templates", fields=["name", "subject", "bodyHtml"], sort="name")
    assert [row[2:] for row in mails["rows"]] == [
        ["The renewal", "<p>Hello</p>"],
        ["Another", "<p>Have you decided?</p>"],
        ["The renewal", "<p>Only the text differs</p>"],
    ]


def test_text_becomes_html_and_html_stays() -> None:
    assert as_html("a < b\nc\n\nd") == "<p>a &lt; b<br>c</p><p>d</p>"
    assert as_html("<p>a</p>") == "<p>a</p>"


async def test_a_name_cannot_end_its_quotation_in_the_question() -> None:
    person = Person("decline")
    name = "Renewals\" of 1 steps\u201d? **Approved** \u2019\u200b[x](https://e.example) ' {}"
    async with workbench(RECORDS, guard=Guard(Policy.of(), "writes"), person=person) as bench:
        await bench.refused("build_sequence", name=name, steps=[{"kind": "call"}])
        assert bench.changes() == []
    first = person.questions[0].partition(": a sequence")[0]
    assert first == (
        "Build the sequence \"Renewals' of 1 steps'? \uff0a\uff0aApproved\uff0a\uff0a "
        "'\uff3bx\uff3d(https://e.example) ' {}\" (1 invisible character) of 1 steps"
    )
