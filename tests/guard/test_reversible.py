"""Everything is asked about that is not known to be harmless, over every operation of the official contract."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.confirmation import ConfirmationLevel, must_confirm
from outreach_mcp.guard.grammar import fault_of
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.ids import shown_id
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import resource_types
from outreach_tools.catalog.reversible import REVERSIBLE
from tests.support.workbench import workbench
from tests.tools.test_lists import people

HARMLESS = """
POST /accountNotes              PATCH /accountNotes/7           POST /accounts            PATCH /accounts/7
POST /calls                     POST /favorites
POST /callDispositions          PATCH /callDispositions/7       POST /callPurposes        PATCH /callPurposes/7
POST /opportunities             PATCH /opportunities/7          POST /opportunityStages   PATCH /opportunityStages/7
POST /opportunityProspectRoles  PATCH /opportunityProspectRoles/7
POST /personas                  PATCH /personas/7               POST /phoneNumbers        PATCH /phoneNumbers/7
POST /products                  PATCH /products/7               POST /prospectNotes       PATCH /prospectNotes/7
POST /prospects                 PATCH /prospects/7              POST /purchases           PATCH /purchases/7
POST /stages                    PATCH /stages/7
POST /taskDispositions          PATCH /taskDispositions/7       POST /taskPurposes        PATCH /taskPurposes/7
POST /tasks                     PATCH /tasks/7
POST /sequences                 PATCH /sequences/7              POST /templates           PATCH /templates/7
POST /snippets                  PATCH /snippets/7
POST /sequenceStates            POST /sequenceStates/7/actions/finish
POST /sequenceStates/7/actions/pause                            POST /sequenceStates/7/actions/resume
POST /sequences/7/actions/deactivate                            POST /sequenceTemplates/7/actions/deactivate
POST /tasks/7/actions/advance                                   POST /tasks/7/actions/logMeetInPerson
POST /tasks/7/actions/markComplete                              POST /tasks/7/actions/reassignOwner
POST /tasks/7/actions/reschedule                                POST /tasks/7/actions/snooze
POST /tasks/7/actions/updateNote                                POST /tasks/7/actions/updateOpportunityAssociation
POST /batches/7/actions/cancel                                  POST /imports/actions/generateUploadLink
POST /imports/actions/validateUpload
"""
"""Every change of the contract that is not asked about unless each change is: to add one is to judge it."""


def harmless() -> set[str]:
    words = HARMLESS.split()
    return {f"{method} {path}" for method, path in zip(words[::2], words[1::2], strict=True)}


def of_contract(openapi_file: Path) -> Iterator[tuple[str, str]]:
    contract = json.loads(openapi_file.read_text(encoding="utf-8"))
    for template, item in contract["paths"].items():
        for method in item.keys() & {"get", "post", "patch", "put", "delete"}:
            yield method.upper(), template.replace("{id}", "7")


def written(method: str, path: str, **attributes: Any) -> Outgoing:
    """Return a request as the contract has it: a document of the path's own type where it takes one."""
    kind = Outgoing(method, path, (), None).operation.type
    data: dict[str, Any] = {"type": kind, **({"id": 7} if method == "PATCH" else {}), "attributes": attributes}
    takes = method in ("POST", "PATCH") and "/actions/" not in path
    return Outgoing(method, path, (), {"data": data} if takes else None)


def test_every_operation_of_the_contract_is_in_the_grammar_and_is_asked_about_or_listed_as_harmless(
    openapi_file: Path,
) -> None:
    requests = [written(method, path) for method, path in of_contract(openapi_file)]
    assert len(requests) == 253
    assert [fault for each in requests if (fault := fault_of(each))] == []
    assert [each.path for each in requests if not each.operation.known] == []
    unasked = {f"{each.method} {each.path}" for each in requests if not must_confirm(each, "destructive")}
    assert unasked - {f"GET {each.path}" for each in requests} == harmless()


@pytest.mark.parametrize(("level", "asked"), [("never", set[str]()), ("writes", {"POST", "PATCH", "DELETE"})])
def test_the_other_levels_ask_about_nothing_and_about_every_change(
    openapi_file: Path, level: ConfirmationLevel, asked: set[str]
) -> None:
    found = {(method, must_confirm(written(method, path), level)) for method, path in of_contract(openapi_file)}
    assert found == {(method, method in asked) for method in ("GET", "POST", "PATCH", "DELETE")}


def test_every_entry_of_the_list_exists_and_says_why() -> None:
    for each in REVERSIBLE:
        assert len(each.reason) > 20
        for kind in each.types:
            resource = resource_types()[kind]
            known = {*resource.operations, *(f"action:{name}" for name in resource.actions)}
            assert {what for what in each.operations if what not in known} <= {"create", "update"}


FREE: dict[tuple[str, str], set[str]] = {
    ("sequence", "PATCH"): {"description", "name", "owner", "salesMotion", "shareType", "tags"},
    ("template", "PATCH"): {"archived", "name", "owner", "shareType", "tags"},
    ("snippet", "PATCH"): {"name", "owner", "shareType", "tags"},
    ("sequenceState", "POST"): {"mailbox", "prospect", "sequence"},
    **{(kind, method): set() for kind in ("emailAddress", "recipient", "sequenceStep", "sequenceTemplate")
       for method in ("POST", "PATCH")},
}  # fmt: skip
"""Of what goes out by itself, and of where it goes, the members that change nothing of that: to add one is to judge it.
"""


def member_requests(kind: str, method: str) -> Iterator[tuple[str, Outgoing]]:
    """Yield for every member that can be set of a type a request that sets it alone."""
    resource = resource_types()[kind]
    path = f"/{resource.path}" + ("/7" if method == "PATCH" else "")
    for name in resource.attributes:
        yield name, written(method, path, **{name: "x"})
    for name, link in resource.relationships.items():
        linkage: Any = {"type": link.types[0], "id": 7}
        outgoing = written(method, path)
        (outgoing.body or {})["data"]["relationships"] = {name: {"data": [linkage] if link.many else linkage}}
        yield name, outgoing


@pytest.mark.parametrize(("kind", "method"), FREE)
def test_whatever_may_change_mail_that_goes_out_by_itself_is_asked_about(kind: str, method: str) -> None:
    requests = dict(member_requests(kind, method))
    assert {name for name, each in requests.items() if not must_confirm(each, "destructive")} == FREE[kind, method]
    assert len(requests) > 3


OPT_OUT_MEMBERS = ("optedOut", "emailOptedOut", "callOptedOut", "emailsOptStatus", "callsOptStatus", "optedOutAt")
NOT_OUT: tuple[Any, ...] = (False, None, 1, "opted_in", "true", "null", [True], {})


@pytest.mark.parametrize(
    ("attributes", "asked"),
    [
        ({"emails": ["x@x.example"]}, False),
        ({"optedOut": True, "emailOptedOut": True, "emailsOptStatus": "opted_out"}, False),
        *(({name: value}, True) for name in OPT_OUT_MEMBERS for value in NOT_OUT),
    ],
)
def test_a_person_who_wants_to_hear_nothing_more_is_written_to_again_after_a_question_alone(
    attributes: dict[str, Any], asked: bool
) -> None:
    assert must_confirm(written("PATCH", "/prospects/7", **attributes), "destructive") == asked
    assert not must_confirm(written("POST", "/prospects", **attributes), "destructive")


REDIRECTED: list[tuple[str, dict[str, Any], str]] = [
    ("/templates/40", {"bccRecipients": ["eve@evil.example"]}, 'bccRecipients = "eve@evil.example"'),
    ("/templates/40", {"bodyHtml": "<a href='https://evil.example'>x</a>"}, "evil.example"),
    ("/recipients/41", {"value": "eve@evil.example"}, 'value = "eve@evil.example"'),
    ("/sequences/42", {"transactional": True}, "transactional = true"),
    ("/sequences/42", {"primaryReplyAction": "continue"}, 'primaryReplyAction = "continue"'),
    ("/sequences/42", {"throttleMaxAddsPerDay": 9999}, "throttleMaxAddsPerDay = 9999"),
    ("/emailAddresses/43", {"email": "eve@evil.example"}, 'email = "eve@evil.example"'),
]


@pytest.mark.parametrize(("path", "attributes", "shown"), REDIRECTED)
async def test_mail_is_not_led_to_a_stranger_unasked(path: str, attributes: dict[str, Any], shown: str) -> None:
    records = [
        *people(1),
        Record("template", 40, {"name": "Hello", "subject": "Hi", "bodyHtml": "<p>Hi</p>"}),
        Record("recipient", 41, {"value": "ann@x.example"}),
        Record("sequence", 42, {"name": "Welcome", "enabled": True}),
        Record("emailAddress", 43, {"email": "ann@x.example"}, {"prospect": Identifier("prospect", 1)}),
    ]
    kind = next(each.type for each in resource_types().values() if path.startswith(f"/{each.path}/"))
    body = {"data": {"type": kind, "id": int(path.rpartition("/")[2]), "attributes": attributes}}
    async with workbench(records, guard=Guard(Policy.of(), strict=True)) as bench:
        message = await bench.refused("raw_http_request", method="PATCH", path=path, body=body)
        assert bench.changes() == []
    assert "needs a person's agreement" in message
    assert shown in message


@pytest.mark.parametrize(
    "outgoing",
    [
        written("POST", "/somethings"),
        written("DELETE", "/somethings/7"),
        written("PATCH", "/somethings/7", name="x"),
        written("POST", "/prospects/7/actions/somethingNew"),
        written("POST", "/tasks/7/actions/Snooze"),
        written("POST", "/batches/actions/somethingNew"),
        written("POST", "/prospects", somethingNew="x"),
        written("PATCH", "/prospects/7", custom999="x"),
        written("POST", "/mailings", subject="x"),
        written("POST", "/mailings", state="scheduled"),
        written("POST", "/mailings", state=["drafted"]),
        written("PATCH", "/mailings/7", scheduledAt="2026-11-18T15:30:00Z"),
        Outgoing("POST", "/prospects", (), None),
        Outgoing("POST", "/prospects", (), {}),
        Outgoing("POST", "/prospects", (), {"data": []}),
        Outgoing("POST", "/prospects", (), {"data": {"type": "user", "attributes": {}}}),
        Outgoing("POST", "/prospects", (), {"data": {"type": "prospect", "id": 7, "attributes": {}}}),
        Outgoing("POST", "/prospects", (), {"data": {"type": "prospect"}, "meta": {}}),
        Outgoing("POST", "/prospects", (), {"data": {"type": "prospect", "links": {}}}),
        Outgoing("POST", "/prospects", (), {"data": {"type": "prospect", "relationships": {"somethingNew": {}}}}),
        Outgoing("PATCH", "/prospects/7", (), {"data": {"type": "prospect", "id": 8, "attributes": {}}}),
        Outgoing("PATCH", "/prospects/7", (), {"data": {"type": "prospect", "attributes": {}}}),
        Outgoing("POST", "/tasks/7/actions/snooze", (("actionParams[somethingNew]", "x"),), None),
        Outgoing("POST", "/tasks/7/actions/snooze", (), {"data": {"attributes": {"somethingNew": "x"}}}),
    ],
    ids=lambda outgoing: f"{outgoing.method} {outgoing.path}",
)
def test_what_nobody_knows_is_asked_about(outgoing: Outgoing) -> None:
    assert must_confirm(outgoing, "destructive")


ORGANISATION = [
    *people(1),
    Record("mailbox", 4, {"email": "sally@x.example"}, {"user": Identifier("user", 1)}),
    Record("team", 1, {"name": "East"}),
    Record("orgSetting", 1, {"sendExclusions": "rival.example"}),
    Record("role", 1, {"name": "Seller"}),
]
UUID = shown_id(resource_types()["orgSetting"], 1)
EXAMPLES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/webhooks", {"data": {"type": "webhook", "attributes": {"url": "https://stranger.example"}}}),
    ("POST", "/mailboxes/4/actions/testSend", None),
    ("POST", "/users", {"data": {"type": "user", "attributes": {"email": "new@acme.example"}}}),
    ("PATCH", "/users/1", {"data": {"type": "user", "id": 1, "attributes": {"locked": True}}}),
    ("PATCH", "/mailboxes/4", {"data": {"type": "mailbox", "id": 4, "attributes": {"smtpHost": "stranger.example"}}}),
    (
        "PATCH",
        f"/orgSettings/{UUID}",
        {"data": {"type": "orgSetting", "id": UUID, "attributes": {"sendExclusions": ""}}},
    ),
    ("PATCH", "/teams/1", {"data": {"type": "team", "id": 1, "attributes": {"name": "x"}}}),
    ("POST", "/profiles", {"data": {"type": "profile", "attributes": {"name": "x"}}}),
    ("POST", "/roles", {"data": {"type": "role", "attributes": {"name": "x"}}}),
    ("POST", "/customDuties", {"data": {"type": "customDuty", "attributes": {"name": "x"}}}),
]


@pytest.mark.parametrize(("method", "path", "body"), EXAMPLES, ids=[f"{each[0]} {each[1]}" for each in EXAMPLES])
async def test_administration_is_out_of_reach_unless_chosen_and_then_asked_about(
    method: str, path: str, body: dict[str, Any] | None
) -> None:
    arguments = {"method": method, "path": path, **({"body": body} if body else {})}
    async with workbench(ORGANISATION, guard=Guard(Policy.of(), strict=True)) as bench:
        message = await bench.refused("raw_http_request", **arguments)
        assert bench.sent() == []
    assert "OUTREACH_MCP_TOOLSETS names admin" in message
    async with workbench(ORGANISATION, guard=Guard(Policy.of(["all", "admin"]), strict=True)) as bench:
        message = await bench.refused("raw_http_request", **arguments)
        assert bench.changes() == []
    assert "needs a person's agreement" in message


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/1", "/roles", "/profiles", "/orgSettings/1"])
async def test_what_administration_holds_cannot_be_read_unless_it_is_chosen(path: str) -> None:
    async with workbench(ORGANISATION, guard=Guard(Policy.of(), "never")) as bench:
        assert "names admin" in await bench.refused("raw_http_request", method="GET", path=path)
        assert bench.sent() == []
    async with workbench(ORGANISATION, guard=Guard(Policy.of(["admin"]), "never")) as bench:
        _, text = await bench.outcome("raw_http_request", {"method": "GET", "path": path})
        assert (bench.sent(), "names admin" in text) == ([f"GET {path}"], False)


@pytest.mark.parametrize("path", ["/users", "/users/1", "/teams", "/mailboxes", "/mailboxes/4"])
async def test_who_is_in_the_organisation_can_be_read(path: str) -> None:
    async with workbench(ORGANISATION) as bench:
        assert (await bench.call("raw_http_request", method="GET", path=path))["status"] == 200


async def test_a_users_role_does_not_come_along_unless_administration_is_chosen() -> None:
    arguments: dict[str, Any] = {"method": "GET", "path": "/users", "query": {"include": "role"}}
    async with workbench(ORGANISATION, guard=Guard(Policy.of(), "never")) as bench:
        assert "names admin" in await bench.refused("raw_http_request", **arguments)
        assert bench.sent() == []
    async with workbench(ORGANISATION, guard=Guard(Policy.of(["all", "admin"]), "never")) as bench:
        await bench.call("raw_http_request", **arguments)


@pytest.mark.parametrize(
    "policy",
    [
        Policy.of(["admin"], read_only=True),
        Policy.of(["all", "admin"], excluded=["admin"]),
        Policy.of(["all", "raw_http_request"]),
        Policy.of(["advanced"]),
    ],
    ids=["read-only", "excluded", "by the tool's name", "advanced"],
)
async def test_administration_is_opened_by_its_own_name_alone(policy: Policy) -> None:
    body = {"data": {"type": "user", "attributes": {"email": "new@acme.example"}}}
    async with workbench(ORGANISATION, guard=Guard(policy, "never")) as bench:
        await bench.refused("raw_http_request", method="POST", path="/users", body=body)
        assert bench.sent() == []
    assert "raw_http_request" in {tool.name for tool in policy.offered()}


@pytest.mark.parametrize(
    ("path", "admin"), [("", True), ("x/admin", True), ("x/advanced", False), ("x/prospects", False)]
)
def test_a_path_opens_no_administration_that_the_settings_do_not(path: str, admin: bool) -> None:
    chosen, other = Policy.of(["all", "admin"]).narrowed(path), Policy.of().narrowed(path)
    assert chosen is not None
    assert other is not None
    assert (chosen.admin, other.admin) == (admin, False)
