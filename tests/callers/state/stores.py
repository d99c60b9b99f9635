"""Opens stores as a process of the server does, and runs programs on them in processes of their own."""

import subprocess
import sys
from pathlib import Path

from outreach_mcp.callers.state.opening import State, open_state, open_store
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.settings.settings import Settings

KEY = bytes(range(32))
ENCRYPTION_KEY = "0123456789abcdef" * 4
ANOTHER_ENCRYPTION_KEY = "fedcba9876543210" * 4


def settings_for(address: str, encryption_key: str = ENCRYPTION_KEY) -> Settings:
    """The settings of a server with a store."""
    environ = {
        "OUTREACH_MCP_SANDBOX": "1",
        "OUTREACH_MCP_STORE": address,
        "OUTREACH_MCP_ENCRYPTION_KEY": encryption_key,
    }
    return Settings.from_environment(environ)


def store_of(address: str) -> StateStore:
    """The store at an address."""
    return open_store(settings_for(address))


def state_of(address: str) -> State:
    """The state at an address."""
    return open_state(settings_for(address))


def started(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python program that may import what the tests may."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
