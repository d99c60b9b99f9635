"""Whatever text a record holds: given as a criterion as an answer shows it, it finds that record."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import Attribute, resource_type, resource_types
from outreach_tools.engine.criteria import is_text
from outreach_tools.engine.declaration import ListTool, Resource
from outreach_tools.engine.given import is_given
from outreach_tools.engine.text import clean
from outreach_tools.json_values import is_array
from outreach_tools.toolsets import RESOURCES
from tests.support.counts import few_or_many
from tests.support.workbench import Workbench, workbench

PIECES = (
    ",", ", ", "..", '"', '""', "null", "Null", "not null", "me", "today", "-7d", "[", "]", '["a"]', "{", "}",
    "__null__", "__NOTNULL__", "__x__", "\\", "'", "%", "*", "|", ":", ";", "&", "=", "#", "+", "?", "/", " ", "\u3000",
    "é", "Ä",
    "ß", "中", "👩‍👧", "ﬁ", "i̇", "a", "B", "0", "5", "1..2", "inf", "neginf", "true", "q", "…", "2026-01-31",
    "Palisade", "\n", "\t",
)  # fmt: skip
TRICKY = (
    "Palisade Water: New Business, 689 technicians", "null", "Null", "not null", "me", "today", "__null__",
    "__notnull__", '"null"', '"', '""', ",", ",,", "..", "a..", "..b", "b..a", '["a", "b"]', "[1]", "[", "{}", " a ",
    "a, ", "a  b", '"a", b', '"a" b', "\\", "%", "*", "inf", "1,2", "true", "-1d", "a@b, c@d", "x" * 120,
    "x" * 119 + "…",
)  # fmt: skip
texts = (st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join) | st.sampled_from(TRICKY)).filter(
    lambda text: is_given(text) and clean(text) == text
)
LISTS = [
    pytest.param(declared, tool.name, id=tool.name)
    for declared in RESOURCES
    for tool in declared.tools
    if isinstance(tool, ListTool)
]


def own_fields(declared: Resource) -> list[Attribute]:
    """Return the attributes of a type that hold any text; of the 150 custom fields one."""
    return [
        each
        for each in resource_type(declared.type).attributes.values()
        if is_text(each) and not each.write_only and each.name not in declared.values
        and each.name != "contactHistogram"  # objects, and comes only when it is asked for alone
        and not re.fullmatch(r"custom[02-9]\d*|custom1\d+", each.name)
    ]  # fmt: skip


def paths(declared: Resource) -> list[tuple[str, str, Attribute]]:
    """Return the relationships and related attributes that a list is filtered by and that hold any text."""
    known = {each.type: each for each in RESOURCES}
    found: list[tuple[str, str, Attribute]] = []
    for relationship in resource_type(declared.type).relationships.values():
        target = relationship.types[0]
        if relationship.many or target not in resource_types():
            continue
        for name in relationship.filter_by:
            attribute = resource_type(target).attributes.get(name)
            is_known = target in known and name in known[target].values
            if attribute and is_text(attribute) and not is_known:
                found.append((relationship.name, target, attribute))
    return found


def holding(attribute: Attribute, text: str) -> Any:
    """Return what a record holds in an attribute so that the text is in it."""
    if attribute.format == "email":
        text = f"{''.join(text.replace('@', '').split()) or 'a'}@x.example"
    return [text] if attribute.type == "array" else text


def world(declared: Resource, values: Sequence[str]) -> list[Record]:
    """Return records of a type: one whose fields hold the values in turn, and others with values that are like them."""
    records: list[Record] = []
    for number, chosen in ((1, values), (2, [f"{each}x" for each in values]), (3, ["a", "b", "not", "1"])):
        own = enumerate(own_fields(declared))
        attributes = {each.name: holding(each, chosen[index % len(chosen)]) for index, each in own}
        related: dict[str, Any] = {}
        inner: dict[str, dict[str, Any]] = {}
        targets: dict[str, str] = {}
        for index, (relationship, target, attribute) in enumerate(paths(declared)):
            inner.setdefault(relationship, {})[attribute.name] = holding(attribute, chosen[index % len(chosen)])
            targets[relationship] = target
        for index, (relationship, filled) in enumerate(inner.items()):
            related[relationship] = Identifier(targets[relationship], 100 * number + index)
            records.append(Record(targets[relationship], 100 * number + index, filled))
        records.append(Record(declared.type, number, attributes, related))
    return records


async def finds(bench: Workbench, tool: str, target: Any, field: str, criterion: Any) -> bool:
    """Return whether a criterion finds a record, reading on as long as there is more."""
    after: dict[str, str] = {}
    while True:
        page = await bench.call(tool, filters=[{"field": field, "criteria": criterion}], fields=["id"], **after)
        if any(row[0] == target for row in page["rows"]):
            return True
        if not page["has_more"]:
            return False
        after = {"page_after": page["page_after"]}


async def missed(bench: Workbench, declared: Resource, tool: str) -> list[tuple[str, Any]]:
    """Return the fields, with their values as shown, by which the first record is not found."""
    fields = [each.name for each in own_fields(declared)]
    fields += [f"{relationship}.{attribute.name}" for relationship, _, attribute in paths(declared)]
    first = (await bench.call(tool, fields=["id"]))["rows"][0][0]
    shown: dict[str, Any] = {}
    if fields:
        page = await bench.call(tool, fields=fields, filters=[{"field": "id", "criteria": str(first)}])
        shown = dict(zip(page["columns"], page["rows"][0], strict=True))
    held = {field: value if is_array(value := shown.get(field)) else [value] for field in fields}
    values = [(field, each) for field, several in held.items() for each in several]
    return [
        (field, each) for field, each in values if each is not None and not await finds(bench, tool, first, field, each)
    ]


@pytest.mark.parametrize(("declared", "tool"), LISTS)
@settings(
    max_examples=few_or_many(1, 4),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(texts, min_size=8, max_size=8))
@example(values=list(TRICKY))
@example(values=list(TRICKY[17:]))
@example(values=["Palisade Water: New Business, 689 technicians", ",", ",", ",..", ",", ",", ",", ","])
@example(values=["null, a", "not null, a", "null, not null", 'a, "null"', "not a, b", "null,", "a,null, b", "!a, b"])
async def test_a_value_as_an_answer_shows_it_finds_its_record(declared: Resource, tool: str, values: list[str]) -> None:
    async with workbench(world(declared, values), max_result_tokens=60_000) as bench:
        assert await missed(bench, declared, tool) == []
