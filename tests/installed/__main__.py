"""Installs the wheel into bare environments, tries every documented mode in each, and what people paste."""

import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from outreach_mcp.http.shutdown import Ending
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import on_a_port
from tests.callers.identity.provider import Provider
from tests.callers.pages.team import registered
from tests.installed.environments import NoIndexError, Versions, build_wheel, find_python, install
from tests.installed.modes import PUBLIC, Trial, World
from tests.installed.pasted import Newcomer, try_all
from tests.sandbox.service import ORGANISATION
from tests.support.serving import running

MATRIX: tuple[tuple[str, Versions], ...] = (
    ("3.11", "lowest"),
    ("3.13", "newest"),
    ("3.11", "newest"),
    ("3.13", "lowest"),
)

_AT_ONCE = 2
_ALLOWED_SECONDS = 900
_INSTALL_TOKEN = "/api/app/installs/4711/actions/accessToken"


async def check(folder: Path) -> bool:
    """Try all installations; returns whether all modes of all work."""
    wheel = await run_sync(build_wheel, folder / "wheel")
    limiter, failures = anyio.CapacityLimiter(_AT_ONCE), list[str]()

    async def try_one(version: str, versions: Versions, world: World) -> None:
        async with limiter:
            python = find_python(version)
            if python is None:
                print(f"Python {version}, {versions} dependencies: not tried, there is no Python {version} here")
                if os.environ.get("CI") == "true":
                    failures.append(version)
                return
            began = time.monotonic()
            at = folder / f"{version}-{versions}"
            made = await run_sync(install, version, python, versions, wheel, at / "environment")
            trial = Trial(made, world, at)
            try:
                await trial.without_extras()
                await run_sync(made.add, "redis", "metrics")
                await trial.with_extras()
            except (AssertionError, RuntimeError, Exception) as error:
                failures.append(made.name)
                print(f"{made.name}: failed after {trial.tried} modes: {error!r}", flush=True)
                return
            print(f"{made.name}: {trial.tried} modes work, in {time.monotonic() - began:.0f} s", flush=True)

    async def try_pasted(world: World) -> None:
        async with limiter:
            began = time.monotonic()
            try:
                tried = await try_all(Newcomer.arrived(folder / "newcomer", wheel), world.outreach)
            except (AssertionError, RuntimeError, Exception) as error:
                failures.append("pasted")
                print(f"what people paste: failed: {error!r}", flush=True)
                return
            print(f"what people paste: {tried} ways work, in {time.monotonic() - began:.0f} s", flush=True)

    async with _world(folder) as world, anyio.create_task_group() as tasks:
        tasks.start_soon(try_pasted, world)
        for version, versions in MATRIX:
            tasks.start_soon(try_one, version, versions, world)
    return not failures


@asynccontextmanager
async def _world(folder: Path) -> AsyncGenerator[World]:
    store = Store()
    store.load(ORGANISATION)
    sandbox = on_a_port(build_sandbox(store, switches=Switches(mint_interval=0)))

    async def outreach(scope: Scope, receive: Receive, send: Send) -> None:
        """Also give install tokens, which the sandbox does not."""
        if scope.get("path") == _INSTALL_TOKEN:
            await JSONResponse({"data": {"meta": {"accessToken": "sandbox"}}}, 201)(scope, receive, send)
        else:
            await sandbox(scope, receive, send)

    provider = Provider(clients=[registered(PUBLIC)])
    key_file = folder / "key.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        async with (
            running(provider.app(), Ending(), seconds=_ALLOWED_SECONDS) as issuer,
            running(outreach, Ending(), seconds=_ALLOWED_SECONDS) as served,
        ):
            provider.issuer = issuer.url
            yield World(served.url, provider, key_file)
    finally:
        store.close()


def main() -> int:
    """Run the check; returns 1 when a mode does not work, or when in CI nothing could be tried."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process would compile all that it imports
    with tempfile.TemporaryDirectory() as folder:
        try:
            return 0 if anyio.run(check, Path(folder)) else 1
        except* NoIndexError as group:
            reason = group.exceptions[0]
    print(f"not tried: no package index can be reached ({reason})")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
