"""The answer to a model when Outreach refuses: Outreach's words, why, and what the person can do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from outreach_mcp.api.errors.advice import GOVERNANCE, NO_OPPORTUNITIES, REFUSALS
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from outreach_tools.toolsets import all_tools
from tests.support.processes import ROOT
from tests.support.workbench import workbench

ADVICE = {refusal.name: refusal.advice for refusal in (*REFUSALS, NO_OPPORTUNITIES, GOVERNANCE)}
DOCUMENT = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")


def organisation(**changes: Any) -> list[Record]:
    """A seller, a locked one, mailboxes, three prospects and a sequence with an e-mail; `changes` by record."""
    exclusive = {"sequenceExclusivity": "all_sequences", "permitDuplicateProspects": "disallow"}
    me = Identifier("user", 1)
    records = {
        "me": Record("user", 1, {"email": "sally@acme.example"}),
        "locked": Record("user", 2, {"email": "gone@acme.example", "locked": True}),
        "mailbox": Record("mailbox", 1, {"email": "sally@acme.example"}, {"user": me}),
        "locked_mailbox": Record("mailbox", 2, {"email": "gone@acme.example"}, {"user": Identifier("user", 2)}),
        "ann": Record("prospect", 1, {"firstName": "Ann", "emails": ["ann@acme.example"]}),
        "opted_out": Record("prospect", 2, {"firstName": "Bob", "optedOut": True}),
        "ruleset": Record("ruleset", 1, exclusive),
        "sequence": Record(
            "sequence",
            1,
            {"name": "Renewal", "enabled": True, "shareType": "shared", "throttleMaxAddsPerDay": 50},
            {"ruleset": Identifier("ruleset", 1), "owner": me},
        ),
        "step": Record(
            "sequenceStep", 1, {"stepType": "auto_email", "order": 1}, {"sequence": Identifier("sequence", 1)}
        ),
        "other": Record("sequence", 2, {"name": "Other", "enabled": True}, {"ruleset": Identifier("ruleset", 1)}),
        "private": Record("sequence", 3, {"name": "Private", "shareType": "private"}, {"owner": Identifier("user", 2)}),
        "settings": Record("orgSetting", 1, {"prospectEmailExclusions": "rival.example"}),
    }
    return [*(records | changes).values()]


def enrolled_in(sequence: int) -> Record:
    links = {"prospect": Identifier("prospect", 1), "sequence": Identifier("sequence", sequence)}
    return Record("sequenceState", 1, {"state": "active", "createdAt": "2026-11-18T15:00:00.000Z"}, dict(links))


def sequence(**attributes: Any) -> Record:
    return Record("sequence", 1, {"name": "Renewal", "enabled": True, **attributes})


@dataclass(frozen=True, slots=True)
class Unreadable(httpx.AsyncBaseTransport):
    """Before a sandbox whose sequences cannot be read: the answer is no JSON, whatever its status."""

    inner: httpx.AsyncBaseTransport
    status: int

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/api/v2/sequences/"):
            return httpx.Response(self.status, text="<html>")
        return await self.inner.handle_async_request(request)


@dataclass(frozen=True, slots=True)
class Case:
    """A refusal: the call, what the organisation has that is special, and Outreach's words."""

    tool: str
    arguments: Mapping[str, Any]
    words: str
    changes: Mapping[str, Record] = field(default_factory=dict[str, Record])
    switches: Switches = field(default_factory=Switches)


def enrol(words: str, prospect: int = 1, sequence: int = 1, mailbox: int = 1, **more: Any) -> Case:
    arguments = {"prospect_id": prospect, "sequence_id": sequence, "mailbox_id": mailbox}
    return Case("add_prospect_to_sequence", arguments, words, **more)


def create(*emails: str) -> dict[str, Any]:
    return {"attributes": {"emails": list(emails)}}


REFUSE = Switches(hindered_enrolments="refuse")
CASES = {
    "governance": Case(
        "get_prospect", {"prospect_id": 1}, "You are not authorized to perform that request.",
        switches=Switches(forbidden=frozenset({"prospects"})),
    ),
    "no licence for opportunities": Case(
        "list_opportunities", {}, "You are not authorized to perform that request.",
        switches=Switches(forbidden=frozenset({"opportunities"})),
    ),
    "excluded e-mail": Case(
        "create_prospect", create("eve@rival.example"), "Contacts contact is using an excluded email address."
    ),
    "duplicate": Case("create_prospect", create("ann@acme.example"), "Contacts email hash has already been taken."),
    "already enrolled": enrol(
        "Prospect has already been in this sequence.", changes={"state": enrolled_in(1)}
    ),
    "exclusive sequence": enrol(
        "Prospect is active in another exclusive sequence.", changes={"state": enrolled_in(2)}
    ),
    "opted out": enrol("Prospect has opted out.", prospect=2),
    "mailbox not connected": enrol(
        "Mailbox is not connected for sending.",
        changes={"mailbox": Record("mailbox", 1, {"sendDisabled": True}, {"user": Identifier("user", 1)})},
    ),
    "sequence disabled": enrol(
        "Sequence is not enabled.", changes={"sequence": sequence(enabled=False)}, switches=REFUSE
    ),
    "throttled": enrol(
        "Sequence throttle of 1 adds per day has been reached.",
        changes={"sequence": sequence(throttleMaxAddsPerDay=1), "state": enrolled_in(1)},
        switches=REFUSE,
    ),
    "user locked": enrol("User is locked.", mailbox=2),
    "not the owner": enrol("User is not the owner of the sequence.", sequence=3),
    "too long": Case(
        "raw_http_request",
        {
            "method": "POST", "path": "/prospects",
            "body": {"data": {"type": "prospect", "attributes": {"firstName": "A" * 300}}},
        },
        "Data provided is too long.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_known_refusal_is_quoted_and_explained(name: str) -> None:
    case = CASES[name]
    async with workbench(organisation(**case.changes), switches=case.switches) as bench:
        said = await bench.refused(case.tool, **case.arguments)
    assert (case.words in said, said.endswith(ADVICE[name])) == (True, True), said


async def test_a_locked_owner_is_explained_as_a_locked_user_is() -> None:
    async with workbench(organisation()) as bench:
        said = await bench.refused("update_prospect", prospect_id=1, relationships={"owner": 2})
    assert ("Owner is locked." in said, said.endswith(ADVICE["user locked"])) == (True, True), said


def test_every_known_refusal_is_produced_and_documented() -> None:
    documented = set(re.findall(r"^\| ([^|]+?) \| ", DOCUMENT, re.MULTILINE)) - {"Refusal", "---"}
    assert (set(CASES), documented - {"scope", "requests of the hour spent"}) == (set(ADVICE), set(ADVICE))


@pytest.mark.parametrize("name", CASES)
def test_the_documented_words_are_those_that_the_sandbox_uses(name: str) -> None:
    (row,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| {name} |")]
    shared = "the same, on opportunities" if name == "no licence for opportunities" else CASES[name].words
    assert re.sub(r"\d+", "N", shared) in re.sub(r"\d+", "N", row)


WAITING = "the sequence is enabled, its schedule is open and its throttle has room"
CAUSES: list[tuple[dict[str, Any], str]] = [
    ({"enabled": False}, "the sequence is activated: it is switched off (set_sequence_action)"),
    (
        {"enabled": False, "throttleMaxAddsPerDay": 5},
        "the sequence is activated: it is switched off (set_sequence_action)",
    ),
    ({}, "its schedule is open; the sequence is enabled"),
    (
        {"throttleMaxAddsPerDay": 0},
        "its schedule is open and its throttle (0 adds a day for each user) has room; the sequence is enabled",
    ),
    (
        {"throttleMaxAddsPerDay": 50, "throttleCapacity": 200},
        "its schedule is open and its throttle (50 adds a day and 200 active at once for each user) has room; "
        "the sequence is enabled",
    ),
]
ENROLMENTS: list[tuple[str, dict[str, Any]]] = [
    ("add_prospect_to_sequence", {"prospect_id": 1, "sequence_id": 1, "mailbox_id": 1}),
    ("create_sequence_state", {"relationships": {"prospect": 1, "sequence": 1, "mailbox": 1}}),
]


@pytest.mark.parametrize(("tool", "arguments"), ENROLMENTS)
@pytest.mark.parametrize(("state", "cause"), CAUSES)
async def test_an_enrolment_that_has_to_wait_says_for_what(
    state: dict[str, Any], cause: str, tool: str, arguments: dict[str, Any]
) -> None:
    async with workbench(organisation(sequence=sequence(**state))) as bench:
        answer = await bench.call(tool, **arguments)
        read = await bench.call("get_sequence_state", sequence_state_id=answer["id"])
    assert (answer["state"], answer["pending_until"]) == ("pending", cause)
    assert (read["state"], read["pending_until"]) == ("pending", cause)


@pytest.mark.parametrize(("tool", "arguments"), ENROLMENTS)
async def test_an_enrolment_whose_sequence_cannot_be_read_names_every_cause(
    tool: str, arguments: dict[str, Any]
) -> None:
    unscoped = frozenset({"sequenceStates.write", "users.read"})
    narrow = Guard(Policy.of([tool]), "never")
    async with (
        workbench(organisation(), scopes=unscoped) as by_scope,
        workbench(organisation(), guard=narrow) as by_policy,
    ):
        answers = [await bench.call(tool, **arguments) for bench in (by_scope, by_policy)]
        assert by_policy.sent() == ["POST /sequenceStates"]
    assert [answer["pending_until"] for answer in answers] == [WAITING, WAITING]


@pytest.mark.parametrize(("tool", "arguments"), ENROLMENTS)
@pytest.mark.parametrize("status", [200, 400, 403, 404, 410, 501])
async def test_an_enrolment_that_is_made_succeeds_whatever_becomes_of_the_read_after_it(
    tool: str, arguments: dict[str, Any], status: int
) -> None:
    async with workbench(organisation(), through=lambda sandbox: Unreadable(sandbox, status)) as bench:
        answer = await bench.call(tool, **arguments)
    assert (answer["state"], answer["pending_until"]) == ("pending", WAITING)


async def test_a_state_that_is_not_pending_is_read_without_its_sequence() -> None:
    async with workbench(organisation(state=enrolled_in(1))) as bench:
        answer = await bench.call("get_sequence_state", sequence_state_id=1)
        assert bench.sent() == ["GET /sequenceStates/1"]
    assert (answer["state"], "pending_until" in answer) == ("active", False)


async def test_a_refusal_that_is_not_known_keeps_to_the_words_of_outreach() -> None:
    async with workbench(organisation()) as bench:
        said = await bench.refused("update_prospect", prospect_id=1, relationships={"owner": 99})
    assert said.endswith("Nothing was changed. list_users finds owner. Correct what is named and send it again.")


@pytest.mark.parametrize("advice", ADVICE.values(), ids=ADVICE.keys())
def test_advice_is_short_and_names_tools_that_there_are(advice: str) -> None:
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", advice))
    assert named <= {tool.name for tool in all_tools()}
    assert len(re.findall(r"\.(?:\s|$)", advice)) <= 2
