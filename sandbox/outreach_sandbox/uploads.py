"""Files on their way into an import: the stand-in for the storage that the real API signs links to."""

from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

PATH = "/sandbox/uploads"
"""The path to which files are uploaded, on the host of the API but not below it."""


@dataclass(slots=True)
class Uploads:
    """The links that were handed out, each with its file once that was put there."""

    files: dict[str, bytes | None] = field(default_factory=dict[str, bytes | None])

    def open(self, base_url: str) -> str:
        """Return the storage key of a new link."""
        key = str(uuid5(NAMESPACE_URL, f"{base_url}{PATH}/{len(self.files) + 1}"))
        self.files[key] = None
        return key

    def put(self, key: str, content: bytes) -> bool:
        """Keep a file; False when no such link was handed out."""
        if key not in self.files:
            return False
        self.files[key] = content
        return True
