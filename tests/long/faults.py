"""Suite `faults`: many calls of mixed reads and writes through the real client while one request in five suffers.

Afterwards the sandbox's records are held against a ledger of what was wanted: no row lost, none double, no write done
twice, and every failure a typed error. Everything but the kernel is seeded, and time leaps (see `leaping`).
"""

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, TypeAlias

import anyio
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import (
    NotFoundError,
    OutcomeUnknownError,
    OutreachError,
    RedirectError,
    ServerError,
    UnreadableAnswerError,
)
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_sandbox.app import BASE_URL, build_sandbox
from outreach_sandbox.faults import Faults
from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import SandboxTransport
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import render
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools
from tests.long.figures import Figures, report
from tests.long.leaping import run_leaping
from tests.long.ledger import MARKERS, Intent, Journal, Kept, Ledger, State
from tests.long.misbehaving import misbehaving
from tests.long.unreliable import Unreliable

_BEGIN = datetime(2026, 11, 18, 9, tzinfo=UTC)
_WORKERS = 16
_TRIES = 4
_TRIES_OF_A_PAGE = 10
_EQUAL_FOR = 50.0  # seconds in which a repeated create is surely taken for the same: the client says a minute
_CHANGED = {"prospect": "title", "account": "industry", "opportunity": "description"}
_EQUAL_IS_SAME = frozenset(_CHANGED)
_PATHS = {"prospect": "prospects", "account": "accounts", "opportunity": "opportunities", "task": "tasks"}

_TOOLS = {tool.name: tool for tool in all_tools()}

Result: TypeAlias = JsonObject | OutreachError | None
"""The outcome of a call: its answer, its error, or None when it was cancelled."""


@dataclass(slots=True)
class Driver:
    """Sixteen callers of the tools, who write down what they want and what they are told."""

    client: OutreachClient
    journal: Journal
    random: Random
    calls: int
    ledger: Ledger = field(default_factory=Ledger)
    figures: Figures = field(default_factory=Figures)
    _free: dict[str, list[Kept]] = field(default_factory=lambda: {name: [] for name in MARKERS})
    _states: dict[int, str] = field(default_factory=dict[int, str])

    async def run(self) -> None:
        """Make all calls."""
        async with anyio.create_task_group() as group:
            for _ in range(_WORKERS):
                group.start_soon(self._work)

    async def _work(self) -> None:
        kinds: Sequence[tuple[Callable[[], Awaitable[None]], int]] = (
            (self._walk, 2),
            (self._get, 20),
            (self._create, 34),
            (self._update, 14),
            (self._delete, 6),
            (self._enrol, 8),
            (self._snooze, 6),
            (self._move_state, 6),
        )
        acts, weights = zip(*kinds, strict=True)
        while self.figures.calls < self.calls:
            await self.random.choices(acts, weights)[0]()

    # One call

    async def _call(self, tool: str, arguments: JsonObject, *, budget: int = 6000) -> Result:
        """Call a tool; now and then the caller loses patience."""
        self.figures.calls += 1
        patience = self.random.uniform(0, 4) if self.random.random() < 0.02 else 1_000
        with anyio.move_on_after(patience) as scope:
            result = await self._outcome(tool, arguments, budget)
            self.figures.outcomes["answered" if not isinstance(result, OutreachError) else type(result).__name__] += 1
            return result
        assert scope.cancelled_caught
        self.figures.outcomes["cancelled by the caller"] += 1
        return None

    async def _outcome(self, tool: str, arguments: JsonObject, budget: int) -> JsonObject | OutreachError:
        try:
            answer = await _TOOLS[tool].run(Context(self.client, budget), arguments)
            render(answer)
        except OutreachError as error:
            return error
        except Exception as error:
            self.figures.breaches.append(f"{tool}({arguments}) failed with {error!r}, not an error of api.errors")
            raise
        return answer

    async def _pause(self, result: Result) -> None:
        """Wait as a caller does who was told when to come back."""
        at = result.retry_at if isinstance(result, OutreachError) else None
        wait = (at - _now()).total_seconds() if at is not None else 0.0
        await anyio.sleep(max(wait, 1.0) + self.random.random())

    async def _want(self, intent: Intent, tool: str, arguments: JsonObject) -> State:
        """Call a tool until it says that it is done, or that nobody knows; what was not done may be asked for again."""
        self.ledger.intents.append(intent)
        for _ in range(_TRIES):
            result = await self._call(tool, arguments)
            intent.state = _state_of(result)
            if not isinstance(result, OutreachError) and result is not None:
                intent.record_id = intent.record_id or int(result["id"])
            if intent.state != "not done":
                break
            await self._pause(result)
        return intent.state

    # Creates

    async def _create(self) -> None:
        type_name = self.random.choice(("prospect", "prospect", "account", "opportunity", "task", "call"))
        marker = f"{type_name} {len(self.ledger.intents):06}"
        intent = Intent(type_name, marker)
        arguments = self._arguments(type_name, marker)
        state = await self._want(intent, f"create_{type_name}", arguments)
        if state != "not done" and type_name in _EQUAL_IS_SAME and self.random.random() < 0.2:
            await self._repeat(intent, f"create_{type_name}", arguments)
        if intent.record_id is not None:
            kept = Kept(type_name, intent.record_id, marker, _CHANGED.get(type_name, ""))
            self.ledger.kept.append(kept)
            self._free[type_name].append(kept)

    def _arguments(self, type_name: str, marker: str) -> JsonObject:
        prospect = self.random.choice(sorted(self.journal.before["prospect"]))
        if type_name == "prospect":
            address = f"{marker.replace(' ', '-')}@example.com"
            emails = {"emails": [address]} if self.random.random() < 0.6 else {}
            return {"attributes": {"firstName": marker, **emails}}
        if type_name == "opportunity":
            return {"attributes": {"name": marker, "closeDate": "2027-01-31T00:00:00Z"}}
        if type_name == "task":
            links = {"owner": 17, "subject": {"type": "prospect", "id": prospect}}
            return {"attributes": {"action": "action_item", "note": marker}, "relationships": links}
        if type_name == "call":
            return {"attributes": {"direction": "outbound", "note": marker}, "relationships": {"prospect": prospect}}
        return {"attributes": {"name": marker}}

    async def _repeat(self, intent: Intent, tool: str, arguments: JsonObject) -> None:
        """Ask for the same again at once, as models do whose answer was late: it must not be done again."""
        ended = anyio.current_time()
        await anyio.sleep(self.random.uniform(0, 5))
        if anyio.current_time() - ended > _EQUAL_FOR:
            return
        result = await self._call(tool, arguments)
        if result is None or isinstance(result, OutreachError):
            return
        self.figures.repeats_answered += 1
        again = int(result["id"])
        if intent.record_id not in (None, again):
            self.figures.breaches.append(f"{intent.marker} was created as {intent.record_id} and as {again}")
        intent.state, intent.record_id = "done", again

    async def _enrol(self) -> None:
        kept = self._take("prospect")
        if kept is None:
            return
        sequence = self.random.choice((123, 217, 305, 789))
        intent = Intent("sequenceState", f"{kept.id} in {sequence}")
        arguments = {"prospect_id": kept.id, "sequence_id": sequence, "mailbox_id": 123}
        await self._want(intent, "add_prospect_to_sequence", arguments)
        if intent.record_id is not None:
            state = Kept("sequenceState", intent.record_id, intent.marker)
            self.ledger.kept.append(state)
            self._free["sequenceState"].append(state)
        # The prospect is not given back: its enrolment is wanted once, and its deletion would take the state along.

    # Changes

    async def _update(self) -> None:
        kept = self._take(self.random.choice(tuple(_CHANGED)))
        if kept is None:
            return
        value = f"value {self.random.randrange(10**9)}"
        change = {f"{kept.type}_id": kept.id, "attributes": {kept.attribute: value}}
        result = await self._call(f"update_{kept.type}", change)
        state = _state_of(result)
        kept.values = {value} if state == "done" else kept.values | ({value} if state == "unknown" else set())
        self._free[kept.type].append(kept)

    async def _delete(self) -> None:
        type_name = self.random.choice((*_CHANGED, "task"))
        if len(self._free[type_name]) < 20:
            return  # the sandbox gives the id of its newest record again when that is deleted
        kept = self._free[type_name].pop(self.random.randrange(8))
        result = await self._call(f"delete_{type_name}", {f"{type_name}_id": kept.id})
        kept.deleted = _state_of(result)
        if kept.deleted == "not done":
            self._free[type_name].append(kept)
        elif kept.deleted == "done" and not isinstance(
            found := await self._call(f"get_{type_name}", {f"{type_name}_id": kept.id}), OutreachError | None
        ):
            self.figures.breaches.append(f"{type_name} {kept.id} was deleted, and read again as {found}")

    async def _snooze(self) -> None:
        kept = self._take("task")
        if kept is None:
            return
        intent = Intent("task", str(kept.id), "snooze", record_id=kept.id)
        state = await self._want(intent, "set_task_action", {"task_id": kept.id, "action": "snooze"})
        if state != "unknown":
            self._free["task"].append(kept)

    async def _move_state(self) -> None:
        kept = self._take("sequenceState")
        if kept is None:
            return
        before = self._states.get(kept.id, "active")
        action = "resume" if before == "paused" else self.random.choice(("pause", "pause", "finish"))
        intent = Intent("sequenceState", str(kept.id), action, record_id=kept.id)
        arguments = {"sequence_state_id": kept.id, "action": action}
        state = await self._want(intent, "set_sequence_state_action", arguments)
        if state == "done":
            self._states[kept.id] = {"pause": "paused", "resume": "active", "finish": "finished"}[action]
        if state != "unknown" and self._states.get(kept.id) != "finished":
            self._free["sequenceState"].append(kept)

    # Reads

    async def _get(self) -> None:
        kept = self._take(self.random.choice(tuple(_CHANGED)))
        if kept is None:
            return
        result = await self._call(f"get_{kept.type}", {f"{kept.type}_id": kept.id})
        if isinstance(result, NotFoundError):
            self.figures.breaches.append(f"{kept.type} {kept.id} is not found")
        elif result is not None and not isinstance(result, OutreachError):
            found = (result[MARKERS[kept.type].strip('"')], result.get(kept.attribute))
            if found[0] != kept.marker or found[1] not in kept.values:
                self.figures.breaches.append(f"{kept.type} {kept.id} was read as {found}, not {kept}")
        self._free[kept.type].append(kept)

    async def _walk(self) -> None:
        """Walk a list page by page; what was there all the time is seen, and nothing is seen twice."""
        type_name = self.random.choice(tuple(_PATHS))
        there_before = self.journal.ids(type_name)
        size = min(max(self.random.choice((7, 25, 100, 250)), len(there_before) // 25), 1000)
        budget = self.random.choice((3_000, 20_000, 100_000))
        order = self.random.choice(({}, {"sort": "-createdAt"}))
        marker = MARKERS[type_name].strip('"')
        arguments: JsonObject = {"page_size": size, "fields": ["id", marker], **order}
        seen: dict[int, Any] = {}
        answer: JsonObject = {"has_more": True}
        while answer["has_more"]:
            page = await self._page(f"list_{_PATHS[type_name]}", arguments, budget)
            if page is None:
                self.figures.abandoned_walks += 1
                return
            for row in page["rows"]:
                record = dict(zip(page["columns"], row, strict=True))
                if record["id"] in seen:
                    self.figures.breaches.append(f"{type_name} {record['id']} was listed twice in one walk")
                seen[record["id"]] = record.get(marker)
            answer, arguments = page, {**arguments, "page_after": page.get("page_after")}
        self.figures.walks += 1
        self.figures.rows += len(seen)
        if lost := (there_before & self.journal.ids(type_name)) - seen.keys():
            self.figures.breaches.append(f"{type_name} {sorted(lost)[:5]} were not listed in a walk ({len(lost)} rows)")
        known = self.journal.inserted(type_name)
        if invented := seen.keys() - there_before - known.keys():
            self.figures.breaches.append(f"{type_name} {sorted(invented)[:5]} were listed and never were there")
        if wrong := [each for each, text in seen.items() if each in known and text != known[each]]:
            self.figures.breaches.append(f"{type_name} {wrong[:5]} were listed with what another holds")

    async def _page(self, tool: str, arguments: JsonObject, budget: int) -> JsonObject | None:
        for _ in range(_TRIES_OF_A_PAGE):
            result = await self._call(tool, arguments, budget=budget)
            if result is not None and not isinstance(result, OutreachError):
                return result
            await self._pause(result)
        return None

    def _take(self, type_name: str) -> Kept | None:
        """Take a record that nobody works with."""
        free = self._free[type_name]
        return free.pop(self.random.randrange(len(free))) if free else None


def _now() -> datetime:
    return _BEGIN + timedelta(seconds=anyio.current_time())


def _state_of(result: Result) -> State:
    """Return what a caller knows after a call."""
    if result is None or isinstance(result, OutcomeUnknownError | UnreadableAnswerError | RedirectError):
        return "unknown"
    if isinstance(result, ServerError):
        # Maintenance is the one failure of a server that says that nothing was done.
        return "not done" if any(each.code == "scheduledServerMaintenance" for each in result.details) else "unknown"
    return "not done" if isinstance(result, OutreachError) else "done"


def _organisation(store: Store) -> Journal:
    store.load(demo_organisation(today=date(2026, 11, 18)))
    # One enrolment never stands in the way of another, and half of the sequences would take a prospect twice.
    store.update("ruleset", 1, {"sequenceExclusivity": "none", "permitDuplicateProspects": "disallow"})
    store.update("ruleset", 2, {"sequenceExclusivity": "none", "permitDuplicateProspects": "allow"})
    return Journal(store)


async def _run(calls: int, share: float, seed: int) -> Figures:
    store = Store()
    try:
        journal = _organisation(store)
        faults = Faults()
        sandbox = build_sandbox(store, clock=_now, faults=faults, switches=Switches(hourly_limit=10**9))
        transport = SandboxTransport(sandbox)
        async with misbehaving(transport, _now) as server:
            way = Unreliable(transport, faults, server, Random(seed), anyio.sleep, share)
            client = OutreachClient(
                BASE_URL,
                BearerToken(SecretStr("sandbox")),
                transport=way,
                clock=Clock(now=_now, monotonic=anyio.current_time, sleep=anyio.sleep),
                random=Random(seed + 1).random,
            )
            async with aclosing(client):
                driver = Driver(client, journal, Random(seed + 2), calls)
                await driver.run()
        figures = driver.figures
        figures.breaches.extend(driver.ledger.breaches(journal))
        figures.unknown, figures.unknown_that_happened = driver.ledger.unknown(journal)
        figures.requests, figures.sent_again, figures.faults = way.requests, way.sent_again, way.suffered
        figures.seconds_inside = anyio.current_time()
        return figures
    finally:
        store.close()


def run(calls: int = 10_000, share: float = 0.2, seed: int = 1) -> Figures:
    """Make so many calls, of whose requests a share suffers, and return what came of it."""
    return run_leaping(partial(_run, calls, share, seed))


def main(arguments: list[str]) -> int:
    """Run the suite, print its figures, and return 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="check_long faults", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="calls of tools (10000)")
    parser.add_argument("--share", type=float, default=0.2, help="share of requests that suffer a fault (0.2)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (1)")
    given = parser.parse_args(arguments)
    begun = time.perf_counter()
    figures = run(given.calls, given.share, given.seed)
    seconds = time.perf_counter() - begun
    report(figures, seconds, given.seed)
    return 1 if figures.breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
