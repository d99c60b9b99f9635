"""A declaration that names what Outreach does not have never starts, and says which resource and field."""

import pytest

from outreach_tools.catalog import Attribute
from outreach_tools.engine.building import DeclarationError, build_tools
from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    DeleteTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Resource(toolset="x", type="prospekt", columns=(), tools=()), "prospekt: Outreach has no such resource type"),
        (Resource(toolset="x", type="stage", columns=("nam",), tools=()), "stage: unknown field 'nam'"),
        (
            Resource(toolset="x", type="account", columns=("prospects",), tools=()),
            "account: the column 'prospects' is only a link",
        ),
        (
            Resource(toolset="x", type="account", columns=(), unlisted=("owner.nam",), tools=()),
            "account: 'owner.nam' is unlisted, but not a filter",
        ),
        (
            Resource(toolset="x", type="account", columns=(), offered=("domain",), tools=()),
            "account: 'domain' is offered, but Outreach filters by it",
        ),
        (
            Resource(toolset="x", type="stage", columns=(), values={"nam": ("a",)}, tools=()),
            "stage: known values for an unknown attribute 'nam'",
        ),
        (
            Resource(
                toolset="x",
                type="call",
                columns=(),
                values={"outcome": ("a",)},
                spellings={"outcome": {"b": "c"}},
                tools=(),
            ),
            "call: spellings of 'outcome' lead to ['c'], which are not known values",
        ),
        (
            Resource(
                toolset="x",
                type="stage",
                columns=(),
                tools=(CreateTool("create_stage", "", attributes=("createdAt",)),),
            ),
            "stage: create_stage: 'createdAt' is read-only",
        ),
        (
            Resource(
                toolset="x",
                type="task",
                columns=(),
                tools=(UpdateTool("update_task", "id", "", relationships=("call",)),),
            ),
            "task: update_task: the relationship 'call' is read-only",
        ),
        (
            Resource(
                toolset="x",
                type="stage",
                columns=(),
                tools=(CreateTool("create_stage", "", required=("attributes.name",)),),
            ),
            "stage: create_stage: unknown name 'attributes.name'",
        ),
        (
            Resource(toolset="x", type="user", columns=(), tools=(DeleteTool("delete_user", "user_id", ""),)),
            "user: delete_user: Outreach cannot delete users",
        ),
        (
            Resource(toolset="x", type="task", columns=(), tools=(ListTool("list_tasks", "", sort="-note"),)),
            "task: list_tasks: unknown name 'note'",
        ),
        (
            Resource(
                toolset="x",
                type="stage",
                columns=(),
                tools=(OptionsTool("list_stage_options", "", "", label=("title",)),),
            ),
            "stage: list_stage_options: unknown name 'title'",
        ),
        (
            Resource(
                toolset="x",
                type="task",
                columns=(),
                tools=(ActionTool("set_task_action", "id", "", actions=("finish",)),),
            ),
            "task: set_task_action: unknown name 'finish'",
        ),
        (
            Resource(
                toolset="x",
                type="task",
                columns=(),
                tools=(
                    ActionTool(
                        "set_task_action",
                        "task_id",
                        "",
                        actions=("reschedule",),
                        parameters=(Attribute("until", "string"),),
                    ),
                ),
            ),
            "task: set_task_action: its actions take ['dueAt'], it declares ['until']",
        ),
    ],
)
def test_a_wrong_declaration_is_refused_by_name(declared: Resource, message: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        build_tools(declared)
    assert str(refused.value) == message
