"""A store in this process's memory: for the sandbox, whose records do not outlive the process either."""

from threading import Lock

from outreach_mcp.clock import MACHINE, Clock


class MemoryStore:
    """An `outreach_mcp.callers.state.store.StateStore` that nobody else sees, and that ends with the process."""

    def __init__(self, *, clock: Clock = MACHINE) -> None:
        """Begin empty."""
        self._clock = clock
        self._lock = Lock()
        self._all: dict[str, tuple[bytes, float | None]] = {}

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        with self._lock:
            return self._living(name)

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        with self._lock:
            self._put(name, value, ttl)

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        with self._lock:
            if self._living(name) is not None:
                return False
            self._put(name, value, ttl)
            return True

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        with self._lock:
            if self._living(name) != expected:
                return False
            self._put(name, value, ttl)
            return True

    def take(self, name: str) -> bytes | None:
        """Remove a value and return it, None when there is none."""
        with self._lock:
            value = self._living(name)
            self._all.pop(name, None)
            return value

    def delete(self, name: str, expected: bytes | None = None) -> bool:
        """Remove a value, only the expected one if that is given; return whether it was there."""
        with self._lock:
            value = self._living(name)
            if value is None or expected not in (None, value):
                return False
            del self._all[name]
            return True

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with `prefix`, sorted."""
        with self._lock:
            return sorted(name for name in [*self._all] if name.startswith(prefix) and self._living(name) is not None)

    def ping(self) -> None:
        """Do nothing: it can always be used."""

    def close(self) -> None:
        """Keep everything: who opens it again finds it."""

    def _living(self, name: str) -> bytes | None:
        value, over_at = self._all.get(name, (None, None))
        return value if over_at is None or self._clock.now().timestamp() < over_at else None

    def _put(self, name: str, value: bytes, ttl: float | None) -> None:
        now = self._clock.now().timestamp()
        if len(self._all) % 100 == 0:
            for each in [each for each, (_, over_at) in self._all.items() if over_at is not None and over_at <= now]:
                del self._all[each]
        self._all[name] = (value, None if ttl is None else now + ttl)
