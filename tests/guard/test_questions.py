"""The question is made of the request, completely: who receives what comes first; what cannot be shown is refused."""

import json
import re
import unicodedata
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.guard.policy import Policy
from outreach_mcp.guard.question import question_for
from outreach_mcp.guard.shown_values import quoted
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import resource_types
from outreach_tools.engine.text import clean
from outreach_tools.engine.tokens import estimate_tokens
from tests.guard.test_confirmation import DESTRUCTIVE, RECORDS, SALLY, WRITES, Person, asked_once
from tests.support.workbench import API, workbench

ADMINISTRATION = Policy.of(["all", "admin"])
DESTROY = "/batches/actions/prospectsDestroyAll"
ENROL = "/batches/actions/prospectsAddToSequence"
MAILING = {"type": "mailing", "attributes": {"subject": "Hello", "state": "scheduled"}}


def raw(method: str, path: str, body: Any = None, query: dict[str, Any] | None = None) -> dict[str, Any]:
    given = {"method": method, "path": path, "body": body, "query": query}
    return {name: value for name, value in given.items() if value is not None}


def linked(kind: str, number: object) -> dict[str, Any]:
    return {"data": {"type": kind, "id": number}}


async def asked(arguments: dict[str, Any], *, tool: str = "raw_http_request", records: list[Record] = RECORDS) -> str:
    """Return what a person is asked about a call, which they decline."""
    person = Person("decline")
    async with workbench(records, guard=Guard(ADMINISTRATION, "writes"), person=person) as bench:
        failed, text = await bench.outcome(tool, arguments)
        assert bench.changes() == []
    assert failed
    assert person.questions, text
    return asked_once(person)


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (
            raw("POST", DESTROY, query={"actionParams[filter][id][]": ["7", "8,9"]}),
            'Delete 3 prospects for good (prospectsDestroyAll): ids "[7, 8, 9]", among them "Ann Lee"? It cannot be '
            "undone as a whole.",
        ),
        (
            raw("POST", DESTROY, {"data": {"attributes": {"ids": ["7", 7]}}}),
            'Delete 1 prospect for good (prospectsDestroyAll): ids "[7]", among them "Ann Lee"? It cannot be undone as '
            "a whole.",
        ),
        (
            raw("POST", DESTROY, {"data": {"attributes": {"ids": list(range(1, 501))}}}),
            "Delete 500 prospects for good (prospectsDestroyAll): ids "
            f'"[{", ".join(map(str, range(1, 21)))}]" and 480 more? It cannot be undone as a whole.',
        ),
        (
            raw(
                "POST",
                ENROL,
                {"data": {"attributes": {"ids": [7, 8], "sequenceId": 3, "mailboxId": 4}}},
                {"actionParams[skipConfirmation]": "true"},
            ),
            'Enrol 2 prospects in a sequence (prospectsAddToSequence): ids "[7, 8]", among them "Ann Lee", '
            'skipConfirmation = "true", sequenceId = "Welcome" (id 3), mailboxId = "sally@x.example" (id 4)? E-mails '
            "may go to 2 people. It cannot be undone as a whole.",
        ),
        (
            raw("POST", "/mailings", {"data": {**MAILING, "relationships": {"prospect": linked("prospect", "7")}}}),
            'Send an e-mail to the prospect "Ann Lee" (id 7) with the subject "Hello"? Once it is out it cannot be '
            "called back.",
        ),
        (
            raw(
                "POST",
                "/imports/actions/bulkUpsert",
                {
                    "data": {
                        "attributes": {
                            "fileName": "people.csv",
                            "dupeMethod": "overwrite",
                            "records": [
                                {"type": "prospect", "id": number, "attributes": {"emails": [f"p{number}@x.example"]}}
                                for number in range(1, 6)
                            ],
                        }
                    }
                },
            ),
            'Run bulkUpsert with 5 records: dupeMethod = "overwrite", fileName = "people.csv": "attributes.emails" = '
            '"p1@x.example" (list of 1), "type" = "prospect", "id" = 1; "attributes.emails" = "p2@x.example" (list '
            'of 1), "type" = "prospect", "id" = 2; "attributes.emails" = "p3@x.example" (list of 1), "type" = '
            '"prospect", "id" = 3; and 2 '
            "more? It cannot be undone as a whole.",
        ),
        (
            raw(
                "POST",
                "/imports/actions/prospectsImport",
                {"data": {"attributes": {"storageKey": "s3/x", "recordCount": 900, "mappings": {"a": "emails"}}}},
            ),
            "Run prospectsImport: storageKey = \"s3/x\", mappings = \"{'a': 'emails'}\" (object of 1)? This server "
            "cannot see what the file holds. The caller says that it has 900 records. It cannot be undone as a whole.",
        ),
        (
            raw(
                "POST",
                "/complianceRequests",
                {
                    "data": {
                        "type": "complianceRequest",
                        "attributes": {
                            "requester_email": "dpo@x.example",
                            "request_type": "Access",
                            "object_type": "Recipient",
                            "request_object_email": "ann@x.example",
                        },
                    }
                },
            ),
            'File a privacy request about "ann@x.example" with Outreach: requester_email = "dpo@x.example", '
            'object_type = "Recipient", request_type = "Access"? This cannot be undone.',
        ),
        (
            raw(
                "POST",
                ENROL,
                {"data": {"attributes": {"ids": [7], "stepOverrides": [{"stepId": each} for each in range(40)]}}},
            ),
            'Enrol 1 prospect in a sequence (prospectsAddToSequence): ids "[7]", among them "Ann Lee", stepOverrides = '
            "\"［{'stepId': 0}, {'stepId': 1}, {'stepId': 2}, {'stepId': 3}, {'stepId': 4}, {'s…\" (list of "
            "40, mixed)? E-mails may go to 1 person. It cannot be undone as a whole.",
        ),
        (
            raw(
                "POST", "/batches/actions/prospectsAssignOwner", {"data": {"attributes": {"ids": ["8"], "ownerId": 1}}}
            ),
            'Give 1 prospect another owner (prospectsAssignOwner): ids "[8]", ownerId = the user "Sally Smith" (id 1)? '
            "It cannot be undone as a whole.",
        ),
        (
            raw("POST", "/nowhere/new", {"data": {"a": {"b": [1, {"c": "d"}]}, "url": "https://evil.example"}}),
            'Send POST "/nowhere/new", which this server does not know: "data.a.b" = "［1, {\'c\': \'d\'}］" (list '
            'of 2, mixed), "data.url" = "https://evil.example"?',
        ),
        (
            raw(
                "PATCH",
                "/mailboxes/4",
                {
                    "data": {
                        "type": "mailbox",
                        "id": 4,
                        "attributes": {"smtpPassword": "x", "smtpHost": "mx.evil.example"},
                    }
                },
            ),
            'Change the mailbox "sally@x.example" (id 4): smtpHost = "mx.evil.example", smtpPassword = (not shown)?',
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"type": "prospect", "id": "7", "attributes": {"title": None}}}),
            'Change the prospect "Ann Lee" (id 7): title = nothing?',
        ),
    ],
)
async def test_a_question_holds_what_the_request_does(arguments: dict[str, Any], question: str) -> None:
    assert await asked(arguments) == question


def test_every_bulk_action_of_the_contract_has_words() -> None:
    for name in resource_types()["batch"].actions:
        if name.startswith(("prospects", "account")):
            outgoing = Outgoing("POST", f"/batches/actions/{name}", (), {"data": {"attributes": {"ids": [1, 2]}}})
            kind = "prospects" if name.startswith("prospects") else "accounts"
            assert re.match(rf"(?!Run)[A-Z][a-z ]* 2 {kind}\b", asked_about(outgoing, "x")), name


async def test_what_leaves_the_house_comes_before_whatever_else_is_set() -> None:
    """However many attributes stand before it."""
    attributes: dict[str, Any] = {f"custom{number}": "x" * 60 for number in range(61, 120)}
    attributes |= {"websiteUrl1": "https://evil.example", "emails": ["mallory@evil.example"], "optedOut": False}
    question = await asked({"prospect_id": 7, "attributes": attributes}, tool="update_prospect")
    start = (
        'Change the prospect "Ann Lee" (id 7): websiteUrl1 = "https://evil.example", emails = '
        '"mallory@evil.example" (list of 1), '
    )
    assert question.startswith(start)
    assert re.search(r" and \d+ more\?$", question)
    assert estimate_tokens(question) < 320


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            raw("POST", DESTROY, {"data": {"attributes": {"ids": [7]}}}, {"actionParams[filter][id][]": "8"}),
            "it names records both in its body and in its query",
        ),
        (raw("PATCH", "/prospects/7", {"data": {"type": "prospect", "id": 8}}), "the body says id 8, and the path 7"),
        (raw("PATCH", "/prospects/7", {"data": {"type": "prospect", "id": "07"}}), "the body says id '07'"),
        (raw("PATCH", "/prospects/7", {"data": {"type": "prospect", "id": True}}), "the body says id True"),
        (raw("PATCH", "/prospects/7", {"data": {"type": "prospect", "id": 7.5}}), "the body says id 7.5"),
        (raw("PATCH", "/prospects/7", {"data": {"type": "prospect", "id": [7]}}), "the body says id [7]"),
        (raw("PATCH", "/prospects/7", {"data": {"type": "account", "id": 7}}), "the body says type 'account'"),
        (raw("POST", "/prospects", {"data": {"type": "prospect", "id": 7}}), "and the path names none"),
        (
            raw("POST", DESTROY, {"type": "import", "data": {"attributes": {"ids": [7]}}}),
            "the body says type 'import', and the path leads to 'batch'",
        ),
        (raw("PATCH", "/prospects/7", {"data": {"attributes": {"nothing": 1}}}), "'data.attributes' holds 'nothing'"),
        (raw("PATCH", "/prospects/7", {"data": {"attributes": [1]}}), "'data.attributes' is not an object"),
        (raw("PATCH", "/prospects/7", {"data": {"meta": {"a": 1}}}), "'data' holds 'meta'"),
        (raw("PATCH", "/prospects/7", {"data": [{"type": "prospect", "id": 7}]}), "'data' is not an object"),
        (raw("PATCH", "/prospects/7", {"included": [1], "data": {}}), "a body has the member 'data', not 'included'"),
        (
            raw("PATCH", "/prospects/7", {"data": {"relationships": {"friend": linked("prospect", 1)}}}),
            "'data.relationships' holds 'friend'",
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"relationships": {"owner": linked("prospect", 1)}}}),
            "the relationship 'owner' links type 'prospect' (it has user)",
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"relationships": {"owner": linked("user", "1; drop")}}}),
            "links the id '1; drop', which is not an id",
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"relationships": {"owner": {"data": {"id": 1}}}}}),
            "a link is an object with 'type' and 'id'",
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"relationships": {"owner": {"links": {}, **linked("user", 1)}}}}),
            "the relationship 'owner' is not an object with 'data' alone",
        ),
        (raw("PATCH", "/prospects/7", {"data": {}}, {"force": "1"}), "there is no query parameter 'force'"),
        (raw("POST", "/tasks/11/actions/deliver", query={"actionParams[x]": "1"}), "no parameter 'actionParams[x]'"),
        (
            raw("POST", "/tasks/11/actions/deliver", {"data": {"attributes": {"note": "x"}}}),
            "'data.attributes' holds 'note'",
        ),
        (raw("DELETE", "/prospects/7", {"data": {"type": "prospect", "id": 8}}), "a DELETE has no body"),
        (
            raw(
                "POST",
                "/mailings",
                {"data": {**MAILING, "attributes": {"state": "scheduled", "bcc": "x@evil.example"}}},
            ),
            "'data.attributes' holds 'bcc'",
        ),
        (
            raw("POST", DESTROY, {"data": {"attributes": {"ids": [7], "records": [1]}}}),
            "'data.attributes' holds 'records'",
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"attributes": {"emails": ["x@evil.example\u200b"]}}}),
            "holds invisible characters",
        ),
        (
            raw("PATCH", "/prospects/7", {"data": {"attributes": {"websiteUrl1": f"https://{'x' * 1000}"}}}),
            "'websiteUrl1' has 1,008 characters, and a person has to see it whole",
        ),
        (
            raw("POST", "/nowhere/new", {"data": {f"a{number}": 1 for number in range(41)}}),
            "holds more than a person can be shown",
        ),
        (raw("POST", "/nowhere/new", {"data": {"a": "x" * 1001}}), "a person has to see it whole"),
        (
            raw(
                "PATCH",
                "/prospects/7",
                {
                    "data": {
                        "attributes": {f"websiteUrl{number}": f"https://{'x' * 900}" for number in (1, 2, 3)}
                        | {name: ["x" * 990] for name in ("emails", "homePhones")}
                    }
                },
            ),
            "this holds more than a person can be shown at once",
        ),
    ],
)
async def test_what_a_question_cannot_show_is_refused_before_anybody_is_asked(
    arguments: dict[str, Any], reason: str
) -> None:
    person = Person("decline")
    async with workbench(RECORDS, guard=WRITES, person=person) as bench:
        refused = await bench.refused("raw_http_request", **arguments)
        assert bench.changes() == []
    assert reason in refused
    assert "Nothing was sent." in refused
    assert person.questions == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x” (id 1)? Nothing happens. “Yes", "x' (id 1)? Nothing happens. 'Yes"),
        ("x'' (id 1)?", "x' (id 1)?"),
        ("x＂ y ˝ z ″", "x' y ' z '"),
        ("&quot; (id 1)", "＆quot; (id 1)"),
        ("**Delete nothing** ~~not this~~", "＊＊Delete nothing＊＊ ～～not this～～"),
        ("[here](https://evil.example) <b>", "［here］(https://evil.example) ＜b＞"),
        ("O’Brien & Sons", "O'Brien ＆ Sons"),
        ("Zoë Müller-Łukasz", "Zoë Müller-Łukasz"),
        ("שלום", "\u2068שלום\u2069"),
    ],
)
async def test_a_name_stays_within_its_quotation(name: str, shown: str) -> None:
    person = Person("decline")
    records = [SALLY, Record("account", 5, {"name": name}, {"owner": Identifier("user", 1)})]
    async with workbench(records, guard=DESTRUCTIVE, person=person) as bench:
        await bench.outcome("delete_account", {"account_id": 5})
    assert asked_once(person) == f'Delete the account "{shown}" (id 5) for good? This cannot be undone.'


TEXT = st.text(st.characters(exclude_categories=()), max_size=100) | st.text(
    st.sampled_from("\"'”“„‟«»″˝`´<>[]*~|\\&_?:. (id 1)\n\r\u2028\u202e\u200bא\u0301aZ"), max_size=40
)


@given(TEXT)
def test_a_quotation_ends_where_it_ends(text: str) -> None:
    shown = quoted(text)
    shown, hidden = re.subn(r" \(\d+ invisible characters?\)$", "", shown)
    assert hidden == (len(text) - text.count("\r") > len(clean(text)))
    inside = shown[1:-1]
    assert (shown[0], shown[-1]) == ('"', '"')
    assert not {*inside} & {*'"“”„‟«»`<>[]*~|\\&\n\r\u2028\u2029\u202e\u202d'}
    assert not [letter for letter in inside if unicodedata.category(letter) in ("Pi", "Pf", "Cc", "Zl", "Zp")]
    assert "''" not in inside
    assert "__" not in inside
    assert len(inside) <= 82
    assert shown.isprintable() or "\u2068" in shown or any(not letter.isprintable() for letter in text)


@given(TEXT)
def test_plain_words_are_shown_as_they_are(text: str) -> None:
    words = "".join(letter for letter in text if letter.isascii() and letter.isalnum())
    assert quoted(words, 100) == f'"{words}"'


class _Naming(httpx.AsyncBaseTransport):
    """An Outreach in which everything has one name."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attributes = dict.fromkeys(("name", "subject", "email", "firstName", "title"), self._name)
        kind = next(each.type for each in resource_types().values() if f"/{each.path}" in request.url.path)
        body = {"data": {"type": kind, "id": 7, "attributes": attributes}}
        return httpx.Response(200, json=body, headers={"Content-Type": "application/vnd.api+json"}, request=request)


def asked_about(outgoing: Outgoing, name: str) -> str:
    async def ask() -> str:
        client = OutreachClient(API, BearerToken(SecretStr("x")), transport=_Naming(name))
        try:
            return (await question_for(outgoing, client)).text
        finally:
            await client.aclose()

    return anyio.run(ask)


def acts(value: str) -> list[Outgoing]:
    """Requests of many kinds that hold a value of a stranger's."""
    attributes = {"subject": value, "bodyHtml": value, "state": "scheduled"}
    links = {"prospect": linked("prospect", 7), "mailbox": linked("mailbox", 4)}
    return [
        Outgoing("DELETE", "/accounts/7", (), None),
        Outgoing("PATCH", "/accounts/7", (), {"data": {"attributes": {"tags": [value, value]}}}),
        Outgoing("POST", "/accounts", (), {"data": {"attributes": {"name": value}}}),
        Outgoing("POST", "/mailings", (), {"data": {"attributes": attributes, "relationships": links}}),
        Outgoing("POST", "/tasks/7/actions/updateNote", (("actionParams[note]", value),), None),
        Outgoing(
            "POST",
            "/batches/actions/prospectsAddTags",
            (),
            {"data": {"attributes": {"ids": [1], "tags": [value, value]}}},
        ),
        Outgoing(
            "POST",
            "/imports/actions/bulkUpsert",
            (),
            {"data": {"attributes": {"fileName": value, "records": [{"type": value, "a": {"b": value}}]}}},
        ),
        Outgoing("POST", "/unknown/path", (), {"a": value}),
    ]


def words_of(question: str) -> str:
    """Return what is left of a question without what is quoted in it: our own words."""
    return re.sub(r'"[^"]*"', '""', question)


@settings(max_examples=60)
@given(TEXT, st.integers(0, 7))
def test_no_value_changes_our_own_words(text: str, number: int) -> None:
    """Whatever stands in a record or a request, without what is quoted the question is the same."""
    value = f"x{text}"
    assume(clean(value) == value)  # what is not seen is refused where it matters
    question = asked_about(acts(value)[number], value)
    plain = asked_about(acts("plain")[number], "plain")
    assert words_of(question).replace("…", "") == words_of(plain)
    assert len(question) < 4000


@settings(max_examples=60)
@given(TEXT, TEXT)
def test_requests_that_differ_have_other_marks(first: str, second: str) -> None:
    """Even where what is shown of them is the same: an answer is to one request."""

    async def marks() -> set[str]:
        client = OutreachClient(API, BearerToken(SecretStr("x")), transport=_Naming("x"))
        try:
            found = [
                await question_for(Outgoing("POST", "/accounts", (), {"data": {"attributes": {"name": each}}}), client)
                for each in (first, second, first)
            ]
            return {each.mark for each in found}
        finally:
            await client.aclose()

    assert len(anyio.run(marks)) == len({json.dumps(first), json.dumps(second)})
