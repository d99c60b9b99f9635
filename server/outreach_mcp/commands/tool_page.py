"""All about one tool, for people: what it does, its arguments, what it can be filtered by, and an example."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach_mcp.commands.example_calls import example_line
from outreach_mcp.commands.filter_guide import MISSING, fields_by_kind, looked_at
from outreach_mcp.commands.terminal import Terminal
from outreach_mcp.commands.tool_table import effect
from outreach_tools.catalog import Action, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool

_INDENT = "  "
_WIDEST_NAME = 36
_SORTED_BY = re.compile(r"\^-\?\((.*)\)\$")
_NAMED = frozenset({"id or name", "id, name or me"})  # as the schemas say it
_CUSTOM = re.compile(r"custom\d+")

_TYPES: Mapping[str, str] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "object": "an object",
    "array": "a list",
}

_MEANINGS: Mapping[str, str] = {
    "filters": "(see below); records are shown that fit all of them",
    "fields": 'the columns to show instead of the usual ones; ["*"] is all that hold something',
    "page_size": "rows in one answer",
    "page_after": "goes on where an answer ended: its own page_after, with the same arguments otherwise",
    "count": "counts how many there are as well",
    "text_from": "reads on in a long text, from this character",
    "clear": "the names of attributes and relationships to empty; an empty value alone changes nothing",
    "q": "finds names that begin so",
}


def page(tool: Tool, terminal: Terminal) -> str:
    """Return all about a tool, wrapped at the terminal's width."""
    layout = _Layout(terminal)
    sections = [
        f"{terminal.heading(tool.name)}\n{layout.text(f'{tool.title}; toolset {tool.toolset}, {effect(tool)}')}",
        layout.text(tool.description),
        *_arguments(tool, layout),
        *_criteria(tool, layout),
        # A line to copy is not wrapped.
        f"{terminal.heading('Example')}\n{_INDENT}{example_line(tool)}",
    ]
    return "\n\n".join(sections)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Lays out text for a terminal."""

    terminal: Terminal

    def text(self, text: str, indent: str = _INDENT, first: str | None = None) -> str:
        """Return a paragraph."""
        first = indent if first is None else first
        if self.terminal.width is None:
            return first + text
        return textwrap.fill(
            text,
            self.terminal.width,
            initial_indent=first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def terms(self, title: str, terms: Sequence[tuple[str, str]]) -> str:
        """Return names with what is said of each beside it, under a heading."""
        width = min(max(len(name) for name, _ in terms), _WIDEST_NAME)
        indent = " " * (len(_INDENT) + width + 2)
        lines = [self.text(said, indent, f"{_INDENT}{name:{width}}  ") for name, said in terms]
        return "\n".join([self.terminal.heading(title), *lines])


def _arguments(tool: Tool, layout: _Layout) -> Iterator[str]:
    described = [*_described(tool.input_schema)]
    if not described:
        yield layout.text("Takes no arguments.")
        return
    yield layout.terms("Arguments", described)
    if actions := _actions(tool):
        yield layout.terms("Actions", actions)
    if others := _others(tool):
        yield layout.text(f"attributes takes these by name as well: {', '.join(others)}.")


def _actions(tool: Tool) -> list[tuple[str, str]]:
    """Return the actions of a tool, each with the arguments that it takes beside its target."""
    properties: dict[str, Any] = tool.input_schema["properties"]
    names: list[str] = properties.get("action", {}).get("enum", []) if tool.resource else []
    known = resource_type(tool.resource).actions if names else {}
    return [(name, _parameters(known[name])) for name in names if name in known]


def _parameters(action: Action) -> str:
    said = [f"{name} (required)" for name in action.required] + [*action.optional]
    return f"with {', '.join(said)}" if said else "takes nothing more"


def _described(schema: JsonObject, path: str = "", needed_with: str | None = "") -> Iterator[tuple[str, str]]:
    """Yield the path of every argument, and what is said of it.

    `needed_with` is the optional argument inside of which required ones are required, empty at the top.
    """
    required: list[str] = schema.get("required", [])
    properties: dict[str, JsonObject] = schema["properties"]
    for name, inner in properties.items():
        here = f"{path}{name}"
        is_required = name in required
        if "properties" in inner and not _is_link(inner):
            yield from _described(inner, f"{here}.", needed_with if is_required else here)
            continue
        need = (f"required within {needed_with}" if needed_with else "required") if is_required else ""
        yield here, "; ".join(each for each in (need, _type(inner), "" if path else _MEANINGS.get(name, "")) if each)


def _is_link(schema: JsonObject) -> bool:
    """Return whether an object stands for one record of several types."""
    return set(schema["properties"]) == {"type", "id"}


def _type(schema: JsonObject) -> str:
    if (named := schema.get("description", "")) in _NAMED:
        return str(named)
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if found := _SORTED_BY.fullmatch(schema.get("pattern", "")):
        return f"one of {', '.join(found[1].split('|'))}; with - before it the other way round"
    if schema.get("format") == "date-time":
        return "a date or a time, such as 2026-03-02T09:00Z, tomorrow or +3d"
    if "properties" in schema:
        members = [f"{name} ({_type(inner)})" for name, inner in schema["properties"].items()]
        return f"an object: {', '.join(members)}"
    if schema["type"] == "array":
        items: JsonObject = schema["items"]
        if "properties" in items:
            return f"a list of objects, each with {' and '.join(items['properties'])}"
        return f"a list, each {_type(items)}"
    return _TYPES[schema["type"]]


def _others(tool: Tool) -> list[str]:
    """Return the names of the attributes that a write takes and its schema does not spell out."""
    properties: dict[str, Any] = tool.input_schema["properties"]
    if "attributes" not in properties or not tool.resource:
        return []
    spelled_out: dict[str, Any] = properties["attributes"].get("properties", {})
    known = resource_type(tool.resource).attributes.values()
    return [*_shortened(each.name for each in known if not each.read_only and each.name not in spelled_out)]


def _shortened(names: Iterable[str]) -> Iterator[str]:
    """Yield names, the custom fields among them as one."""
    custom: list[str] = []
    for name in names:
        if _CUSTOM.fullmatch(name):
            custom.append(name)
        else:
            yield name
    if custom:
        custom.sort(key=lambda name: int(name.removeprefix("custom")))
        yield f"{custom[0]} to {custom[-1]}"


def _criteria(tool: Tool, layout: _Layout) -> Iterator[str]:
    kinds = fields_by_kind(tool)
    if not kinds:
        return
    yield layout.terms("Fields that Outreach filters by", [(kind.title, ", ".join(fields)) for kind, fields in kinds])
    offered = f": {', '.join(looked_at(tool))}, …" if looked_at(tool) else ""
    yield layout.text(
        f"Other attributes may be filters as well{offered}; they are looked at here, over a bounded part of the list."
    )
    examples = {form: meaning for kind, _ in kinds for form, meaning in kind.criteria.items()}
    yield layout.terms("Criteria", [*examples.items(), *MISSING.items()])
