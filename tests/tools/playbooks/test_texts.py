"""The texts of playbooks: what they name is there, and each is what its declaration says."""

import json
from importlib.resources import files
from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.playbooks.collection import PLAYBOOKS, playbook_named
from outreach_tools.playbooks.playbook import Playbook, filled
from outreach_tools.toolsets import all_tools, toolsets
from tests.support.workbench import workbench
from tests.tools.playbooks.following import calls, steps

TOOLS = {tool.name: tool for tool in all_tools()}
each_playbook = pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: playbook.name)


def test_there_are_ten_with_names_of_their_own_and_one_text_each() -> None:
    assert len({playbook.name for playbook in PLAYBOOKS}) == len(PLAYBOOKS) == 10
    texts = files("outreach_tools.playbooks").joinpath("texts").iterdir()
    assert {each.name for each in texts} == {f"{playbook.name}.md" for playbook in PLAYBOOKS}


@each_playbook
def test_every_word_that_looks_like_a_tool_is_one_that_it_declares(playbook: Playbook) -> None:
    named = {word.strip(".,:;`()") for word in playbook.steps.replace("`", " ").split()}
    found = {word for word in named if word in TOOLS}
    assert found == {*playbook.tools, *playbook.changes} & found
    assert {tool for _, tool, _ in calls(playbook.steps)} <= {*playbook.tools, *playbook.changes}
    assert {tool for _, tool, _ in steps(playbook.steps)} <= set(playbook.tools)
    assert not {word for word in named if "_" in word and word.islower() and word.startswith(VERBS)} - TOOLS.keys()


VERBS = ("get_", "list_", "create_", "update_", "set_", "delete_", "report_", "plan_", "find_", "apply_", "summarize_")


@each_playbook
def test_its_steps_change_nothing_and_what_changes_is_asked_about_before(playbook: Playbook) -> None:
    assert all(TOOLS[tool].read_only for _, tool, _ in steps(playbook.steps))
    before, _, after = playbook.steps.partition("## Ask before\n")
    assert after
    assert all(TOOLS[tool].read_only for _, tool, _ in calls(before))
    assert {tool for _, tool, _ in calls(after) if not TOOLS[tool].read_only} <= set(playbook.changes)


@each_playbook
def test_every_argument_of_every_call_is_in_the_tools_schema(playbook: Playbook) -> None:
    for _, tool, arguments in calls(playbook.steps):
        schema: dict[str, Any] = TOOLS[tool].input_schema
        assert arguments.keys() <= schema["properties"].keys(), tool
        assert set(schema.get("required", ())) <= arguments.keys(), tool
        for name, value in arguments.items():
            kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
            assert isinstance(value, kinds[schema["properties"][name]["type"]]), (tool, name)
            if "enum" in schema["properties"][name] and "<" not in json.dumps(arguments[name]):
                assert arguments[name] in schema["properties"][name]["enum"]


@each_playbook
def test_its_places_are_arguments_in_its_steps_or_what_answers_bring(playbook: Playbook) -> None:
    own = {argument.name for argument in playbook.arguments}
    text = json.dumps([arguments for _, _, arguments in calls(playbook.steps)])
    assert all(f"<{name}>" in text for name in own)
    assert playbook.text().count("<") == playbook.steps.count("<")


@each_playbook
def test_filled_in_no_argument_is_left_open_and_unneeded_ones_are_gone(playbook: Playbook) -> None:
    required = {argument.name: f"the {argument.name}" for argument in playbook.arguments if argument.required}
    text = playbook.text(required)
    assert not [argument for argument in playbook.arguments if f"<{argument.name}>" in text]
    assert all(f"the {name}" in text for name in required)
    assert [tool for _, tool, _ in calls(text)] == [tool for _, tool, _ in calls(playbook.steps)]


@pytest.mark.parametrize("value", ['a "quoted" name', "back`tick` {}", "back\\slash", "new\nline", "<owner>", "Zoë 🚀"])
@each_playbook
def test_whatever_is_given_stays_inside_its_call(playbook: Playbook, value: str) -> None:
    given = {argument.name: value for argument in playbook.arguments}
    text = playbook.text(given)
    before = [(tool, arguments) for _, tool, arguments in calls(playbook.steps)]
    after = [(tool, arguments) for _, tool, arguments in calls(text)]
    assert [tool for tool, _ in after] == [tool for tool, _ in before]
    shown = value.replace("\n", " ")
    names = frozenset(argument.name for argument in playbook.arguments if argument.kind)
    assert [arguments for _, arguments in after] == [
        filled(arguments, dict.fromkeys(given, shown), {*given}, names) for _, arguments in before
    ]


@each_playbook
def test_it_says_what_it_may_cost_and_ends_its_steps_with_what_to_show(playbook: Playbook) -> None:
    text = playbook.text()
    assert f"At most {playbook.calls} calls and about {playbook.tokens:,} tokens" in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        f"# {playbook.title}", "## Steps", "## Show", "## Ask before", "## How much", "## Always",
    ]  # fmt: skip


def test_a_text_costs_at_most_900_tokens() -> None:
    from tests.tools.playbooks.following import O200K  # noqa: PLC0415 - for this test alone

    assert max(len(O200K.encode(playbook.text())) for playbook in PLAYBOOKS) <= 1_100


def test_all_are_offered_without_a_choice_and_each_only_with_its_tools() -> None:
    default = toolsets()["default"]
    assert all(set(playbook.tools) <= default for playbook in PLAYBOOKS)
    assert playbook_named("reply-triage") is playbook_named("reply_triage") is not None


@each_playbook
async def test_a_prompt_is_offered_where_what_it_cannot_do_without_is(playbook: Playbook) -> None:
    for left_out in playbook.tools:
        policy = Policy.of(excluded=[left_out])
        offered = {tool.name for tool in policy.offered()}
        async with workbench([], guard=Guard(policy, "never")) as bench:
            listed = {prompt.name for prompt in (await bench.client.list_prompts()).prompts}
            assert listed == {each.name for each in PLAYBOOKS if offered >= {*each.tools} - each.spared}
            assert (playbook.name in listed) == (left_out in playbook.spared)


@each_playbook
def test_a_text_calls_nothing_in_its_steps_that_is_not_offered_and_says_what_it_lacks(playbook: Playbook) -> None:
    assert playbook.spared < {*playbook.tools}
    offered = {*playbook.tools} - playbook.spared
    text = playbook.text(offered=offered)
    called = {tool for _, tool, _ in steps(text)}
    assert called == {tool for _, tool, _ in steps(playbook.steps)} & offered != set()
    lacking = [name for name in dict.fromkeys((*playbook.tools, *playbook.changes)) if name not in offered]
    assert f"Not offered here: {', '.join(lacking)}. " in text
    assert text.partition("## Show")[2].startswith(playbook.text().partition("## Show")[2])
    assert playbook.text(offered=TOOLS) == playbook.text()


@pytest.mark.parametrize(
    ("name", "criteria"),
    [
        ("Ann Lee", "Ann Lee"), ("17", "17"), ("me", "me"), ("Acme, Inc.", '"Acme, Inc."'), ("not null", '"not null"'),
        ("NULL", '"NULL"'), ("1..99", '"1..99"'), ('The "A" Team', '"The ""A"" Team"'),
    ],
)  # fmt: skip
def test_a_name_in_a_filter_is_one_name(name: str, criteria: str) -> None:
    playbook = playbook_named("hand_over")
    assert playbook is not None
    found = [arguments for _, _, arguments in calls(playbook.text({"leaver": name, "successor": name}))]
    owners = [each["filters"][0]["criteria"] for each in found if "filters" in each]
    assert owners == [criteria] * 5
    assert found[0]["owner"] == name  # where no filter takes it, it is a name anyhow
    assert json.loads(found[1]["relationships"]) == {"owner": name}


def test_the_preset_of_sellers_offers_what_a_seller_does_in_a_day() -> None:
    sales = toolsets()["sales"]
    assert {each.name for each in PLAYBOOKS if not each.lacking(sales)} == {
        "morning_brief", "reply_triage", "call_preparation", "account_review",
    }  # fmt: skip
    assert not [each for each in PLAYBOOKS if each.lacking(sales | toolsets()["reports"] | toolsets()["bulk"])
                if each.name != "mailbox_health"]  # fmt: skip
