"""A change goes to the record that has a name at that moment, whoever renamed what meanwhile: over every place."""

from typing import Any

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.values import SqlValue
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.tool import Tool
from tests.support.workbench import Workbench, workbench
from tests.tools.filling import TOOLS, enough_for, put, requests_of
from tests.tools.labels.test_changing import Held
from tests.tools.labels.world import organisation
from tests.tools.naming.test_every_id import FILTERS, PLACES
from tests.tools.naming.world import ME, WORLD, Refusing, name_of, one

CHANGING = {tool.name: tool for tool, _, _ in PLACES if not tool.read_only}
GETS = {tool.name: (tool, path, kind) for tool, path, kind in PLACES if tool.name.startswith("get_")}
FIRST, SECOND = 80, 90
HELD: dict[str, tuple[str, ...]] = {
    "mailbox": ("email",),
    "prospect": ("firstName", "lastName"),
    "user": ("firstName", "lastName"),
}
"""The columns that hold the name of a record; of other types it is `name`."""


def other_name(kind: str) -> str:
    return f"other.{name_of(kind)}" if kind == "mailbox" else f"Other {kind}"


PAIRS = [
    one(kind, number, name)
    for kind in sorted(NAMINGS)
    for number, name in ((FIRST, name_of(kind)), (SECOND, other_name(kind)))
]


def name_it(bench: Workbench, kind: str, number: int, name: str) -> None:
    """Give a record another name behind the server's back."""
    attributes = one(kind, number, name).attributes
    values: dict[str, SqlValue] = {key: str(attributes[key]) for key in HELD.get(kind, ("name",))}
    with bench.store.transaction():
        bench.store.update(kind, number, values)


def swap(bench: Workbench, kind: str, holder: int) -> int:
    """Have the records of a type swap their names, and return the id of the one that has the first now."""
    name_it(bench, kind, holder, other_name(kind))
    name_it(bench, kind, FIRST + SECOND - holder, name_of(kind))
    return FIRST + SECOND - holder


async def keep(bench: Workbench, kind: str) -> None:
    """Have the server keep the names of a type, by a filter that takes them; a few types have only a relationship."""
    tool, field = next(((tool, field) for tool, field, each in FILTERS if each == kind), (None, ""))
    if tool is None:
        await bench.outcome("update_task", {"task_id": 456, kind: name_of(kind)})
        assert str(FIRST) in bench.requests[-1].content.decode()
        return
    await bench.outcome(tool.name, {"filters": [{"field": field, "criteria": name_of(kind)}]})
    assert str(FIRST) in str(bench.requests[-1].url), (tool.name, field)


def test_every_tool_that_changes_something_by_a_name_is_in_the_table() -> None:
    # The general operations run the tools of the table, or what is made as those are.
    own = {tool.name for tool in TOOLS if tool.names and not tool.read_only and tool.toolset != "operations"}
    assert own == CHANGING.keys()


@pytest.mark.parametrize("tool", CHANGING.values(), ids=CHANGING)
async def test_a_change_goes_to_the_record_that_has_the_name_now(tool: Tool) -> None:
    wrong: list[Any] = []
    places = [(path, kind) for each, path, kind in PLACES if each is tool]
    holders = {kind: FIRST for _, kind in places}
    async with workbench([ME, *PAIRS], through=Refusing) as bench:
        for kind in holders:
            await keep(bench, kind)
        for path, kind in places:
            arguments = enough_for(tool, path)
            if path[-1] == "id" and len(path) > 1:
                arguments = put(arguments, (*path[:-1], "type"), kind)
            holders[kind] = swap(bench, kind, holders[kind])
            wanted, _ = await requests_of(bench, tool, put(arguments, path, str(holders[kind])))
            sent, text = await requests_of(bench, tool, put(arguments, path, name_of(kind)))
            if not wanted or sent[-len(wanted) :] != wanted:
                wrong.append((path, sent, wanted, text))
    assert wrong == []


@pytest.mark.parametrize("name", GETS)
@pytest.mark.parametrize("fields", [None, ["id"], ["createdAt"], ["*"]])
async def test_what_is_read_by_a_name_is_called_so_now(name: str, fields: list[str] | None) -> None:
    tool, (argument,), kind = GETS[name]
    async with workbench([ME, *PAIRS]) as bench:
        await keep(bench, kind)
        holder = swap(bench, kind, FIRST)
        arguments: dict[str, Any] = {str(argument): name_of(kind), **({"fields": fields} if fields else {})}
        answer = await bench.call(tool.name, **arguments)
        assert answer["id"] == holder
        assert f"({holder})" in answer["note"]
        assert {*answer} <= {"id", "note", *(fields or answer)} or fields == ["*"]


@pytest.mark.parametrize("name", GETS)
async def test_a_name_that_two_had_is_read_anew_before_it_is_refused(name: str) -> None:
    tool, (argument,), kind = GETS[name]
    async with workbench([ME, one(kind, FIRST), one(kind, SECOND)] if kind != "user" else [ME, *PAIRS]) as bench:
        if kind == "user":
            name_it(bench, kind, SECOND, name_of(kind))
        await bench.refused(tool.name, **{str(argument): name_of(kind)})
        name_it(bench, kind, FIRST, other_name(kind))
        assert (await bench.call(tool.name, **{str(argument): name_of(kind)}))["id"] == SECOND


async def test_an_enrolment_without_a_mailbox_sends_from_the_one_that_is_the_callers_default_now() -> None:
    boxes = [Record("mailbox", number, {"email": f"me{number}@sales.example"}, {}) for number in (8, 9)]
    me = Record("user", 1, ME.attributes, {"mailbox": Identifier("mailbox", 8)})
    others = [each for each in WORLD if each.type not in ("mailbox", "user")]
    more = one("prospect", 457, "Ann Lee")
    async with workbench([*others, more, me, *boxes]) as bench:
        first = await bench.call("add_prospect_to_sequence", prospect_id=456, sequence_id=456)
        with bench.store.transaction():
            bench.store.update("user", 1, {"mailbox.id": 9})
        second = await bench.call("add_prospect_to_sequence", prospect_id=457, sequence_id=456)
    assert (first["mailbox_id"], second["mailbox_id"]) == (8, 9)
    assert "'me9@sales.example' (9)" in second["note"]


async def test_a_plan_is_of_the_records_and_values_that_have_the_names_now() -> None:
    def owned(number: int, user: int) -> Record:
        held = one("prospect", number, f"Ann Lee{number}")
        return Record("prospect", number, held.attributes, {"owner": Identifier("user", user)})

    users = [each for each in PAIRS if each.type == "user"]
    async with workbench([ME, *users, owned(10, FIRST), owned(11, SECOND), owned(12, 1)]) as bench:
        chosen, given = [{"field": "owner", "criteria": name_of("user")}], {"owner": other_name("user")}
        await bench.call("list_prospects", filters=chosen)
        holder = swap(bench, "user", FIRST)
        plan = await bench.call("plan_change", resource="prospect", filters=chosen, relationships=given)
        await bench.call("apply_plan", plan_id=plan["plan_id"])
        owners = dict(bench.store.rows('SELECT id, "owner.id" FROM "prospect.rows"'))
    assert holder == SECOND
    assert owners == {10: FIRST, 11: FIRST, 12: 1}


async def test_a_plan_takes_the_records_whose_field_has_the_label_now() -> None:
    outreach = Held()
    people = [
        one("prospect", 10, "Ann Lee", custom28="+1 416 555 0198"),
        one("prospect", 11, "Bob Lee", custom1="+1 416 555 0198"),
        one("prospect", 12, "Cid Lee"),
    ]
    async with workbench([ME, *people], custom_fields=organisation(), through=outreach) as bench:
        chosen = [{"field": "Night line", "criteria": "+1 416 555 0198"}]
        before = await bench.call("list_prospects", filters=chosen)
        await outreach.swap("prospect", "custom28", "custom1", ("Night line", "Assistant"))
        plan = await bench.call("plan_change", resource="prospect", filters=chosen, attributes={"title": "CEO"})
        await bench.call("apply_plan", plan_id=plan["plan_id"])
        titles = dict(bench.store.rows('SELECT id, title FROM "prospect.rows" WHERE title IS NOT NULL'))
    assert [row[0] for row in before["rows"]] == [10]
    assert titles == {11: "CEO"}


async def test_a_plan_takes_names_for_the_ids_of_its_records() -> None:
    people = [one("prospect", 10, "Ann Lee"), one("prospect", 11, "Lee, Bob"), one("prospect", 12, "Cid Lee")]
    async with workbench([ME, *people]) as bench:
        for ids, meant in ((["ann lee", 12], [10, 12]), ("Ann Lee, Cid Lee", [10, 12]), (["Lee, Bob"], [11])):
            plan = await bench.call("plan_change", resource="prospect", ids=ids, attributes={"title": "CEO"})
            assert [each["id"] for each in plan["examples"]] == meant
        refused = await bench.refused("plan_change", resource="prospect", ids=["Ann"], attributes={"title": "CEO"})
    assert refused.startswith("'ids': no prospect is called 'Ann'.")


async def test_an_import_goes_by_the_names_and_labels_of_this_moment() -> None:
    outreach = Held()
    users = [each for each in PAIRS if each.type == "user"]
    async with workbench([ME, *users], custom_fields=organisation(), through=outreach) as bench:
        await bench.call("list_prospects", filters=[{"field": "owner", "criteria": name_of("user")}])
        await bench.call("list_prospects", fields=["Night line", "id"])
        holder = swap(bench, "user", FIRST)
        await outreach.swap("prospect", "custom28", "custom1", ("Night line", "Assistant"))
        lines = f"First name,Email,Night line,Owner\nAnn,ann@acme.example,+1 416 555 0198,{name_of('user')}\n"
        plan = await bench.call("plan_import", resource="prospect", csv=lines)
        await bench.call("apply_plan", plan_id=plan["plan_id"])
        made = bench.store.rows('SELECT "owner.id", custom1, custom28 FROM "prospect.rows"')
    assert made == [(holder, "+1 416 555 0198", None)]


def test_every_tool_that_plans_changes_by_names_is_held_here() -> None:
    planning = {tool.name for tool in TOOLS if tool.names and tool.name.startswith("plan_")}
    assert planning == {"plan_change", "plan_import"}
