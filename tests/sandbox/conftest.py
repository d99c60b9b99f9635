"""A sandbox with a small organisation in it."""

from collections.abc import AsyncGenerator

import pytest

from tests.sandbox.service import ORGANISATION, Api, sandbox


@pytest.fixture
async def api() -> AsyncGenerator[Api]:
    async with sandbox(ORGANISATION) as opened:
        yield opened
