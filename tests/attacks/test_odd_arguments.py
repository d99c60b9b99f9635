"""Whatever the arguments of a tool are, it answers: no exception of the standard library goes past the edge."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from outreach_mcp.guard.policy import policy_of
from outreach_mcp.settings.rules import check_callers
from outreach_mcp.settings.settings import Settings, SettingsError
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools
from tests.support.counts import few_or_many
from tests.support.workbench import workbench

DIGITS = "9" * 5000
TEXTS = [
    DIGITS,
    f"-{DIGITS}",
    f"1e{DIGITS[:400]}",
    "9999-12-31",
    "0001-01-01",
    "9999-12-31..",
    "..0001-01-01",
    "9999-12-31T23:59:59+00:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "-999999999d",
    "https://[::1",
    "//[",
    "https://api.outreach.io:99999/api/v2/x",
    "/prospects?a=%",
    "/%",
    "\x00",
    "\ud800",
    "²",
    "٣",
    "[" * 5000,
    '{"a":' * 5000,
    "nan",
    "inf",
    "1_0",
    "",
    " ",
    "%00",
    "\u2028",
    "1..2..3",
    "null",
    "not null",
]
NUMBERS: list[Any] = [None, True, -1, 0, 1.5, 2**63, 10**30, 1e308, -1e308]
ODD: list[Any] = [*NUMBERS, [], [[]], [None], {}, {"": None}, {"a": {"b": []}}, *TEXTS, *([each] for each in TEXTS[:8])]

DAYS: list[Any] = [
    "9999-12-31",
    "0001-01-01",
    ["9999-12-30", "9999-12-31"],
    "0001-01-01..9999-12-31",
    DIGITS,
    "-99999d",
]

API = "https://api.outreach.io/api/v2"
LINKS = [
    "https://[::1",
    "https://[",
    "https://]/",
    "https://[::1]:x/",
    "https://a:99999/",
    "http://\x00",
    f"{API}/prospects?%",
    f"{API}/prospects?page[size]={DIGITS}",
    f"{API}/prospects?page[offset]={DIGITS}",
    f"{API}/prospects/{DIGITS}",
    f"{API}/prospects?page[after]={DIGITS}",
    f"{API}/prospects?filter[id]={DIGITS}",
    f"{API}/prospects?sort=\ud800",
]


def places(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place of a schema that a value stands in, by the names that lead there."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name)
        yield from places(inner, (*path, name))


def at(path: tuple[str, ...], value: Any) -> Any:
    """Return arguments that have a value at one place."""
    for name in reversed(path):
        value = {name: value}
    return value


def needed(tool: Tool) -> dict[str, Any]:
    """Arguments of the required names that are of the right kind."""
    kinds: dict[str, Any] = {"integer": 1, "string": "x", "array": [], "object": {}, "boolean": True}
    properties = tool.input_schema.get("properties", {})
    return {name: kinds.get(str(properties[name].get("type")), 1) for name in tool.input_schema.get("required", [])}


async def faults(calls: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return the calls that ended in a fault of ours."""
    found: list[str] = []
    async with workbench() as bench:
        for tool, arguments in calls:
            _, text = await bench.outcome(tool, arguments)
            if "fault in this server" in text:
                found.append(f"{tool} {arguments!r:.200}")
    return found


@pytest.mark.parametrize("start", range(12))
async def test_every_argument_of_every_tool_may_be_anything(start: int) -> None:
    assert (
        await faults(
            (tool.name, {**needed(tool), **at(path, value)})
            for tool in all_tools()[start::12]
            for number, path in enumerate(places(tool.input_schema))
            for value in ODD[(start + number) % 7 :: few_or_many(14, 7) if len(path) == 1 else few_or_many(40, 20)]
        )
        == []
    )


async def test_a_filter_on_a_day_may_be_anything() -> None:
    assert (
        await faults(
            (tool, {"filters": [{"field": "createdAt", "criteria": criteria}]})
            for tool in ("list_prospects", "list_tasks", "list_sequence_states")
            for criteria in DAYS
        )
        == []
    )


async def test_a_link_may_be_anything() -> None:
    assert await faults(("execute_link", {"link": link}) for link in LINKS) == []


async def test_a_path_and_a_query_may_be_anything() -> None:
    bodies: list[Any] = [None, "[" * 5000, DIGITS, '{"data": 7}', '{"data": {"id": ' + "9" * 4000 + "}}"]
    assert (
        await faults(
            ("raw_http_request", {"method": method, "path": path, **({} if body is None else {"body": body})})
            for method in ("GET", "POST", "PATCH", "DELETE")
            for path in (*TEXTS, *LINKS, f"/prospects/{DIGITS}")
            for body in bodies
        )
        == []
    )


@pytest.mark.parametrize("field", Settings.model_fields)
def test_a_setting_may_be_anything(field: str) -> None:
    many = {"keys_file": "/nowhere", "public_url": "https://mcp.example.com", "transport": "http", "client_id": "a"}
    for text in (*TEXTS, *LINKS, "https://[1]", "https://[::::]", "x" * 5000, "/" + "y" * 300, "~nobody/x", "[::", ","):
        for others in ({"sandbox": True}, many, {}):
            with contextlib.suppress(SettingsError):
                settings = Settings.from_environment({}, **{**others, field: text})
                check_callers(settings)
                policy_of(settings)
