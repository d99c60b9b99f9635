"""Fixtures of the tests of logging in."""

import socket

import pytest

from tests.support.chromium import browser, chromium

__all__ = ["browser", "chromium", "unused_port"]


@pytest.fixture
def unused_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
