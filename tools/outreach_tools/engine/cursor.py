"""Where a list goes on: our opaque `page_after`, which may point into the middle of one of Outreach's pages."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote_plus, urlsplit

from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.json_values import is_object, member

_CURSOR = re.compile(r"[?&]page%5Bafter%5D=([^&#]+)")
_NUMBER = re.compile(r"\d{1,19}", re.ASCII)
_ANCHOR = re.compile(r"\d{1,19}|[0-9a-f]{32}", re.ASCII)  # a record's id, or the UUID it has instead
_BEGAN = re.compile(r"[0-9a-f]{6}~([0-9a-f]{1,9})\.")
_OFFSET = "@"  # before an offset, which Outreach uses in its links when it does not page by cursor


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: Outreach's cursor of a page (empty: the first page) and how many of its rows to skip.

    `last` are the ids of the rows just before it, the nearest first: they find the place again where rows were added
    to the page or deleted from it in the meantime.
    """

    after: str = ""
    skip: int = 0
    last: tuple[str, ...] = ()

    def query(self, size: int) -> Query:
        """Return the paging parameters that fetch the page this position lies in."""
        if self.after.startswith(_OFFSET):
            return (("page[limit]", str(size)), ("page[offset]", self.after.removeprefix(_OFFSET)))
        cursor = (("page[after]", self.after),) if self.after else ()
        return (("page[size]", str(size)), *cursor)


def anchor(record: JsonObject) -> str:
    """Return a record's id as positions hold it, empty for one that cannot find its place again."""
    text = str(record.get("id")).replace("-", "").casefold()
    return text if _ANCHOR.fullmatch(text) else ""


FIRST = Position()
"""The beginning of a list."""


def fingerprint(*parts: object) -> str:
    """Return a few characters that tell one list's query from another's."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=3).hexdigest()


def encode(position: Position, mark: str, began: datetime | None = None) -> str:
    """Return the `page_after` for a position in the list that `mark` is the fingerprint of.

    `began` is when the list was begun, for one with dates in its filters: `today` and `-12h` mean the same on every
    page of it.
    """
    when = f"~{int(began.timestamp()):x}" if began else ""
    return f"{mark}{when}.{'-'.join((str(position.skip), *position.last))}.{position.after}"


def begun_at(text: str | None) -> datetime | None:
    """Return when the list was begun that a `page_after` goes on with, None where it does not say."""
    found = _BEGAN.match(text or "")
    return datetime.fromtimestamp(int(found[1], 16), UTC) if found else None


def decode(text: str | None, mark: str) -> Position:
    """Read a `page_after`. Raises `ArgumentError` when it is none, or belongs to another list."""
    if text is None:
        return Position()
    found, _, rest = text.partition(".")
    found = found.partition("~")[0]
    place, dot, after = rest.partition(".")
    skip, *last = place.split("-")
    if not dot or not _NUMBER.fullmatch(skip) or len(skip) > 6 or not all(map(_ANCHOR.fullmatch, last)):
        raise ArgumentError("'page_after' takes the page_after of an earlier answer, unchanged")
    if found != mark:
        raise ArgumentError(
            "this 'page_after' belongs to a list with other filters or another sort: repeat those unchanged, or leave "
            "page_after out to start again"
        )
    return Position(after, int(skip), tuple(last))


def next_page(document: JsonObject) -> Position | None:
    """Return the start of the page after a document, from the link Outreach gives, or None at the end.

    JSON:API lets a link be a text or `{"href": …}`. Of either only the place is taken, never the address: behind a
    gateway it names another host.
    """
    link = member(document, "links", "next")
    if is_object(link):
        link = link.get("href")
    if not isinstance(link, str) or not link:
        return None
    if plain := _CURSOR.search(link):  # nearly every link: taking apart all of its query is ten times the work
        return Position(unquote_plus(plain[1]))
    parameters = parse_qs(urlsplit(link).query)
    if cursor := parameters.get("page[after]"):
        return Position(cursor[0])
    if offset := parameters.get("page[offset]"):
        return Position(_OFFSET + offset[0])
    raise ToolError("Outreach's link to the next page has no cursor; ask for fewer rows with filters instead")
