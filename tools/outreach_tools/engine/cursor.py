"""The position at which a list continues: our opaque `page_after`, which may point into one of Outreach's pages."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote_plus, urlsplit

from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.order import Key, Value, known_id, read_value, written
from outreach_tools.json_values import is_object, member

_CURSOR = re.compile(r"[?&]page%5Bafter%5D=([^&#]+)")
_NUMBER = re.compile(r"\d{1,19}", re.ASCII)
_HEAD = re.compile(r"\s*[0-9a-f]{8}(?:~(?P<began>[0-9a-f]{1,9}))?(?:=(?P<count>\d{1,9}))?(?P<nothing>-)?\.")
_ID = re.compile(r"\d{1,19}|[0-9a-f]{32}", re.ASCII)  # a record's id, or the UUID it has instead
_CHECKED = 4  # characters of the check at the beginning
_LONGEST_COUNT = 6  # digits
_OFFSET = "@"  # before an offset, which Outreach uses in its links when it does not page by cursor


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: Outreach's cursor of a page (empty: the first page) and how many of its rows to skip.

    `key` is where the row just before it stands in the list's order: what comes after it is still to be shown, whatever
    was added or deleted in the meantime. `last` are the ids of the rows before it, the nearest first: where the order
    cannot be told they find the place again. `part` counts the queries that make up the list, from 0.
    """

    after: str = ""
    skip: int = 0
    last: tuple[str, ...] = ()
    key: Key | None = None
    part: int = 0

    @property
    def offset(self) -> int | None:
        """Return where the page begins, counted in rows, None where Outreach gave a cursor."""
        number = self.after.removeprefix(_OFFSET)
        return int(number) if self.after.startswith(_OFFSET) and _NUMBER.fullmatch(number) else None

    def at_offset(self, offset: int) -> "Position":
        """Return the same place, to be looked for on the page that begins at an offset."""
        return replace(self, after=f"{_OFFSET}{offset}")

    def query(self, size: int) -> Query:
        """Return the paging parameters that fetch the page this position lies in."""
        if self.after.startswith(_OFFSET):
            return (("page[limit]", str(size)), ("page[offset]", self.after.removeprefix(_OFFSET)))
        cursor = (("page[after]", self.after),) if self.after else ()
        return (("page[size]", str(size)), *cursor)


def anchor(record: JsonObject) -> str:
    """Return a record's id as positions hold it, empty for one that cannot find its place again."""
    return str(known_id(record.get("id")) or "")


FIRST = Position()
"""The beginning of a list."""


def fingerprint(*parts: object) -> str:
    """Return a few characters that tell one list's query from another's."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=2).hexdigest()


@dataclass(frozen=True, slots=True)
class Past:
    """The facts about a list that the pages before a position showed.

    `began` is when it was begun, for one with dates in its filters: `today` and `-12h` mean the same on every page of
    it. `count` is how many records match in all, where its first page counted them here. `nothing` says that those
    pages had no row.
    """

    began: datetime | None = None
    count: int | None = None
    nothing: bool = False


NO_PAST = Past()
"""Nothing to tell."""


def encode(position: Position, mark: str, past: Past = NO_PAST) -> str:
    """Return the `page_after` for a position in the list that `mark` is the fingerprint of."""
    when = f"~{int(past.began.timestamp()):x}" if past.began else ""
    count = "" if past.count is None else f"={past.count}"
    part = f"{position.part}!" if position.part else ""
    ids = position.last if all(position.last) else ()
    key = f"*{written(position.key.value)}" if position.key and ids else ""
    place = f"{part}{'_'.join((str(position.skip), *ids))}{key}.{position.after}"
    rest = f"{mark}{when}{count}{'-' if past.nothing else ''}.{place}"
    return f"{_check(rest)}{rest}"


def past_of(text: str | None) -> Past:
    """Return what a `page_after` says about the pages before it."""
    found = _HEAD.match(text or "")
    if found is None:
        return NO_PAST
    began = datetime.fromtimestamp(int(found["began"], 16), UTC) if found["began"] else None
    return Past(began, int(found["count"]) if found["count"] else None, found["nothing"] is not None)


def decode(text: str | None, mark: str) -> Position:
    """Read a `page_after`. Raises `ArgumentError` when it is not one, or belongs to another list."""
    if text is None:
        return Position()
    text = next((each for each in (text, text.strip()) if each[:_CHECKED] == _check(each[_CHECKED:])), "")
    head, _, rest = text.partition(".")
    found = re.split("[~=-]", head[_CHECKED:])[0]
    place, dot, after = rest.partition(".")
    ids, star, value = place.partition("*")
    part, mark_of_part, numbers = ids.rpartition("!")
    skip, *last = numbers.split("_")
    read = _read_place(part if mark_of_part else "0", skip, last, value if star else None)
    if not dot or read is None:
        raise ArgumentError("'page_after' takes the page_after of an earlier answer, unchanged")
    if found != mark:
        raise ArgumentError(
            "this 'page_after' belongs to a list with other filters or another sort: repeat those unchanged, or leave "
            "page_after out to start again"
        )
    return replace(read, after=after)


def _check(text: str) -> str:
    """Return what tells whether a `page_after` was cut short or changed; Outreach may misread such a cursor."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=2).hexdigest()


def _read_place(part: str, skip: str, last: list[str], value: str | None) -> Position | None:
    numbers = all(_NUMBER.fullmatch(each) and len(each) <= _LONGEST_COUNT for each in (part, skip))
    if not numbers or not all(map(_ID.fullmatch, last)) or (value is not None and not last):
        return None
    try:
        held: tuple[Value, ...] = () if value is None else (read_value(value),)
    except ValueError:
        return None
    number = known_id(last[0]) if held else None
    key = Key(held[0], number) if held and number is not None else None
    return Position(skip=int(skip), last=tuple(last), key=key, part=int(part))


def next_page(document: JsonObject) -> Position | None:
    """Return the start of the page after a document, from the link Outreach gives, or None at the end.

    JSON:API lets a link be a text or `{"href": …}`. Of either only the place is taken, never the address: behind a
    gateway it names another host. Raises `ToolError` for a link that cannot be followed.
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
