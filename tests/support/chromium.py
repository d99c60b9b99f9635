"""The Chromium of the system, for tests of what browsers do."""

import os
import shutil
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, async_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The program; scripts/install_test_services installs it."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing, and in CI it must be there")
        pytest.skip("needs chromium: scripts/install_test_services installs it")
    return found


@pytest.fixture(scope="module")
async def browser(chromium: str) -> AsyncGenerator[Browser]:
    """A browser of a module's tests; each opens a context of its own."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        await opened.close()
