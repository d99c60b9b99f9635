"""The world that is attacked, one for each module."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.attacks.world import World, a_world


@pytest.fixture(scope="module")
async def world(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """A server of many callers, with Ann, Mallory, Rita and Kim connected."""
    folder: Path = tmp_path_factory.mktemp("attacked")
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(a_world(folder))
