"""The stores that every test of state runs on: an SQLite file and a real Redis."""

from collections.abc import Generator
from pathlib import Path

import pytest

from outreach_mcp.callers.state.store import StateStore
from tests.callers.state.stores import store_of
from tests.support.redis_server import RedisServer, running_redis


@pytest.fixture(scope="session")
def redis_server() -> Generator[RedisServer]:
    """A Redis for the whole session; each test has a database that is empty."""
    with running_redis() as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """The place of an empty store, as `OUTREACH_MCP_STORE` names it."""
    if request.param == "sqlite":
        yield str(tmp_path / "state" / "state.sqlite3")
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    server.clear()
    yield server.url


@pytest.fixture
def store(address: str) -> Generator[StateStore]:
    """An empty store."""
    store = store_of(address)
    yield store
    store.close()
