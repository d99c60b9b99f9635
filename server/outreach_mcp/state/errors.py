"""What can go wrong with the state that a server of many keeps.

StateStoreError              the store cannot be used; what was to be done was not done
├── WrongKeyError            it was encrypted with another key, or is damaged; nothing in it was changed
└── LockTimeoutError         another process holds a lock for too long
"""

from outreach_mcp.api.errors import TokenStoreError


class StateStoreError(TokenStoreError):
    """The store of shared state cannot be reached, read or written."""


class WrongKeyError(StateStoreError):
    """What the store holds cannot be decrypted with the key that is set."""


class LockTimeoutError(StateStoreError):
    """A lock could not be had in time."""
