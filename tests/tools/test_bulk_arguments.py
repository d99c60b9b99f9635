"""The leniencies of single changes in those of many records: what is empty is named, ids come in every spelling."""

import json
from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.toolsets import RESOURCES, all_tools
from tests.support.workbench import Workbench, workbench
from tests.tools.filling import EMPTY, EMPTY_TEXTS, Path, put, value_for

_PLANS = next(tool for tool in all_tools() if tool.name == "plan_change")
KINDS = [
    kind for kind in _PLANS.input_schema["properties"]["resource"]["enum"] if "update" in resource_type(kind).operations
]


def _members(kind: str) -> tuple[dict[Path, Any], list[Path]]:
    """Return what a type's record is to become, one thing, and all else that could be written."""
    resource = resource_type(kind)
    known = next(each.values for each in RESOURCES if each.type == kind)
    texts = [
        each
        for each in resource.attributes.values()
        if each.type in ("string", "boolean") and not each.read_only and not each.format and not each.write_only
        if each.name not in known
    ]
    first = next(each for each in texts if each.type == "boolean" or not each.name.endswith(("Status", "Type", "tate")))
    real: dict[Path, Any] = {("attributes", first.name): value_for(first.name, {"type": first.type})}
    others: list[Path] = [("attributes", each.name) for each in resource.attributes.values() if not each.read_only]
    others += [("relationships", each.name) for each in resource.relationships.values() if not each.read_only]
    # As many as an answer about a plan has room for.
    some = [path for path in others if path not in real]
    return real, [*some[:4], *some[-4:]] if len(some) > 8 else some


async def _some(bench: Workbench, kind: str) -> list[int]:
    return [row[0] for row in bench.store.rows(f'SELECT id FROM "{kind}" ORDER BY id LIMIT 2')]


async def test_a_plan_names_whatever_came_empty_in_every_spelling_and_changes_none_of_it() -> None:
    wrong: list[Any] = []
    planned = 0
    async with workbench() as bench:
        for kind in KINDS:
            real, others = _members(kind)
            ids = await _some(bench, kind)
            for number, empty in enumerate((*EMPTY, *EMPTY_TEXTS)):
                # A text that holds the JSON of nothing is a text where text is meant.
                plain = empty not in EMPTY_TEXTS
                known = resource_type(kind).attributes
                paths = [
                    path for path in others if plain or path[1] not in known or known[str(path[1])].type == "array"
                ]
                given: dict[str, Any] = {"resource": kind, "ids": ids}
                for path, value in (*real.items(), *((path, empty) for path in paths)):
                    given = put(given, path, value)
                if number % 2:
                    texts: dict[str, Any] = {
                        name: json.dumps(given[name]) for name in (*given,) if name in ("attributes", "relationships")
                    }
                    given = {**given, **texts}
                failed, text = await bench.outcome("plan_change", given)
                if failed and "nothing to do" in text:
                    continue
                if failed or sorted(json.loads(text).get("not_changed", [])) != sorted(path[1] for path in paths):
                    wrong.append((kind, given, text))
                planned += 1
    assert wrong == []
    assert planned > 100


@pytest.mark.parametrize("empty", [*EMPTY, *EMPTY_TEXTS])
async def test_a_bulk_change_names_what_came_empty(empty: Any) -> None:
    async with workbench() as bench:
        for fields in ({"attributes": {"emails": empty, "title": "CEO"}}, {"title": "CEO", "emails": empty}):
            arguments = {"ids": [402, 403], **fields}
            answer = await bench.call("change_operation", operation="prospects_bulk_modify", arguments=arguments)
            assert answer["not_changed"] == ["emails"]
            sent = json.loads(bench.requests[-1].content)
            assert sent == {"data": {"attributes": {"title": "CEO", "ids": [402, 403]}}}


@pytest.mark.parametrize("empty", EMPTY_TEXTS)
async def test_what_a_bulk_action_needs_may_not_be_the_text_of_nothing(empty: str) -> None:
    async with workbench() as bench:
        for arguments in ({"ids": [402], "tags": empty}, {"ids": empty, "tags": ["vip"]}):
            message = await bench.refused("change_operation", operation="prospects_add_tags", arguments=arguments)
            assert "prospectsAddTags needs" in message
        message = await bench.refused(
            "change_operation", operation="prospects_bulk_modify", arguments={"ids": [402], "emails": empty}
        )
        assert message == "'attributes' is required: the fields to set in every record"
        assert bench.changes() == []


@pytest.mark.parametrize("ids", [
    [402, 403], [402.0, "403"], "402,403", "402.0, 403", " 402 ,, 403.0", "[402, 403]", '["402.0", 403]',
    '"[402, 403]"', "Stefan Hoffmann, 403", '"Stefan Hoffmann",403', ["Stefan Hoffmann", "403"],
])  # fmt: skip
async def test_ids_come_in_every_spelling_to_a_plan_and_to_a_bulk_action(ids: Any) -> None:
    async with workbench() as bench:
        plan = await bench.call("plan_change", resource="prospect", ids=ids, attributes={"title": "CEO"})
        assert [each["id"] for each in plan["examples"]] == [402, 403]
        arguments = {"ids": ids, "title": "CEO"}
        await bench.call("change_operation", operation="prospects_bulk_modify", arguments=arguments)
        assert json.loads(bench.requests[-1].content)["data"]["attributes"]["ids"] == [402, 403]


@pytest.mark.parametrize("ids", ["402.5", "1..500", "*", "402, true", "[402", [[402]], [True], "null", "null,402"])
async def test_ids_that_are_none_are_refused_by_both(ids: Any) -> None:
    async with workbench() as bench:
        await bench.refused("plan_change", resource="prospect", ids=ids, attributes={"title": "CEO"})
        arguments = {"ids": ids, "title": "CEO"}
        await bench.refused("change_operation", operation="prospects_bulk_modify", arguments=arguments)
        assert bench.changes() == []
