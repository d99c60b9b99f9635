"""Fixtures that every test may use."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.contract.official import OfficialContract

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure() -> None:
    # Who starts tests in the background may have them ignore it, and so would every process that they start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# A property holds however long the machine takes over an example.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write the tools' snapshots anew")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the official contract and the recorded answers, which is not part of the repository."""
    if not SHARED.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the official contract's files are missing, and in CI they must be there")
        pytest.skip("needs the official contract's files beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def official_contract(shared: Path) -> OfficialContract:
    """The official contract, read once per session."""
    return OfficialContract.load(shared / "outreach")
