"""The text of mails as it is given to a template, a snippet or a whole sequence: what is odd about it is told."""

from typing import Any

import pytest

from outreach_sandbox.records import Record
from outreach_tools.engine.mail_text import odd_in
from tests.support.workbench import workbench

USER = Record("user", 17, {"name": "Maya", "email": "maya@fieldlight.example"})
RECORDS = [
    USER,
    Record("template", 1, {"name": "Intro", "subject": "Hello", "bodyHtml": "<p>Hello</p>"}),
    Record("mailbox", 1, {"email": "maya@fieldlight.example"}),
    Record("prospect", 1, {"firstName": "Ada"}),
]
MAIL: dict[str, Any] = {"kind": "auto_email", "subject": "Hello", "body": "Hello"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hi {{first_name}} of {{company}}, {{account.name}}: {{sender.first_name}} {{custom12}} {{email}}", ()),
        ("{{ First Name }} {{prospect.title}} {{opportunity.amount}} {{date.tomorrow}}", ()),
        ("<style>@media x { p { color: red }} .a{b:c}</style>{unknown}", ()),
        ("Hi {{fist_name}}", ("{{fist_name}} (did you mean {{first_name}}?)",)),
        ("{{acount.name}}", ("{{acount.name}} (did you mean {{account.name}}?)",)),
        ("{{acount.amount_of_all}} {{ruleset.name}}", ()),  # nobody knows what else Outreach has
        ("{{account.nam}}", ("{{account.nam}} (did you mean {{account.name}}?)",)),
        ("{{unheard_of_thing_x}}", ("{{unheard_of_thing_x}}",)),
        ("Hi {first_name} and {first_name}", ("{first_name} (did you mean {{first_name}}?)",)),
        ("Hi {{first_name", ("{{ that names nothing (did you mean {{first_name}}?)",)),
        ("Hi {{ }}", ("{{ that names nothing (did you mean {{first_name}}?)",)),
    ],
)
def test_what_names_no_field_is_odd(text: str, told: tuple[str, ...]) -> None:
    assert tuple(each.told for each in odd_in(text)) == told


async def test_a_template_and_a_snippet_tell_of_variables_that_are_no_field() -> None:
    note = "not a field that is known, so it goes out as it is unless Outreach knows it: "
    async with workbench(RECORDS) as bench:
        text = {"subject": "{{companny}}", "bodyHtml": "{{fist_name}} {{first_name}}"}
        both = "{{companny}} (did you mean {{company}}?), {{fist_name}} (did you mean {{first_name}}?)"
        made = await bench.call("create_template", attributes={"name": "T", **text})
        changed = await bench.call("update_template", template_id=1, attributes=text)
        snippet = await bench.call("create_snippet", attributes={"name": "S", "bodyHtml": "{{fist_name}}"})
        fine = await bench.call("create_snippet", attributes={"name": "F", "bodyHtml": "{{first_name}}"})
    assert made["note"] == changed["note"] == note + both
    assert snippet["note"] == note + "{{fist_name}} (did you mean {{first_name}}?)"
    assert "note" not in fine


@pytest.mark.parametrize("breaking", ["Hello\nyou", "Hello\r\nBcc: somebody@else.example", "Hello\u2028you"])
async def test_a_subject_of_two_lines_is_refused_wherever_a_mail_has_one(breaking: str) -> None:
    variant = {**MAIL, "variants": [f"Subject: x\n{MAIL['body']}", {"subject": breaking, "body": "x"}]}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("create_template", {"attributes": {"name": "T", "subject": breaking, "bodyHtml": "x"}}),
        ("update_template", {"template_id": 1, "attributes": {"subject": breaking}}),
        ("create_mailing", {"attributes": {"subject": breaking, "bodyHtml": "x"}, "mailbox_id": 1, "prospect_id": 1}),
        ("change_operation", {"operation": "create_template", "arguments": {"name": "T", "subject": breaking}}),
        ("change_operation", {"operation": "update_mailing", "arguments": {"id": 1, "subject": breaking}}),
        ("build_sequence", {"name": "S", "steps": [{**MAIL, "subject": breaking}]}),
        ("build_sequence", {"name": "S", "steps": [variant]}),
        ("build_sequence", {"name": breaking, "steps": [MAIL]}),
    ]
    async with workbench(RECORDS) as bench:
        for tool, arguments in calls:
            assert "has a line break, and takes one line" in await bench.refused(tool, **arguments), tool
        assert bench.changes() == []


async def test_a_whole_sequence_tells_of_variables_that_are_no_field() -> None:
    async with workbench(RECORDS) as bench:
        steps = [{**MAIL, "body": "Hi {{fist_name}}"}, {**MAIL, "variants": ["{{unheard_of_thing_x}}"]}]
        made = await bench.call("build_sequence", name="S", steps=steps)
    assert made["note"] == (
        "not a field that is known, so it goes out as it is unless Outreach knows it: {{fist_name}} (did you mean "
        "{{first_name}}?), {{unheard_of_thing_x}}"
    )


async def test_a_sequence_whose_mails_have_a_slip_is_not_activated_and_one_with_an_unknown_variable_is() -> None:
    async with workbench(RECORDS) as bench:
        wrong = await bench.refused("build_sequence", name="S", steps=[{**MAIL, "body": "{first_name}"}], activate=True)
        assert bench.changes() == []
        right = await bench.call(
            "build_sequence", name="S", steps=[{**MAIL, "body": "{{unheard_of_thing_x}}"}], activate=True
        )
    assert wrong == (
        "The mails have {first_name} (did you mean {{first_name}}?). Nothing was made. Correct that; if it is meant "
        "so, leave activate out, and activate the sequence when it is made."
    )
    assert right["enabled"]


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ([None, {"kind": "call"}], "steps[1]"),
        ([{"kind": "call"}, {}], "steps[2]"),
        ([{**MAIL, "variants": ["One", ""]}], "steps[1].variants[2]"),
        ([{"kind": "call"}, {**MAIL, "variants": ["One", " ", "Two"]}], "steps[2].variants[2]"),
    ],
)
async def test_an_empty_step_or_variant_among_others_is_refused(steps: list[Any], where: str) -> None:
    async with workbench(RECORDS) as bench:
        text = await bench.refused("build_sequence", name="S", steps=steps)
        assert bench.changes() == []
    assert text == f"'{where}' is empty: give it, or leave it out"


async def test_variants_that_are_all_empty_are_none() -> None:
    async with workbench(RECORDS) as bench:
        made = await bench.call("build_sequence", name="S", steps=[{**MAIL, "variants": ["", None]}])
    assert len(made["rows"][0][-1]) == 1
