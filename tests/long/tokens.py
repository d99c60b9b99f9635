"""Suite `tokens`: processes of one user share one token store while tokens live for seconds, and some are killed.

No refresh token may get lost, no expiry lead to two renewals, no call fail. A process that is killed between Outreach's
answer and its own fsync loses the new refresh token, which nothing can prevent: then the next start must say so.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import anyio
from anyio.abc import Process

from tests.long.issuing import Issuing, issuing
from tests.long.token_caller import Told, store_at

ROOT = Path(__file__).resolve().parents[2]
LIFE = 3.0

_EARLIEST = 0.8
"""Of a token's life; the client renews after nine tenths, counted from before it asks."""

_MOMENTS = {
    "any": "at any time",
    "lost": "before Outreach did it",
    "asked": "while Outreach did it",
    "minted": "before the answer",
    "answered": "after the answer",
}
"""When a process is killed: the phase of a renewal, in words."""


@dataclass(slots=True)
class Figures:
    """The summary of a run."""

    calls: int = 0
    renewals: int = 0
    refused_tokens: int = 0
    slowest: float = 0.0
    kills: Counter[str] = field(default_factory=Counter[str])
    lost: Counter[str] = field(default_factory=Counter[str])
    breaches: list[str] = field(default_factory=list[str])


async def _started(url: str, path: Path, seed: str, seconds: float, at_once: int) -> Process:
    arguments = (url, str(path), seed, str(seconds), str(at_once))
    command = [sys.executable, "-m", "tests.long.token_caller", *arguments]
    return await anyio.open_process(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


async def _told(process: Process) -> Told:
    """Wait for the end of a process and return what it reports."""
    output, errors = bytearray(), bytearray()

    async def read(stream: anyio.abc.ByteReceiveStream | None, into: bytearray) -> None:
        assert stream is not None
        async for part in stream:
            into.extend(part)

    async with process, anyio.create_task_group() as group:
        group.start_soon(read, process.stdout, output)
        group.start_soon(read, process.stderr, errors)
    if not output:
        return Told(failures=[f"the process ended with {process.returncode}: {errors.decode()[-500:]}"])
    return Told(**json.loads(output))


async def share(folder: Path, processes: int, at_once: int, seconds: float, figures: Figures) -> None:
    """Let processes call at the same time, and judge the renewals."""
    path = folder / "tokens.json"
    async with issuing(path, LIFE) as (server, url):
        tolds: list[Told] = []

        async def one() -> None:
            tolds.append(await _told(await _started(url, path, server.seed, seconds, at_once)))

        async with anyio.create_task_group() as group:
            for _ in range(processes):
                group.start_soon(one)
        figures.calls += sum(told.calls for told in tolds)
        figures.slowest = max(told.slowest for told in tolds)
        failures = Counter(failure for told in tolds for failure in told.failures)
        figures.breaches += [f"{count} calls failed: {failure}" for failure, count in failures.items()]
        figures.breaches += _about_renewals(server, url, figures)


def _about_renewals(server: Issuing, url: str, figures: Figures) -> Iterator[str]:
    figures.renewals = len(server.renewals)
    figures.refused_tokens = server.late_requests
    gaps = [later.at - earlier.at for earlier, later in pairwise(server.renewals)]
    yield from (f"a token was renewed after {gap:.2f} s" for gap in gaps if gap < _EARLIEST * LIFE)
    if server.refused_refreshes:
        yield f"{server.refused_refreshes} refresh tokens were refused"
    if server.unsaved_uses:
        yield f"{server.unsaved_uses} access tokens were used before they were stored"
    if _stored(server, url) != server.good_refresh_token:
        yield "the refresh token in the store is not the good one"


async def kill(folder: Path, kills: int, seed: int, figures: Figures) -> None:
    """Kill one of two processes at some moment of a renewal, again and again, and look what the next start says."""
    random = Random(seed)
    async with issuing(folder / "killed.json", LIFE / 10) as (server, url):
        for _ in range(kills):
            moment = random.choice(tuple(_MOMENTS))
            survivor = await _kill_at(server, url, moment, random)
            is_lost = _stored(server, url) != server.good_refresh_token
            figures.kills[moment] += 1
            figures.lost[moment] += is_lost
            next_start = await _told(await _started(url, server.path, server.seed, 0, 1))
            figures.breaches += _about_loss(moment, survivor, next_start, is_lost=is_lost)
            if is_lost:
                server.log_in()
        if server.unsaved_uses:
            figures.breaches.append(f"{server.unsaved_uses} access tokens were used before they were stored")


async def _kill_at(server: Issuing, url: str, moment: str, random: Random) -> Told:
    """Let two processes call, kill one in one of the next renewals, whosever it is, and return what the other says."""
    reached = anyio.Event()
    phase = {"lost": "asked", "any": ""}.get(moment, moment)
    to_come = random.randrange(1, 4)
    pause = random.choice((0.0, 0.0, random.uniform(0, 0.004), random.uniform(0, 0.02)))
    victim = await _started(url, server.path, server.seed, 60, 5)
    survivor = await _started(url, server.path, server.seed, 1.5, 5)

    async def interrupt(present: str) -> bool:
        nonlocal to_come
        to_come -= present == phase
        if present != phase or to_come or reached.is_set():
            return True
        if pause:
            await anyio.sleep(pause)
        victim.kill()
        await victim.wait()
        reached.set()
        return moment != "lost"

    server.interruption = interrupt
    if moment == "any":
        await anyio.sleep(random.uniform(0.8, 2.5))
        victim.kill()
        reached.set()
    told = await _told(survivor)
    with anyio.fail_after(60):
        await reached.wait()
    await _told(victim)
    return told


def _about_loss(moment: str, survivor: Told, next_start: Told, *, is_lost: bool) -> Iterator[str]:
    said = (*survivor.failures, *next_start.failures)
    if not is_lost:
        yield from (f"killed {_MOMENTS[moment]}, nothing lost, and yet: {failure}" for failure in said)
        return
    if moment == "lost":
        yield f"killed {_MOMENTS[moment]}, and the refresh token is lost all the same"
    if not next_start.failures:
        yield f"killed {_MOMENTS[moment]}, the refresh token lost, and the next start knows nothing of it"
    for failure in said:
        if "Log in to Outreach again" not in failure or "its answer was never stored" not in failure:
            yield f"killed {_MOMENTS[moment]}, the refresh token lost, and what was said is: {failure}"


def _stored(server: Issuing, url: str) -> str:
    store = store_at(server.path, server.seed, url)
    with store.locked(5):
        stored = store.read()
    return stored.refresh_token if stored else server.seed


async def _run(processes: int, at_once: int, seconds: float, kills: int, seed: int) -> Figures:
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        if processes:
            await share(Path(folder), processes, at_once, seconds, figures)
        await kill(Path(folder), kills, seed, figures)
    return figures


def main(arguments: list[str]) -> int:
    """Run the suite, print its figures, and return 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="check_long tokens", description=__doc__)
    parser.add_argument("--processes", type=int, default=8, help="processes that share one store (8)")
    parser.add_argument("--at-once", type=int, default=50, help="concurrent calls of each (50)")
    parser.add_argument("--seconds", type=float, default=30, help="how long they call (30)")
    parser.add_argument("--kills", type=int, default=30, help="processes killed during a renewal (30)")
    parser.add_argument("--seed", type=int, default=1, help="what the kills' chance begins with (1)")
    given = parser.parse_args(arguments)
    figures = anyio.run(_run, given.processes, given.at_once, given.seconds, given.kills, given.seed)
    print(
        f"{given.processes} processes with {given.at_once} calls at once each, for {given.seconds:g} s, "
        f"on tokens that live {LIFE:g} s: {figures.calls:,} calls"
    )
    print(f"renewals: {figures.renewals}; access tokens refused as over: {figures.refused_tokens}")
    print(f"slowest call: {figures.slowest:.2f} s")
    print(f"\nkilled during a renewal (seed {given.seed}):")
    for moment, words in _MOMENTS.items():
        print(f"  {words:24} {figures.kills[moment]:3}, of which lost the refresh token: {figures.lost[moment]}")
    print(f"\nbreaches: {len(figures.breaches)}")
    for breach in figures.breaches[:50]:
        print(f"  {breach}")
    return 1 if figures.breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
