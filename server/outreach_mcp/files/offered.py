"""Files offered over HTTP: each as a resource under an address that cannot be guessed, for its caller, for an hour.

A file and what is known of it lie beside each other in a folder, under the hash of that address. The address follows
from a number that lies there and from who the caller is: who reads the folder and knows no caller learns no address,
and replicas that share it list and serve each other's files.
"""

import base64
import hashlib
import hmac
import json
import secrets
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from outreach_mcp.caller import current_caller
from outreach_mcp.files.drafts import drafted, told
from outreach_mcp.files.folder import Folder
from outreach_mcp.io.private_files import created
from outreach_mcp.io.threads import FILES
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.files.service import Draft
from outreach_tools.engine.matching import shorten
from outreach_tools.json_values import is_object

HOLDS = timedelta(hours=1)
"""The time for which a file is offered."""

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of a file: it goes out in one answer."""

SCHEME = "outreach-export://"
"""The beginning of the address of each."""

_DATA, _KNOWN = ".data", ".json"
_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that is offered: its address, its name and kind, its size, and until when."""

    uri: str
    name: str
    media_type: str
    size: int
    until: datetime


@dataclass(slots=True)
class Offers:
    """All files that a server offers; `folder` is where they lie, a private one of the process unless it is named."""

    now: Callable[[], datetime]
    folder: Folder | None = None
    _own: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the folder of the process."""
        if self._own is not None:
            self._own.cleanup()
            self._own = None

    def of_call(self) -> "OfferedFiles":
        """Return the files of one call of a tool."""
        return OfferedFiles(self)

    async def usable(self) -> Folder:
        """Return the folder, without what has expired. Raises `ToolError` for one that cannot be used."""
        return await FILES.run(self._usable)

    async def read(self, uri: str) -> tuple[Offer, bytes] | None:
        """Return a file of the caller's with what is in it, None where there is none that is offered still."""
        return await FILES.run(self._read, uri, _owner())

    async def listed(self) -> list[Offer]:
        """Return the last files that are offered to the caller, the newest first."""
        return await FILES.run(self._listed, _owner())

    def find(self, uri: str, owner: str) -> tuple[Offer, Path] | None:
        """Return a file of its owner's and its place, None where there is none that is offered still."""
        folder, ticket = self._usable(), uri.removeprefix(SCHEME)
        path = folder.path / _hash(ticket)
        known = _known(path.with_suffix(_KNOWN))
        if known is None or known.get("owner") != _hash(owner) or not uri.startswith(SCHEME):
            return None
        return _offer(uri, known), path.with_suffix(_DATA)

    def keep(self, part: Path, name: str, media_type: str, size: int, owner: str) -> Offer:
        """Offer a file that was written to its owner; return the offer."""
        number = secrets.token_hex(32)
        ticket = _ticket(number, owner)
        known: JsonObject = {
            "owner": _hash(owner),
            "number": number,
            "until": (self.now() + HOLDS).isoformat(),
            "name": name,
            "media_type": media_type,
            "size": size,
        }
        path = part.parent / _hash(ticket)
        part.replace(path.with_suffix(_DATA))
        with open(created(path.with_suffix(_KNOWN)), "w", encoding="utf-8") as file:
            json.dump(known, file)
        return _offer(SCHEME + ticket, known)

    def _usable(self) -> Folder:
        if self.folder is None:
            self._own = tempfile.TemporaryDirectory(prefix="outreach-mcp-")
            self.folder = Folder(Path(self._own.name))
        if fault := self.folder.fault():
            raise ToolError(f"This server cannot keep files: {fault}.")
        for path in self._expired(self.folder):
            path.with_suffix(_DATA).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        return self.folder

    def _expired(self, folder: Folder) -> Iterator[Path]:
        for path in folder.path.glob(f"*{_KNOWN}"):
            known = _known(path)
            if known is not None and datetime.fromisoformat(known["until"]) <= self.now():
                yield path

    def _listed(self, owner: str) -> list[Offer]:
        found: list[Offer] = []
        for path in self._usable().path.glob(f"*{_KNOWN}"):
            known = _known(path)
            if known is not None and known["owner"] == _hash(owner):
                found.append(_offer(SCHEME + _ticket(known["number"], owner), known))
        return sorted(found, key=lambda each: (each.until, each.name), reverse=True)[:_MOST_LISTED]

    def _read(self, uri: str, owner: str) -> tuple[Offer, bytes] | None:
        found = self.find(uri, owner)
        if found is None:
            return None
        with suppress(OSError):  # another process has removed it just now
            return found[0], found[1].read_bytes()
        return None


@dataclass(slots=True)
class OfferedFiles:
    """The files of one call (an `outreach_tools.engine.files.service.Files`); `made` are those that it has offered."""

    offers: Offers
    made: list[Offer] = field(default_factory=list[Offer])

    def draft(self, name: str, media_type: str, /) -> AbstractAsyncContextManager[Draft]:
        """Begin a file, to be called so."""
        return self._draft(name, media_type)

    def opened(self, *, path: str | None, uri: str | None) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file of the caller's that is offered."""
        if uri is None:
            raise ArgumentError(
                f"'path' is {shorten(path)}, and over HTTP this server reads no files of its machine: give 'uri', as "
                "export_records answers it, or 'csv'"
            )
        return self._opened(uri)

    @asynccontextmanager
    async def _draft(self, name: str, media_type: str) -> AsyncGenerator[Draft]:
        folder, owner = await self.offers.usable(), _owner()

        def publish(part: Path, size: int, _: str) -> JsonObject:
            if size > MOST_BYTES:
                raise ToolError(
                    f"The file would have {size:,} bytes, and over HTTP one may have {MOST_BYTES:,}: nothing of it is "
                    "left. Narrow it by filters, or ask for fewer fields."
                )
            offer = self.offers.keep(part, name, media_type, size, owner)
            self.made.append(offer)
            return {"uri": offer.uri, "expires_at": offer.until.isoformat(timespec="minutes")}

        async with drafted(folder, publish) as draft:
            yield draft

    @asynccontextmanager
    async def _opened(self, uri: str) -> AsyncGenerator[BinaryIO]:
        found = await FILES.run(self.offers.find, uri, _owner())
        try:
            file = None if found is None else await FILES.run(_open, found[1])
        except OSError as error:
            raise ToolError(f"The file cannot be read: {told(error)}.") from error
        if file is None:
            raise ArgumentError(
                f"'uri' is {shorten(uri)}, which leads to no file of yours, or to one that has expired: export again"
            )
        with file:
            yield file


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _owner() -> str:
    caller = current_caller()
    return "" if caller is None else caller.subject


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _ticket(number: str, owner: str) -> str:
    """Return what an address consists of: nobody guesses the number, and to another caller it is another address."""
    digest = hmac.digest(number.encode(), owner.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _offer(uri: str, known: JsonObject) -> Offer:
    until = datetime.fromisoformat(known["until"])
    return Offer(uri, known["name"], known["media_type"], known["size"], until)


def _known(path: Path) -> JsonObject | None:
    """Return what is known of a file, None where there is nothing that this server wrote."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    names = ("owner", "number", "until", "name", "media_type", "size")
    return found if is_object(found) and all(name in found for name in names) else None
