"""One process of a user: many calls at once on tokens that live briefly. Prints what came of them as JSON."""

import argparse
import json
import sys
import time
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import anyio
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens
from outreach_mcp.api.tokens.store import TokenStore, token_key
from outreach_tools.client import Request
from tests.long.issuing import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI


@dataclass(slots=True)
class Told:
    """The report of a process: the calls it made, the slowest in seconds, and what each that failed was told."""

    calls: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list[str])


async def call_for(seconds: float, at_once: int, client: OutreachClient, told: Told) -> None:
    """Make calls, so many at once, until the time is over; each caller makes one at least."""
    end = time.monotonic() + seconds

    async def caller(number: int) -> None:
        random = Random(number)
        while True:
            begun = time.monotonic()
            told.calls += 1
            try:
                await client.send(Request("GET", "/users/17"))
            except OutreachError as error:
                told.failures.append(f"{type(error).__name__}: {error}")
            told.slowest = max(told.slowest, time.monotonic() - begun)
            if time.monotonic() >= end:
                return
            await anyio.sleep(random.uniform(0, 1.5))

    async with anyio.create_task_group() as group:
        for number in range(at_once):
            group.start_soon(caller, number)


def store_at(path: Path, seed: str, origin: str) -> TokenStore:
    """Return the store as a process has it that was given a seed."""
    return TokenStore(path, token_key(seed, CLIENT_ID, origin))


async def _main(url: str, path: Path, seed: str, seconds: float, at_once: int) -> Told:
    app = OAuthApp(CLIENT_ID, SecretStr(CLIENT_SECRET), REDIRECT_URI, f"{url}/oauth/token")
    tokens = RotatingTokens(app, SecretStr(seed), store_at(path, seed, url), mint_interval=timedelta())
    told = Told()
    async with aclosing(OutreachClient(f"{url}/api/v2", tokens)) as client:
        await call_for(seconds, at_once, client, told)
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("path", type=Path)
    parser.add_argument("seed")
    parser.add_argument("seconds", type=float)
    parser.add_argument("at_once", type=int)
    given = parser.parse_args()
    result = anyio.run(_main, given.url, given.path, given.seed, given.seconds, given.at_once)
    sys.stdout.write(json.dumps(asdict(result)))
