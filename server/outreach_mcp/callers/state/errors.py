"""The errors of the state that a server of many callers keeps.

StateStoreError              the store cannot be used; what was to be done was not done
├── WrongKeyError            it was encrypted with another key, or is damaged; nothing in it was changed
├── LockTimeoutError         another process holds a lock for too long
└── RedisExtraError          it is in a Redis, and the client of Redis is not installed
"""

from outreach_mcp.api.errors.tree import TokenStoreError


class StateStoreError(TokenStoreError):
    """The store of shared state cannot be reached, read or written."""


class WrongKeyError(StateStoreError):
    """The contents of the store cannot be decrypted with the key that is set."""


class LockTimeoutError(StateStoreError):
    """A lock could not be had in time."""


class RedisExtraError(StateStoreError):
    """The packages of the extra `redis` are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "OUTREACH_MCP_STORE names a Redis, whose client is not installed: install `outreach-mcp[redis]`."
        )
