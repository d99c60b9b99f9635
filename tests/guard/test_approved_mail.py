"""The mail that a person approves is the mail that is sent: written out before, and to the last byte."""

from typing import Any

import pytest
from mcp_types import ElicitRequestFormParams, ElicitResult

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Record
from outreach_tools.toolsets import all_tools
from tests.guard.test_confirmation import ERAS, MAILING, RECORDS, Person
from tests.support.workbench import Era, Workbench, workbench

HOSTILE = '<b>Ann</b> & "Bo"'
BODY = "<p>Hi {{first_name}} of {{ account.name }},</p><p>{{sender.first_name}}, {{unsubscribe_url}}</p>"
TEMPLATE = Record("template", 40, {"name": "Hello", "subject": "For {{first_name}} at {{company}}", "bodyHtml": BODY})
GUARD = Guard(Policy.of(["all"]), "destructive")
YES = {"confirm": True}
BY_TEMPLATE: dict[str, Any] = {
    "attributes": {"state": "scheduled"}, "relationships": {"mailbox": 4, "prospect": 7, "template": 40},
}  # fmt: skip
WRITTEN = "<p>Hi Ann of Acme,</p><p>Sally, {{unsubscribe_url}}</p>"
SUBJECT = "For Ann at Acme"


def records(**ann: Any) -> list[Record]:
    """The usual records, and a template; the prospect with other attributes."""
    changed = [
        Record(each.type, each.id, {**each.attributes, **ann}, each.relationships)
        if (each.type, each.id) == ("prospect", 7)
        else each
        for each in RECORDS
    ]
    return [*changed, TEMPLATE]


def mails(bench: Workbench) -> list[tuple[str, str, str]]:
    """Subject, body and state of every mailing that was made by the test."""
    return list(bench.store.rows("SELECT subject, bodyHtml, state FROM mailing WHERE id != 5 ORDER BY id"))


@pytest.mark.parametrize("era", ERAS)
async def test_what_a_person_saw_goes_out_to_the_last_byte(era: Era) -> None:
    person = Person(content=YES)
    async with workbench(records(), era=era, guard=GUARD, person=person) as bench:
        answer = await bench.call("create_mailing", **BY_TEMPLATE)
        assert mails(bench) == [(SUBJECT, WRITTEN, "scheduled")]
        (question,) = set(person.questions)
        assert f'the subject "{SUBJECT}" and the text "Hi Ann of Acme, Sally, {{{{unsubscribe_url}}}}"' in question
        assert 'Outreach fills in "{{unsubscribe_url}}" when it goes out.' in question
        assert "left for Outreach to fill in: {{unsubscribe_url}}" in answer["note"]


async def test_a_draft_is_written_out_for_its_prospect_and_names_what_has_no_value() -> None:
    async with workbench(records(firstName=None, title="VP")) as bench:
        body = "<p>{{first_name}}, {{title}}, {{!what they said}}</p>"
        given = {**BY_TEMPLATE, "attributes": {"subject": "For {{title}}", "bodyHtml": body, "state": "drafted"}}
        answer = await bench.call("create_mailing", **given)
        assert mails(bench) == [("For VP", "<p>{{first_name}}, VP, {{!what they said}}</p>", "drafted")]
        assert "without a value: {{first_name}}" in answer["note"]
        assert "left for Outreach to fill in: {{!what they said}}" in answer["note"]


async def test_a_mail_with_a_known_variable_that_has_no_value_does_not_go_out() -> None:
    async with workbench(records(firstName=None)) as bench:
        said = await bench.refused("create_mailing", **BY_TEMPLATE)
        assert said.startswith("Not sent: {{first_name}} of the text has no value for this prospect. Nothing was made.")
        assert bench.changes() == []


async def test_values_are_text_in_html_and_one_line_in_a_subject() -> None:
    async with workbench(records(firstName=f"{HOSTILE}\r\nBcc: x")) as bench:
        given = {**BY_TEMPLATE, "attributes": {"subject": "{{first_name}}", "bodyHtml": "{{first_name}}"}}
        await bench.call("create_mailing", **given)
        ((subject, body, _),) = mails(bench)
        assert subject == f"{HOSTILE} Bcc: x"
        assert body.startswith("&lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Bo&quot;")


async def test_a_value_that_would_be_filled_in_once_more_is_none() -> None:
    async with workbench(records(firstName="{{sender.email}}")) as bench:
        assert "{{first_name}}" in await bench.refused("create_mailing", **BY_TEMPLATE)


async def test_a_text_of_its_own_goes_before_that_of_the_template_part_by_part() -> None:
    async with workbench(records()) as bench:
        given = {**BY_TEMPLATE, "attributes": {"subject": "Mine"}}
        await bench.call("create_mailing", **given)
        assert mails(bench)[0][:2] == ("Mine", WRITTEN)


async def test_a_template_that_may_not_be_read_is_left_to_outreach_and_that_is_said() -> None:
    hidden = Guard(Policy.of(["all"], excluded=["list_templates", "get_template"]), "never")
    async with workbench(records(), guard=hidden) as bench:
        answer = await bench.call("create_mailing", **BY_TEMPLATE)
        assert "the template may not be read here" in answer["note"]


DELIVER: dict[str, Any] = {"method": "POST", "path": "/tasks/11/actions/deliver"}


async def test_what_the_settings_exclude_is_left_to_outreach_and_does_not_stop_a_mail() -> None:
    accounts = [name for name in (tool.name for tool in all_tools()) if name.endswith(("_account", "_accounts"))]
    without = Guard(Policy.of(["all"], excluded=accounts), "never")
    async with workbench(records(), guard=without) as bench:
        given = {**BY_TEMPLATE, "attributes": {"subject": "{{company}}", "bodyHtml": BODY, "state": "scheduled"}}
        answer = await bench.call("create_mailing", **given)
        assert "left for Outreach to fill in: {{company}}, {{account.name}}, {{unsubscribe_url}}" in answer["note"]
        assert mails(bench)[0][:2] == (
            "{{company}}",
            "<p>Hi Ann of {{ account.name }},</p><p>Sally, {{unsubscribe_url}}</p>",
        )


CHANGES: dict[str, tuple[str, dict[str, Any], tuple[str, int, str, str]]] = {
    "the template of a mail": ("create_mailing", BY_TEMPLATE, ("template", 40, "bodyHtml", BODY.replace("Hi", "Yo"))),
    "what a variable stands for": ("create_mailing", BY_TEMPLATE, ("prospect.rows", 7, "firstName", "Bob")),
    "the draft of a task": ("raw_http_request", DELIVER, ("mailing.rows", 5, "bodyHtml", "<p>Bye</p>")),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("era", ERAS)
async def test_what_changed_since_the_question_is_asked_about_anew(era: Era, what: str) -> None:
    tool, given, (table, number, name, value) = CHANGES[what]
    asked: list[str] = []

    async def answer(context: object, params: object) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        asked.append(params.message)
        if len(asked) == 1:
            bench.store.run(f'UPDATE "{table}" SET "{name}" = ? WHERE id = ?', (value, number))
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")

    async with workbench(records(), era=era, guard=GUARD, person=answer) as bench:
        said = await bench.refused(tool, **given)
        assert "declined" in said
        assert len(asked) == 2, asked
        assert bench.changes() == []


async def test_what_is_too_long_to_be_shown_is_agreed_to_as_well() -> None:
    """The end of the text, which no question has room for, is changed while the person reads the beginning."""
    long = "<p>" + "word " * 2_000 + "{}</p>"
    draft = Record("mailing", 5, {**MAILING.attributes, "bodyHtml": long.format("one")}, MAILING.relationships)
    asked: list[str] = []

    async def answer(context: object, params: object) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        asked.append(params.message)
        if len(asked) == 1:
            bench.store.run('UPDATE "mailing.rows" SET bodyHtml = ? WHERE id = 5', (long.format("two"),))
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")

    rest = [each for each in RECORDS if each is not MAILING]
    async with workbench([*rest, draft], guard=GUARD, person=answer) as bench:
        await bench.refused("raw_http_request", **DELIVER)
        assert len(asked) == 2
        assert asked[0] == asked[1]
        assert bench.changes() == []
