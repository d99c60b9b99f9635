"""Before a mail goes out a person is told who receives it, where its links lead, and by which template it is made."""

from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import resource_types
from outreach_tools.engine.html_links import targets_of
from tests.guard.test_confirmation import RECORDS, Person, asked_once
from tests.guard.test_questions import linked, raw
from tests.support.workbench import workbench

RECIPIENTS = [
    Record("recipient", 21, {"value": "eve@evil.example", "recipientType": "to"}),
    Record("recipient", 22, {"value": "dan@evil.example", "recipientType": "bcc"}),
    *(Record("recipient", number, {"value": f"r{number}@x.example"}) for number in range(100, 121)),
]
TEMPLATE = Record(
    "template",
    40,
    {
        "name": "Hello",
        "subject": "Good day",
        "bodyHtml": "<p>Look <a href='https://evil.example/a'>here</a></p>",
        "bccRecipients": ["eve@evil.example"],
    },
)
CALL = Record("task", 12, {"action": "call"}, {"subject": Identifier("prospect", 7)})
ALL = [*RECORDS, *RECIPIENTS, TEMPLATE, CALL]


def mailing(attributes: dict[str, Any], **links: Any) -> dict[str, Any]:
    related = {name: {"data": link} for name, link in links.items()}
    attributes = {"state": "scheduled", **attributes}
    return raw("POST", "/mailings", {"data": {"type": "mailing", "attributes": attributes, "relationships": related}})


def to(*numbers: int) -> list[dict[str, Any]]:
    return [{"type": "recipient", "id": number} for number in numbers]


ANN = {"type": "prospect", "id": 7}
ONCE = "? Once it is out it cannot be called back."


async def question(arguments: dict[str, Any], policy: Policy | None = None) -> str:
    person = Person("decline")
    guard = Guard(policy or Policy.of(["all", "admin"]), "destructive")
    async with workbench(ALL, guard=guard, person=person) as bench:
        _, text = await bench.outcome("raw_http_request", arguments)
        assert bench.changes() == []
    assert person.questions, text
    return asked_once(person)


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (
            mailing({"subject": "Hi"}, recipients=to(21)),
            'Send an e-mail to "eve@evil.example" (recipient 21) with the subject "Hi"',
        ),
        (
            mailing({"subject": "Hi"}, prospect=ANN, recipients=to(22, 21, 999)),
            'Send an e-mail to "dan@evil.example" ("bcc", recipient 22), "eve@evil.example" (recipient 21), the '
            'recipient 999 for the prospect "Ann Lee" (id 7) with the subject "Hi"',
        ),
        (
            mailing({"subject": "Hi"}, task={"type": "task", "id": 12}),
            'Send an e-mail to the prospect "Ann Lee" (id 7) with the subject "Hi": task = "task 12"',
        ),
        (mailing({"subject": "Hi"}), 'Send an e-mail to nobody whom it names with the subject "Hi"'),
        (
            mailing({"subject": "Hi", "bodyHtml": "<a href='https://evil.example/login'>Sign in</a>"}, prospect=ANN),
            'Send an e-mail to the prospect "Ann Lee" (id 7) with links to "evil.example", the subject "Hi" and the '
            'text "Sign in"',
        ),
        (
            mailing({}, prospect=ANN, template={"type": "template", "id": 40}),
            'Send an e-mail to the prospect "Ann Lee" (id 7), by the template "Hello" (id 40) with copies (bcc) to '
            '"eve@evil.example", links to "evil.example", the subject "Good day" and the text "Look here"',
        ),
        (
            mailing({"bodyHtml": "<p>Mine</p>"}, prospect=ANN, template={"type": "template", "id": 40}),
            'Send an e-mail to the prospect "Ann Lee" (id 7) with the text "Mine", by the template "Hello" (id 40) '
            'with copies (bcc) to "eve@evil.example"',
        ),
        (
            mailing({"bodyHtml": "<p>a\u200bb\u202e&#8203;</p>"}, prospect=ANN),
            'Send an e-mail to the prospect "Ann Lee" (id 7) with the text "ab" (3 invisible characters)',
        ),
        (
            mailing({"bodyHtml": "".join(f"<img src=//h{number}.example/x>" for number in range(11))}, prospect=ANN),
            'Send an e-mail to the prospect "Ann Lee" (id 7) with links to '
            f'{", ".join(f"{chr(34)}h{number}.example{chr(34)}" for number in range(8))} and 3 more and the text ""',
        ),
    ],
)
async def test_a_mail_is_asked_about_with_its_receivers_its_links_and_its_template(
    arguments: dict[str, Any], asked: str
) -> None:
    assert await question(arguments) == f"{asked}{ONCE}"


async def test_receivers_that_may_not_be_read_are_told_by_their_ids() -> None:
    excluded = Policy.of(excluded=["list_users", "get_user"])
    person = Person("decline")
    async with workbench(ALL, guard=Guard(excluded, "destructive"), person=person) as bench:
        links = {"recipients": [21], "mailbox": 4}
        arguments = {"attributes": {"subject": "Hi", "state": "scheduled"}, "relationships": links}
        _, text = await bench.outcome("create_mailing", arguments)
    assert person.questions, text
    assert asked_once(person) == (
        f'Send an e-mail to the recipient 21 from the mailbox "sally@x.example" (id 4) with the subject "Hi"{ONCE}'
    )


async def test_more_receivers_than_a_person_can_see_are_refused() -> None:
    person = Person("decline")
    async with workbench(ALL, guard=Guard(Policy.of()), person=person) as bench:
        arguments = mailing({}, recipients=to(*range(100, 121)))
        assert "the mail has 21 recipients" in await bench.refused("raw_http_request", **arguments)
        assert (bench.changes(), person.questions) == ([], [])


@pytest.mark.parametrize(
    ("html", "targets"),
    [
        ("<a href='https://evil.example/login'>Sign in</a>", ["evil.example"]),
        ('<A HREF = "HTTPS://Evil.Example:8443/">x</A>', ["evil.example:8443"]),
        ("<a href=https:\\\\evil.example\\x>x</a>", ["evil.example"]),
        ("<a href='https:evil.example'>x</a>", ["evil.example"]),
        ("<a href='/\\evil.example'>x</a>", ["evil.example"]),
        ("<a href='https://acme.example@evil.example/'>x</a>", ["evil.example"]),
        ("<a href='ht\ntps:/\t/evil.example'>x</a>", ["evil.example"]),
        ("<a href='&#104;ttps&colon;//evil&period;example'>x</a>", ["evil.example"]),
        ("<img src=//evil.example/pixel.gif>", ["evil.example"]),
        (
            "<form action='https://evil.example/steal'><button formaction='//worse.example'>",
            ["evil.example", "worse.example"],
        ),
        ("<p style=\"background:url('https://evil.example/x')\">x</p>", ["evil.example"]),
        ("<meta http-equiv=refresh content='0;url=https://evil.example'>", ["evil.example"]),
        ("<base href='https://evil.example/'><a href='login'>x</a>", ["evil.example", "login"]),
        ("<a href='mailto:eve@evil.example'>x</a>", ["eve@evil.example"]),
        ("<a href='javascript:alert(1)'>x</a>", ["javascript:alert(1)"]),
        ("<a href='{{unsubscribe_url}}'>x</a>", ["{{unsubscribe_url}}"]),
        ("<a href='evil.example/login'>x</a>", ["evil.example/login"]),
        ("<a href='#top'>x</a><img src='cid:logo'><a href=''>x</a><p>a/b, 1/2</p>", []),
        ("<a href='https://a.example/1'>x</a><a href='https://a.example/2'>y</a>", ["a.example"]),
    ],
)
def test_where_a_mail_leads_is_found_however_it_is_spelled(html: str, targets: list[str]) -> None:
    assert list(targets_of(html)) == targets


CHANGES_MAIL: list[tuple[str, dict[str, Any], str]] = [
    (
        "/templates/40",
        {
            "name": "Hi",
            "bodyHtml": "<a href='https://evil.example/x'>Sign in</a>",
            "bccRecipients": ["eve@evil.example"],
        },
        'Change the template "Hello" (id 40): bccRecipients = "eve@evil.example" (list of 1), bodyHtml = "Sign in" '
        "with links to "
        '"evil.example", name = "Hi"? It changes the mail that goes out by it from now on.',
    ),
    (
        "/sequences/3",
        {"transactional": True},
        'Change the sequence "Welcome" (id 3): transactional = true? It changes the mail that goes out by it from '
        "now on. It has 1 active prospect.",
    ),
]


@pytest.mark.parametrize(("path", "attributes", "asked"), CHANGES_MAIL)
async def test_what_changes_mail_that_goes_out_by_itself_says_so(
    path: str, attributes: dict[str, Any], asked: str
) -> None:
    kind = next(each.type for each in resource_types().values() if path.startswith(f"/{each.path}/"))
    body = {"data": {"type": kind, "id": int(path.rpartition("/")[2]), "attributes": attributes}}
    assert await question(raw("PATCH", path, body)) == asked


async def test_activating_a_sequence_says_that_mail_goes_out_and_to_how_many() -> None:
    assert await question(raw("POST", "/sequences/3/actions/activate")) == (
        'Activate the sequence "Welcome" (id 3)? E-mails go out to those who are in it. It has 1 active prospect.'
    )


async def test_an_enrolment_with_receivers_of_its_own_is_asked_about() -> None:
    links = {"prospect": linked("prospect", 7), "sequence": linked("sequence", 3), "mailbox": linked("mailbox", 4)}
    links["sequenceStateRecipients"] = {"data": [{"type": "sequenceStateRecipient", "id": 1}]}
    asked = await question(raw("POST", "/sequenceStates", {"data": {"type": "sequenceState", "relationships": links}}))
    assert asked.startswith('Create a new enrolment: prospect = "Ann Lee" (id 7), ')
    assert asked.endswith("? The sequence may send them e-mails.")
