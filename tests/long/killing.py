"""Kills a real process of the server, with SIGKILL, while it applies a plan, again and again, and starts it anew.

The sandbox stands outside of it, on a port, and keeps its own journal of each change of each record. It kills the
process right before it does what a request says, right after it and before the answer goes out, or a moment later,
which may be anywhere between two requests. In the end no change was made twice, every record has one outcome, and that
is the one in the sandbox's journal.
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import anyio
from mcp import Client, MCPError, StdioServerParameters
from starlette.requests import ClientDisconnect

from outreach_mcp.http.shutdown import Ending
from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.transport import on_a_port
from tests.long.prospects import many
from tests.support.answers import answered
from tests.support.processes import ROOT, environment
from tests.support.serving import running
from tests.support.stores import sandbox_store

_Message = MutableMapping[str, Any]
_Send = Callable[[_Message], Awaitable[None]]

Death = tuple[int, str]
"""At which request of a process it is killed, and how: one of `HOWS`."""

HOWS = ("before", "after", "soon")
_SOON = 0.05  # seconds within which a moment later is
_LIFE = 120.0  # seconds by which the clock of each process is ahead of the one before: leases and waits are over
_PATIENCE = 90.0  # seconds of a process
_TITLE = "Planned"

PLANS: dict[str, dict[str, Any]] = {
    "single": {"resource": "prospect", "all": True, "attributes": {"title": _TITLE}, "clear": ["nickname"]},
    "bulk": {"resource": "prospect", "all": True, "attributes": {"title": _TITLE}},
}
"""Plans of updates, one by one and by bulk actions of Outreach."""

CREATE = "create"
"""The plan that creates what a table holds: no record shows whether it was."""


@dataclass(slots=True, eq=False)
class Judge:
    """An Outreach (an ASGI application) that kills the process at its request `at`, and keeps the journal."""

    inner: Callable[..., Awaitable[None]]
    pid_file: Path
    chance: Random
    at: int = 0
    how: str = ""
    requests: int = 0
    kills: Counter[str] = field(default_factory=Counter[str])
    journal: Counter[str] = field(default_factory=Counter[str])
    _batches: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def arm(self, at: int, how: str) -> None:
        """Kill at the request that comes after so many."""
        self.requests, self.at, self.how = 0, at, how

    async def __call__(self, scope: Any, receive: Any, send: _Send) -> None:
        """Answer a request, unless the process that sent it dies first."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        self.requests += 1
        is_last = self.at > 0 and self.requests == self.at
        process = int(self.pid_file.read_text())
        if is_last and self.how == "before":
            self._kill(process)
            await _unheard(send)
            return
        body, messages = bytearray(), list[_Message]()

        async def received() -> _Message:
            message: _Message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def answered(message: _Message) -> None:
            messages.append(message)

        try:
            await self.inner(scope, received, answered)
        except ClientDisconnect:  # the process died with the request half sent: nothing was done
            return
        answer = b"".join(message.get("body", b"") for message in messages)
        if scope["method"] != "GET" and messages[0]["status"] < 300:
            self._note(scope["method"], scope["path"].removeprefix("/api/v2"), bytes(body), answer)
        if is_last and self.how == "after":
            self._kill(process)
        for message in messages:
            await send(message)
        if is_last and self.how == "soon":
            await anyio.sleep(self.chance.random() * _SOON)
            self._kill(process)

    def _kill(self, process: int) -> None:
        if self.at > 0:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(process, signal.SIGKILL)
            self.kills[self.how] += 1
            self.at = 0

    def _note(self, method: str, path: str, body: bytes, answer: bytes) -> None:
        """Write down what was done to which record. What a bulk action does, it does once it is confirmed."""
        kind, _, rest = path.strip("/").partition("/")
        if kind != "batches":
            email = json.loads(body)["data"]["attributes"]["emails"][0] if method == "POST" else ""
            self.journal[email or rest] += 1
        elif rest.endswith("/confirm"):
            self.journal.update(map(str, self._batches[rest.split("/")[0]]))
        elif not rest.endswith("/cancel"):
            self._batches[str(json.loads(answer)["data"]["id"])] = json.loads(body)["data"]["attributes"]["ids"]


async def _unheard(send: _Send) -> None:
    """Answer a process that is dead."""
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@dataclass(slots=True)
class Came:
    """The figures of a walk; `breaches` are what must not be."""

    records: int
    lives: int
    kills: dict[str, int]
    outcomes: dict[str, int]
    state: str
    breaches: list[str]


@dataclass(frozen=True, slots=True)
class Process:
    """A client of one process of the server."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool. Raises `MCPError` where the process dies of it."""
        result = await self.client.call_tool(tool, arguments)
        return answered(result)

    async def job(self) -> str:
        """Return the job that there is, empty for none."""
        rows = (await self.call("list_jobs"))["rows"]
        return str(rows[0][0]) if rows else ""

    async def over(self, job: str) -> dict[str, Any]:
        """Wait for the end of a job and return how it ended."""
        while True:
            told = await self.call("get_job", job_id=job)
            if told["state"] not in ("queued", "running"):
                return told
            await anyio.sleep(0.02)

    async def outcomes(self, job: str) -> list[list[Any]]:
        """Return the outcome of every record of a job."""
        rows: list[list[Any]] = []
        after: dict[str, str] = {}
        while True:
            page = await self.call("get_job", job_id=job, outcome="all", **after)
            rows += page["rows"]
            if not page["has_more"]:
                return rows
            after = {"page_after": page["page_after"]}


def drawn(plan: str, records: int, kills: int, seed: int) -> list[Death]:
    """Return deaths by chance, which are spread over what a plan asks of Outreach."""
    chance = Random(seed)
    span = 8 if plan == "bulk" else max(2, 2 * records // max(kills, 1))
    return [(chance.randint(1, span), chance.choice(HOWS)) for _ in range(kills)]


async def walk(folder: Path, plan: str, records: int, deaths: Sequence[Death], seed: int = 1) -> Came:
    """Plan and apply through some deaths, and hold what came of it to the sandbox's journal."""
    pid_file = folder / "pid"
    os.chmod(folder, 0o700)
    store = sandbox_store(many(records if plan != CREATE else 1))
    judge = Judge(on_a_port(build_sandbox(store, tokens={"sandbox": Access()})), pid_file, Random(seed))
    async with running(judge, Ending(), seconds=_PATIENCE * (len(deaths) + 2)) as outreach:
        settings = {
            "OUTREACH_API_URL": f"{outreach.url}/api/v2",
            "OUTREACH_ACCESS_TOKEN": "sandbox",
            "OUTREACH_MCP_STORE": str(folder / "jobs.sqlite3"),
            "OUTREACH_MCP_CONFIRM": "never",
        }
        lives = 0
        while True:
            lives += 1
            with suppress(MCPError):  # it died
                async with _started(settings, pid_file, lives * _LIFE) as process:
                    job = "" if lives == 1 else await process.job()
                    planned = {} if job else await _planned(process, plan, records)
                    if lives <= len(deaths):
                        judge.arm(*deaths[lives - 1])
                    if not job:
                        job = (await process.call("apply_plan", plan_id=planned["plan_id"], stop_at=1000))["job_id"]
                    told = await process.over(job)
                    judge.at = 0
                    rows = await process.outcomes(job)
                    break
    return Came(
        len(rows), lives, dict(judge.kills), dict(Counter(row[2] for row in rows)), told["state"],
        _breaches(plan, records, rows, judge.journal),
    )  # fmt: skip


@asynccontextmanager
async def _started(settings: dict[str, str], pid_file: Path, ahead: float) -> AsyncGenerator[Process]:
    command = ["-m", "tests.long.hurried", str(ahead), str(pid_file)]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment(**settings), cwd=ROOT)
    try:
        async with Client(server, read_timeout_seconds=_PATIENCE) as client:
            yield Process(client)
    except BaseExceptionGroup as group:
        died, others = group.split((MCPError, anyio.ClosedResourceError, anyio.BrokenResourceError))
        if others is not None or died is None:
            raise
        raise MCPError(code=0, message="the process died") from group


async def _planned(process: Process, plan: str, records: int) -> dict[str, Any]:
    if plan != CREATE:
        return await process.call("plan_change", **PLANS[plan])
    table = "E-mail,Title\n" + "".join(f"new{number}@new.example,{_TITLE}\n" for number in range(records))
    return await process.call("plan_import", resource="prospect", csv=table)


def _breaches(plan: str, records: int, rows: list[list[Any]], journal: Counter[str]) -> list[str]:
    """Return where the outcomes of a job are not what the sandbox's journal says."""
    found = [f"{what} was done {count} times" for what, count in journal.items() if count > 1]
    if len(rows) != records or (plan != CREATE and len({row[0] for row in rows}) != records):
        found.append(f"{len(rows)} outcomes of {records} records")
    codes = Counter(row[2] for row in rows)
    if plan == CREATE:  # of an e-mail address there is one prospect, so that each of them is settled
        if not len(journal) == codes["done"] == records or len({row[0] for row in rows}) != records:
            found.append(f"{len(journal)} were made, of which the job tells {dict(codes)}")
        return found
    for number, _, code, reason in rows:
        was_done = journal[str(number)] > 0
        if (code == "done") != was_done:
            found.append(f"{number} was {'' if was_done else 'not '}done, and told as {code}: {reason}")
    return found
