"""`outreach-mcp demo`: a real MCP client works in the sandbox, and all that it sees is shown."""

import json
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import TextContent

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.clock import MACHINE
from outreach_mcp.commands.demo_report import Report, measure
from outreach_mcp.connection import Connection
from outreach_mcp.io.streams import OutputLostError, tell
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import OPT_IN, all_tools


class DemoError(Exception):
    """A call failed, or the sandbox lacks what the demo needs; the message says which."""


def demo(settings: Settings) -> int:
    """Run the demo; returns 1 when a call fails."""
    settings = dated(settings, MACHINE.now)
    report = Report(min(shutil.get_terminal_size().columns, 120), measure())
    return anyio.run(_demo, settings, report)


def dated(settings: Settings, now: Callable[[], datetime]) -> Settings:
    """Return the settings with a day: named once for both sandboxes, they stand on it also when midnight passes."""
    return settings.model_copy(update={"sandbox_today": settings.sandbox_today or now().astimezone(UTC).date()})


async def _demo(settings: Settings, report: Report) -> int:
    flags = {
        "--number": settings.sandbox_number,
        "--scale": settings.sandbox_scale,
        "--today": settings.sandbox_today,
        "--max-result-tokens": settings.max_result_tokens,
    }
    arguments = ["serve", "--sandbox", *(str(part) for flag in flags.items() for part in flag)]
    twin = Twin(settings)
    lost: OutputLostError | None = None
    try:
        report.say(f"Starting: outreach-mcp {' '.join(arguments)}")
        server = StdioServerParameters(command=sys.executable, args=["-m", "outreach_mcp", *arguments])
        async with Client(server) as client:
            try:
                offered = len(all_tools()) - len(OPT_IN)
                report.say(f"Connected over stdio, MCP {client.protocol_version}: {offered} tools.")
                await work(Session(client, twin, report))
            except (DemoError, MCPError, OutreachError, ToolError) as error:
                tell(f"outreach-mcp demo: {error}")
                return 1
            except OutputLostError as error:  # kept, so that it leaves the task group as it is
                lost = error
        if lost is not None:
            raise lost
        report.total()
        return 0
    finally:
        await twin.connection.aclose()


async def work(session: "Calls") -> None:
    """Do what a user might ask for; raises `DemoError` at the first call that fails."""
    sequences, _ = await _rows(
        session,
        "Which sequences are running?",
        "list_sequences",
        {"filters": [{"field": "enabledAt", "criteria": "not null"}], "sort": "-lastUsedAt", "page_size": 5},
    )
    sequence_id = _first(sequences, "running sequence")["id"]
    await session.call("What is the first one?", "get_sequence", {"sequence_id": sequence_id})
    chosen = await _two_to_enrol(session)
    mailboxes, _ = await _rows(
        session, "Which mailbox is mine?", "list_mailboxes", {"filters": [{"field": "user.id", "criteria": "me"}]}
    )
    mailbox_id = _first(mailboxes, "mailbox of the current user")["id"]
    for prospect_id, name in chosen.items():
        enrolment = {"sequence_id": sequence_id, "prospect_id": prospect_id, "mailbox_id": mailbox_id}
        await session.call(f"Enrol {name}.", "add_prospect_to_sequence", enrolment)
    tasks, _ = await _rows(
        session,
        "What is due first?",
        "list_tasks",
        {"filters": [{"field": "state", "criteria": "incomplete"}], "sort": "dueAt", "page_size": 3},
    )
    done = {"task_id": _first(tasks, "open task")["id"], "action": "markComplete", "completionNote": "Done in the demo"}
    await session.call("Complete it.", "set_task_action", done)
    await session.call("Who did what lately?", "list_audits", {"sort": "-timestamp", "page_size": 5})


async def _two_to_enrol(session: "Calls") -> dict[int, str]:
    """Return the names of two people, by id, whom any sequence takes: nobody has them in one, whatever became of it."""
    chosen: dict[int, str] = {}
    untouched = {
        "filters": [{"field": "touchedAt", "criteria": "null"}],
        "fields": ["name", "title", "account", "optedOut"],
        "page_size": 10,
    }
    page: JsonObject = {}
    while len(chosen) < 2:
        prospects, page_after = await _rows(
            session, "Whom has nobody written to yet?", "list_prospects", {**untouched, **page}
        )
        willing = {prospect["id"]: prospect["name"] for prospect in prospects if not prospect["optedOut"]}
        held = await _held(session, willing) if willing else set[int]()
        chosen |= {prospect_id: name for prospect_id, name in willing.items() if prospect_id not in held}
        if page_after is None and len(chosen) < 2:
            raise DemoError("the sandbox has no two prospects to enrol; try another --number")
        page = {"page_after": page_after}
    return dict(list(chosen.items())[:2])


async def _held(session: "Calls", prospects: Iterable[int]) -> set[int]:
    """Return those of some prospects who are or were in a sequence."""
    asked = {
        "filters": [{"field": "prospect.id", "criteria": ",".join(map(str, prospects))}],
        "fields": ["prospect", "sequence", "state"],
    }
    why = "Who of those that may be written to is in a sequence already, or was?"
    states, page_after = await _rows(session, why, "list_sequence_states", asked)
    while page_after is not None:
        more, page_after = await _rows(
            session, "And who else?", "list_sequence_states", {**asked, "page_after": page_after}
        )
        states += more
    return {state["prospect_id"] for state in states}


async def _rows(session: "Calls", why: str, tool: str, arguments: JsonObject) -> tuple[list[JsonObject], str | None]:
    """Call a list tool and return its rows by column, and where the list goes on, None where it ends."""
    answer = await session.call(why, tool, arguments)
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    return rows, answer.get("page_after")


def _first(rows: list[JsonObject], what: str) -> JsonObject:
    if not rows:
        raise DemoError(f"the sandbox has no {what}; try another --number")
    return rows[0]


class Calls(Protocol):
    """Calls tools, and lets somebody see it."""

    async def call(self, why: str, tool: str, arguments: JsonObject) -> JsonObject:
        """Call a tool for a reason and return its answer; raises `DemoError` when it fails."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """The client's calls, each shown beside what the API answers to the same requests."""

    client: Client
    twin: "Twin"
    report: Report

    async def call(self, why: str, tool: str, arguments: JsonObject) -> JsonObject:
        """Call a tool, show the call and its answer, and return the answer. Raises `DemoError` when it fails."""
        result = await self.client.call_tool(tool, arguments)
        answer = "".join(content.text for content in result.content if isinstance(content, TextContent))
        if result.is_error:
            raise DemoError(f"{tool} failed: {answer}")
        self.report.call(why, tool, arguments, answer, await self.twin.raw_answer(tool, arguments))
        return cast(JsonObject, json.loads(answer))


@dataclass(slots=True)
class Twin:
    """A second sandbox with the same data and day, in which the same calls show what the API itself answers."""

    settings: Settings
    connection: Connection = field(init=False)
    _answers: list[Any] = field(default_factory=list[Any], init=False)

    def __post_init__(self) -> None:
        """Prepare the second sandbox."""
        self.connection = Connection(self.settings)

    async def raw_answer(self, tool_name: str, arguments: JsonObject) -> str:
        """Return the bodies of all answers that the API gives while a tool runs, one after the other."""
        self._answers.clear()
        tool = next(tool for tool in all_tools() if tool.name == tool_name)
        await tool.run(Context(self, self.settings.max_result_tokens, now=self.connection.now), arguments)
        return "".join(json.dumps(body, ensure_ascii=False, separators=(",", ":")) for body in self._answers)

    async def send(self, request: Request) -> Response:
        """Send the request and keep the answer's body."""
        response = await self.connection.send(request)
        self._answers.append(response.body)
        return response

    async def current_user_id(self) -> int:
        """Return the id of the user whom the sandbox takes us for."""
        return await self.connection.current_user_id()
