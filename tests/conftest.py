"""Fixtures that every test may use."""

import gc
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from tests.contract.official import OfficialContract
from tests.support.contract_files import BESIDE, HYPER_SCHEMA, OPENAPI, wanted

NOBODY = Path(__file__).parent / "support" / "nobody.pem"
"""A certificate that ran out in 2020, and whose key is gone: all that the tests trust."""


def pytest_configure() -> None:
    # Who starts tests in the background may have them ignore it, and so would every process that they start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Each of httpx's clients reads all authorities of the system, for 40 ms, and no test asks anybody over https.
    os.environ["SSL_CERT_FILE"] = str(NOBODY)
    # For each request to an application of the same process httpx looks along the path for a module that is not there.
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment] # pyright: ignore[reportArgumentType] - Python's own way


def pytest_collection_finish() -> None:
    # A tenth of the time went into looking for garbage among what was collected, the modules and 14,000 tests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


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
    """The folder beside the repository with documents that are not published as files."""
    if not (BESIDE / "connector" / "operations.json").is_file():
        pytest.skip("needs the connector's document, which is not published as a file")
    return BESIDE


@pytest.fixture(scope="session")
def openapi_file() -> Path:
    """The official OpenAPI document, as published."""
    return wanted(OPENAPI)


@pytest.fixture(scope="session")
def hyper_schema_file() -> Path:
    """The official hyper-schema, as published."""
    return wanted(HYPER_SCHEMA)


@pytest.fixture(scope="session")
def official_contract(openapi_file: Path, hyper_schema_file: Path) -> OfficialContract:
    """The official contract, read once per session."""
    return OfficialContract.load(openapi_file, hyper_schema_file)


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors, as servers that a test ends rest for a while before they do."""
    return (os.cpu_count() or 1) + 1
