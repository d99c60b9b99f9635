"""The store that the parts which keep state need; `SqliteStore` and `RedisStore` are two."""

from typing import Protocol


class StateStore(Protocol):
    """Values by name, some for a time only, shared by the processes of one server; all methods block.

    A `ttl` is in seconds and above 0; without one a value stays. What has expired is as if it had never been. Every
    method is one step that no other process sees half done, is safe to call from several threads, and raises
    `StateStoreError` when the store cannot be used.
    """

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        ...

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        ...

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        ...

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        ...

    def take(self, name: str) -> bytes | None:
        """Remove a value and return it, None when there is none: of all who ask, one gets it."""
        ...

    def delete(self, name: str, expected: bytes | None = None) -> bool:
        """Remove a value, only the expected one if that is given; return whether it was there."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with `prefix`, sorted; for the operator's lists, as it may read everything."""
        ...

    def ping(self) -> None:
        """Raise `StateStoreError` when the store cannot be used now."""
        ...

    def close(self) -> None:
        """Close the connections to it."""
        ...
