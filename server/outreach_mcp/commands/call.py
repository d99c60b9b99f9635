"""`outreach-mcp call`: one tool from the shell."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import anyio

from outreach_mcp.api.tokens.credentials_of_login import with_login
from outreach_mcp.clock import MACHINE
from outreach_mcp.commands.answer_grid import as_csv, grid_of
from outreach_mcp.commands.answer_table import as_table
from outreach_mcp.commands.display_width import shown
from outreach_mcp.commands.recording import started_journal
from outreach_mcp.commands.terminal import Terminal
from outreach_mcp.commands.unknown_names import unknown_tool
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.connection import Connection
from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.gate import Gate
from outreach_mcp.guard.granted import granted_scopes
from outreach_mcp.guard.policy import Policy, policy_of
from outreach_mcp.guard.question import Question
from outreach_mcp.io.interrupts import ending_like_ctrl_c
from outreach_mcp.io.json_text import JsonError, read_json
from outreach_mcp.io.streams import argument_text, read_all, show, show_exactly, tell
from outreach_mcp.jobs.images import Images
from outreach_mcp.jobs.of_call import CallsBulk
from outreach_mcp.jobs.opening import open_jobs
from outreach_mcp.jobs.service import Setting
from outreach_mcp.observability.logs import start_logging
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.invocation import Outcome, run_tool
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.dry_run import is_dry_run
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.resources.bulk import APPLIES
from outreach_tools.toolsets import all_tools

if TYPE_CHECKING:
    from outreach_mcp.api.calls import Prepared

Format: TypeAlias = Literal["json", "table", "csv"]

_MOST_SHOWN = 100
"""Characters of arguments that are quoted."""


def call(tool_name: str, arguments: str, settings: Settings, form: Format, terminal: Terminal) -> int:
    """Run one tool; its answer goes to stdout, a failure to stderr.

    `arguments` is a JSON object, or `-` to read it from stdin. Unless `form` is JSON, what an answer says beside its
    rows goes to stderr. Returns 0 for success and 1 for a tool that failed;
    raises `UsageError`, and `SettingsError` for settings without an account, `InputError` for arguments that
    are not text, `OutputLostError` when the tool was run and its answer cannot be shown, and `KeyboardInterrupt` that
    says whether a change may have been made.
    """
    settings = with_login(settings)
    policy = policy_of(settings, granted_scopes(settings))
    tool = _tool(tool_name, policy)
    parsed = _json_object(read_all() if arguments == "-" else argument_text(arguments))
    start_logging(settings.log_level)
    if settings.log_level == "warning":  # of a change that was sent and cancelled it is said below, to a person
        logging.getLogger("outreach_mcp.api.writes.outcomes").setLevel(logging.ERROR)
    connection = _Watched(Connection(settings))
    try:
        with ending_like_ctrl_c():
            outcome = anyio.run(_run, tool, parsed, policy, settings, connection)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted when {tool.name} had sent a change: its outcome is not known. Read the record "
            "before you try again."
            if connection.has_changed
            else f"interrupted: {tool.name} has changed nothing"
        ) from None
    if outcome.failed:
        tell(outcome.text)
        return 1
    _show(outcome.text, form, terminal, done=f"{tool.name} was done")
    return 0


def _show(text: str, form: Format, terminal: Terminal, *, done: str) -> None:
    if form == "json":
        show(text, done=done)
        return
    grid = grid_of(json.loads(text))
    if form == "csv":
        show_exactly(as_csv(grid), done=done)
    else:
        show(as_table(grid, terminal), done=done)
    for name, said in grid.beside.items():
        tell(f"{name}: {shown(said)}")


@dataclass(slots=True)
class _Watched:
    """The connection, and whether something that may change records has been handed to it."""

    connection: Connection
    has_changed: bool = False

    async def prepare(self, request: Request) -> "Prepared":
        return await self.connection.prepare(request)

    async def send(self, prepared: "Prepared", /) -> Response:
        self.has_changed |= not prepared.outgoing.is_read
        return await self.connection.send(prepared)

    async def current_user_id(self) -> int:
        return await self.connection.current_user_id()


class _Typing:
    """Whoever types the command: the person who would be asked."""

    def unasked(self, _: ConfirmationLevel, /) -> str:
        """Return the reason why nobody is asked."""
        return "not asked: called from a shell"

    async def ask(self, _: Callable[[], Awaitable[Question]], /) -> str:
        """Agree."""
        return "confirmed by a person"

    async def begin(self) -> None:
        """Agree."""

    def came(self, what: str | None, *, sent: bool, done: bool = False) -> None:
        """Note nothing: a command is not repeated by itself."""


async def _run(tool: Tool, arguments: JsonObject, policy: Policy, settings: Settings, watched: _Watched) -> Outcome:
    connection = watched.connection
    journal, _ = started_journal(settings, connection.now)
    jobs = open_jobs(settings, None, clock=replace(MACHINE, now=connection.now))
    try:
        is_dry, images = is_dry_run(tool, arguments), Images(jobs, partial(jobs.owner, watched))
        gate = Gate(watched, policy, tool, "never", _Typing(), journal, None, images, is_dry)
        files = LocalFiles(None if settings.export_folder is None else Folder(settings.export_folder))
        context = Context(
            gate,
            settings.max_result_tokens,
            about=partial(about, connection, settings, policy),
            time_zone=settings.time_zone,
            now=connection.now,
            attempt=gate.attempt,
            withheld=policy.readable.copies,
            refusal=partial(policy.refusal, tool),
            agree=gate.agree,
            files=files,
            web=settings.web_url or "",
        )
        if tool.borrows:
            applies = next(each for each in all_tools() if each.name == APPLIES)
            setting = Setting(watched, policy, applies, journal)
            bulk = CallsBulk(jobs, setting, _Typing(), "never", context.progress, lambda: True, waits=inf)
            context = replace(context, bulk=bulk)
        return await run_tool(tool, context, arguments)
    finally:
        with anyio.CancelScope(shield=True):
            await jobs.aclose()
            await connection.aclose()


def _tool(name: str, policy: Policy) -> Tool:
    by_name = {tool.name: tool for tool in policy.offered()}
    if name in by_name:
        return by_name[name]
    if why := policy.why_not(name):
        raise UsageError(why)
    raise UsageError(unknown_tool(name, by_name))


def _json_object(text: str) -> JsonObject:
    try:
        parsed: object = read_json(text.encode())  # neither stdin nor `argument_text` gives what has no UTF-8
    except JsonError as error:
        raise UsageError(f"the arguments cannot be read: {error}") from error
    if not isinstance(parsed, dict):
        raise UsageError(f"the arguments must be a JSON object, such as '{{\"page_size\": 5}}', not {_quoted(text)}")
    return cast(JsonObject, parsed)


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
