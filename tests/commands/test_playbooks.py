"""`outreach-mcp playbooks`: a list for people and for scripts, and the text of one."""

import json

import pytest

from outreach_mcp.cli import main
from outreach_tools.playbooks.collection import PLAYBOOKS


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["playbooks", *arguments], {})
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_each_playbook_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, shown, _ = told(capsys)
    assert code == 0
    assert [line.split(maxsplit=1) for line in shown.splitlines()] == [
        [each.name, each.description] for each in PLAYBOOKS
    ]


@pytest.mark.parametrize("name", ["reply_triage", "reply-triage"])
def test_a_playbook_is_printed_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    playbook = next(each for each in PLAYBOOKS if each.name == "reply_triage")
    assert told(capsys, name) == (0, playbook.text(), "")


def test_as_json_a_playbook_is_what_it_is_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    _, every, _ = told(capsys, "--json")
    _, one, _ = told(capsys, "hand_over", "--json")
    assert [each["name"] for each in json.loads(every)] == [each.name for each in PLAYBOOKS]
    assert json.loads(one) == next(each for each in json.loads(every) if each["name"] == "hand_over")


def test_settings_leave_out_what_cannot_be_followed(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = told(capsys, "--read-only")
    names = {line.split()[0] for line in shown.splitlines()}
    assert names == {each.name for each in PLAYBOOKS} - {"list_load", "hand_over"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["moring_brief"], "there is no playbook 'moring_brief': did you mean morning_brief?"),
        (["zzz"], "there is no playbook 'zzz': `outreach-mcp playbooks` lists them"),
        (["--read-only", "hand_over"], "hand_over needs apply_plan, which these settings leave out"),
    ],
)
def test_a_name_that_is_not_there_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, *arguments) == (2, "", f"outreach-mcp: {said}\n")
