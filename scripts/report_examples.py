"""The tables of docs/reports.md: what the reports answer on the sandbox, on a day that is always the same."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import anyio

from outreach_mcp.connection import Connection
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import render
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools

_EXAMPLES: Mapping[str, tuple[str, JsonObject]] = {
    "sequences": ("report_sequences", {"period": "last_90_days"}),
    "variants": ("report_sequences", {"period": "last_90_days", "by": "variant"}),
    "activity": ("report_activity", {}),
    "pipeline": ("report_pipeline", {"by": "owner"}),
    "stuck": ("report_pipeline", {"by": "stuck", "top": 5}),
    "replies": ("report_replies", {"sentiment": "positive", "top": 5}),
    "ages": ("report_replies", {"by": "age"}),
}


def report_tables() -> dict[str, str]:
    """Return the tables by the names in their markers."""
    return anyio.run(_tables)


async def _tables() -> dict[str, str]:
    settings = Settings(sandbox=True, sandbox_number=2, sandbox_today=date(2026, 11, 18))
    connection = Connection(settings)
    tools = {tool.name: tool for tool in all_tools()}
    try:
        context = Context(connection, now=connection.now)
        return {
            name: _shown(tool, arguments, json.loads(render(await tools[tool].run(context, arguments))))
            for name, (tool, arguments) in _EXAMPLES.items()
        }
    finally:
        await connection.aclose()


def _shown(tool: str, arguments: JsonObject, answer: JsonObject) -> str:
    """Lay an answer out in Markdown: what was asked, the rows and totals as a table, and what else it says."""
    columns: list[str] = answer.pop("columns")
    rows: list[list[Any]] = answer.pop("rows")
    total: list[Any] = answer.pop("total", [])
    totals: list[list[Any]] = total if total and isinstance(total[0], list) else [total] if total else []
    lines = [f"`{tool}` `{json.dumps(arguments)}`", "", _line(columns), _line(["---"] * len(columns))]
    lines += [_line(row) for row in rows]
    lines += [_line([f"**{row[0]}**", *row[1:]]) for row in totals]
    beside = [f"`{name}`: {value}" for name, value in answer.items()]
    return "\n".join([*lines, "", "<br>".join(beside)])


def _line(cells: Iterable[object]) -> str:
    return "|" + "".join(f" {'' if cell is None else cell} |" for cell in cells)
