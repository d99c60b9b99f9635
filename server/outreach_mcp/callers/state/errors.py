"""What can go wrong with the state that a server of many keeps.

StateStoreError              the store cannot be used; what was to be done was not done
├── WrongKeyError            it was encrypted with another key, or is damaged; nothing in it was changed
├── LockTimeoutError         another process holds a lock for too long
└── RedisExtraError          it is in a Redis, and what talks to one is not installed
"""

from outreach_mcp.api.errors.tree import TokenStoreError


class StateStoreError(TokenStoreError):
    """The store of shared state cannot be reached, read or written."""


class WrongKeyError(StateStoreError):
    """What the store holds cannot be decrypted with the key that is set."""


class LockTimeoutError(StateStoreError):
    """A lock could not be had in time."""


class RedisExtraError(StateStoreError):
    """What the extra `redis` brings is missing."""

    def __init__(self) -> None:
        super().__init__(
            "OUTREACH_MCP_STORE names a Redis, and what talks to it is not installed: install `outreach-mcp[redis]`."
        )
