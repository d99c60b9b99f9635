"""Every maker's client can read every tool: the definitions keep to what all of them document or are known to take.

What the clients' own converters make of the schemas is another check, `scripts/check_schemas`: these rules need no
network, and stand for the services behind the clients, which judge what the converters let through.
"""

import json
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from outreach_tools.client import JsonObject
from outreach_tools.engine.outputs import output_schema
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools, told_last, toolsets
from tests.support.workbench import workbench

TOOLS = all_tools()
TYPES = {"object", "array", "string", "integer", "number", "boolean"}
WORDS = {"type", "properties", "required", "items", "enum", "pattern", "format", "description"}
PREFIX = "mcp__outreach-sandbox__"
"""The prefix that Claude Code puts before a tool's name; no other client's is longer."""


@dataclass(frozen=True, slots=True)
class Node:
    """One schema within another: the names on the way to it, and how many objects and arrays it is in."""

    path: str
    schema: JsonObject
    depth: int


def nodes(schema: JsonObject, path: str = "", depth: int = 0) -> Iterator[Node]:
    yield Node(path, schema, depth)
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}", depth + 1)
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]", depth + 1)


def is_a(node: Node, kind: str) -> bool:
    return node.schema.get("type") == kind


def only_words_that_everyone_takes(node: Node) -> bool:
    # google-genai fails on `additionalProperties: false`, and Gemini's API on most words that it does not know.
    return node.schema.keys() <= WORDS


def one_type(node: Node) -> bool:
    # Vertex AI: "didn't specify the schema type field"; Gemini's API: "Proto field is not repeating, cannot start
    # list"; Gemini CLI skips a tool that lacks a type.
    return isinstance(kind := node.schema.get("type"), str) and kind in TYPES


def enums_of_words(node: Node) -> bool:
    # Gemini's API: "enum: only allowed for STRING type", "enum[0]: cannot be empty". OpenAI: more than 250 words are
    # at most 15,000 characters.
    words = node.schema.get("enum", ["one"])
    named = all(isinstance(word, str) and word for word in words)
    return named and 0 < len(set(words)) == len(words) <= 250 and ("enum" not in node.schema or is_a(node, "string"))


def formats_that_gemini_has(node: Node) -> bool:
    # Gemini's API: "only 'enum' and 'date-time' are supported for STRING type".
    return "format" not in node.schema or (is_a(node, "string") and node.schema["format"] == "date-time")


def plain_patterns(node: Node) -> bool:
    # Constrained decoding knows no lookarounds, back references or word boundaries (Anthropic, Bedrock, OpenAI).
    pattern = node.schema.get("pattern")
    return pattern is None or (is_a(node, "string") and bool(re.fullmatch(r"\^[\w?()|-]+\$", pattern)))


def arrays_with_items(node: Node) -> bool:
    # VS Code: "tool parameters array type must have items"; OpenAI: "array schema missing items".
    return ("items" in node.schema) == is_a(node, "array")


def objects_with_properties(node: Node) -> bool:
    # OpenAI: "object schema missing properties"; Gemini's API: "properties: should be non-empty for OBJECT type", and
    # where it takes such an object, its models fill it with nothing. A tool as a whole may take no arguments.
    if node.path and is_a(node, "object"):
        return bool(node.schema.get("properties"))
    return ("properties" in node.schema) == is_a(node, "object")


def required_properties_that_are_there(node: Node) -> bool:
    # Gemini's API: "required[0]: property is not defined", "required: only allowed for OBJECT type".
    required = node.schema.get("required", ["one"])
    return 0 < len(required) == len(set(required)) and (
        "required" not in node.schema or node.schema.get("properties", {}).keys() >= set(required)
    )


def names_that_are_names_anywhere(node: Node) -> bool:
    # Anthropic: ^[a-zA-Z0-9_.-]{1,64}$; mcpadapt makes arguments of a function, and pydantic's fields, of a root's.
    names = node.schema.get("properties", {})
    return all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name) for name in names) and (
        bool(node.path) or not any(map(keyword.iskeyword, names))
    )


def five_levels(node: Node) -> bool:
    # OpenAI's strict mode began with five, and has ten today.
    return node.depth < 5


def a_bare_root(node: Node) -> bool:
    # MCP wants an object; Amazon Nova takes nothing beside these three words there.
    return bool(node.path) or (is_a(node, "object") and node.schema.keys() <= {"type", "properties", "required"})


RULES: tuple[Callable[[Node], bool], ...] = (
    only_words_that_everyone_takes,
    one_type,
    enums_of_words,
    formats_that_gemini_has,
    plain_patterns,
    arrays_with_items,
    objects_with_properties,
    required_properties_that_are_there,
    names_that_are_names_anywhere,
    five_levels,
    a_bare_root,
)
BROKEN: dict[str, tuple[JsonObject, ...]] = {
    "only_words_that_everyone_takes": ({"type": "object", "properties": {}, "additionalProperties": False},),
    "one_type": ({"enum": ["a"]}, {"type": ["string", "null"]}, {"type": "null"}),
    "enums_of_words": (
        {"type": "integer", "enum": [1]},
        {"type": "integer", "enum": ["1"]},
        {"type": "string", "enum": [""]},
        {"type": "string", "enum": []},
        {"type": "string", "enum": ["a", "a"]},
        {"type": "string", "enum": [str(number) for number in range(251)]},
    ),
    "formats_that_gemini_has": ({"type": "string", "format": "date"}, {"type": "integer", "format": "date-time"}),
    "plain_patterns": ({"type": "string", "pattern": r"^(?=x)\d+$"}, {"type": "string", "pattern": "a"}),
    "arrays_with_items": ({"type": "array"}, {"type": "string", "items": {"type": "string"}}),
    "objects_with_properties": (
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "string", "properties": {"a": {"type": "string"}}},
    ),
    "required_properties_that_are_there": (
        {"type": "object", "properties": {"a": {}}, "required": ["b"]},
        {"type": "object", "properties": {"a": {}}, "required": []},
        {"type": "string", "required": ["a"]},
    ),
    "names_that_are_names_anywhere": (
        {"type": "object", "properties": {"page[size]": {}}},
        {"type": "object", "properties": {"_id": {}}},
    ),
    "five_levels": (),
    "a_bare_root": (),
}
BROKEN_ROOTS: dict[str, tuple[JsonObject, ...]] = {
    "objects_with_properties": ({"type": "object"},),
    "names_that_are_names_anywhere": ({"type": "object", "properties": {"from": {}}},),
    "a_bare_root": ({"type": "object", "properties": {}, "title": "Arguments"}, {"type": "array"}),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_part_of_every_input_schema_keeps_the_rules(rule: Callable[[Node], bool]) -> None:
    parts = [(tool.name, node) for tool in TOOLS for node in nodes(tool.input_schema)]
    assert [(name, node.path) for name, node in parts if not rule(node)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_part_of_every_output_schema_keeps_the_rules(rule: Callable[[Node], bool]) -> None:
    parts = [(tool.name, node) for tool in TOOLS for node in nodes(output_schema(tool))]
    broken = {(name, node.path) for name, node in parts if not rule(node)}
    free = {(name, ".rows[][]") for name, _ in parts}  # what stands in a row is of any type
    unsaid = {("execute_link", ""), ("get_connection", "")}  # objects of which nothing can be said
    assert broken <= (free if rule is one_type else unsaid if rule is objects_with_properties else set())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_finds_what_breaks_it(rule: Callable[[Node], bool]) -> None:
    inner = [rule(Node(".inner", schema, 1)) for schema in BROKEN[rule.__name__]]
    root = [rule(Node("", schema, 0)) for schema in BROKEN_ROOTS.get(rule.__name__, ())]
    deep = [rule(Node(".a.b.c.d.e", {"type": "string"}, 5))] if rule is five_levels else []
    assert {*inner, *root, *deep} == {False}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tools_name_and_words_fit_every_client(tool: Tool) -> None:
    # Gemini's begin with a letter or _; the others take letters, digits, _ and -, all within 64 with their prefixes.
    assert re.fullmatch(r"[a-z][a-z_]*", tool.name)
    assert len(PREFIX + tool.name) <= 64
    assert len("outreach-sandbox" + tool.name) <= 60  # Cursor
    assert not keyword.iskeyword(tool.name)  # mcpadapt renames those
    assert 0 < len(tool.description) <= 1024  # OpenAI
    assert '"""' not in tool.description  # mcpadapt pastes it into a docstring, between these
    assert "\\" not in tool.description


def test_what_is_offered_fits_into_one_request_without_the_drop_downs() -> None:
    # OpenAI and VS Code take 128 tools; OpenAI 1,000 words in the enums of one schema, once 100 properties.
    # The README tells their users what to leave out.
    assert len(toolsets()["default"] - toolsets()["options"]) <= 128
    for tool in TOOLS:
        parts = list(nodes(tool.input_schema))
        assert sum(len(node.schema.get("enum", ())) for node in parts) <= 1000, tool.name
        assert sum(len(node.schema.get("properties", {})) for node in parts) <= 100, tool.name


@pytest.mark.parametrize("structured", [False, True])
async def test_what_is_listed_is_what_was_judged(structured: bool) -> None:
    async with workbench([], structured=structured) as bench:
        listed = (await bench.client.list_tools()).tools
    told = [(tool.name, tool.input_schema, tool.output_schema) for tool in listed]
    ordered = sorted(TOOLS, key=told_last)
    assert told == [(tool.name, tool.input_schema, output_schema(tool) if structured else None) for tool in ordered]
    annotations = [tool.annotations.model_dump(exclude_none=True) if tool.annotations else {} for tool in listed]
    assert {type(value) for each in annotations for value in each.values()} == {bool}
    assert json.dumps(annotations).isascii()
