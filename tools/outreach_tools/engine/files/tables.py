"""Reads tables row by row, CSV and XLSX, and refuses in one line what is not one or is larger than one may be."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeAlias

from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.files.cells import Cell, said_by
from outreach_tools.engine.files.workbooks import Formula, read_workbook
from outreach_tools.engine.matching import few, shorten
from outreach_tools.engine.text import clean, one_line

Row: TypeAlias = tuple[int, Sequence["Cell | Formula"]]
"""A row: its number in the file, from 1, and its cells."""

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of a file."""

MOST_COLUMNS = 500
"""Columns of a table."""

MOST_ROWS = 100_000
"""Rows of a table beside the header."""

_NAMED = 40  # characters of a header that a refusal shows
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",;\t|"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is being read: its headers, and its rows one after the other; empty ones are left out.

    Hold it for as long as the file is open that is its `source`.
    """

    headers: tuple[str, ...]
    rows: Iterator[Row]
    source: object = None


def read_table(file: BinaryIO) -> Table:
    """Begin to read a table. It, and what goes on from it, blocks and raises `ArgumentError`."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > MOST_BYTES:
        raise ArgumentError(f"the file has {size:,} bytes, and one may have {MOST_BYTES:,}: divide it")
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith(_ZIP):
        return _table(read_workbook(file, MOST_COLUMNS))
    if head.startswith(_OLD):
        raise ArgumentError("the file is a workbook of the old form (.xls): save it as .xlsx or CSV")
    encoding = "utf-16" if head.startswith(_UTF_16) else "utf-8-sig"
    if encoding != "utf-16" and b"\0" in head:
        raise ArgumentError("the file is not a table: it takes CSV in UTF-8, or XLSX")
    # It closes the file when nobody holds it any more, so that the table does.
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    return replace(_table(_csv_rows(text, head.decode(encoding, "ignore"))), source=text)


def read_text(text: str, most: int) -> Table:
    """Begin to read a table of at most so many rows that was given as text. Raises `ArgumentError`."""
    plain = text.removeprefix("\ufeff")
    rows = list(_csv_rows(io.StringIO(plain, newline=""), plain[:_HEAD]))
    if len(rows) > most + 1:
        raise ArgumentError(f"'csv' has {len(rows) - 1:,} rows, and as text {most} are taken: give a file")
    return _table(iter(rows))


def _table(rows: Iterator[Row]) -> Table:
    """Return the table of some rows, the first of which is the header."""
    first = next(rows, None)
    if first is None:
        raise ArgumentError("the file is empty: its first row names the columns")
    headers = tuple("" if isinstance(each, Formula) else said_by(each).strip() for each in first[1])
    while headers and not headers[-1]:
        headers = headers[:-1]
    names = [each.casefold() for each in headers if each]
    if twice := [each for each in headers if each and names.count(each.casefold()) > 1]:
        raise ArgumentError(f"two columns are called {_shown(twice[0])}: give each a name of its own")
    if not names:
        raise ArgumentError("the first row names no column")
    return Table(headers, _checked(rows, len(headers)))


def _checked(rows: Iterable[Row], width: int) -> Iterator[Row]:
    for count, (line, cells) in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise ArgumentError(f"the file has more than {MOST_ROWS:,} rows: divide it")
        if any(each not in (None, "") for each in cells[width:]):
            raise ArgumentError(f"line {line} has more cells than the header, {len(cells)} and {width}: mend it")
        yield line, cells


def _csv_rows(text: Iterable[str], head: str) -> Iterator[Row]:
    # Strict: a quotation mark that is not closed would take all lines after it for one cell.
    reader = csv.reader(text, delimiter=_delimiter(head), strict=True)
    begins = 1
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise ArgumentError(f"line {begins} has {len(cells):,} columns, and a file may have {MOST_COLUMNS}")
            # Excel tells itself in a line of its own, before the header, what stands between cells.
            is_told = begins == 1 and cells[:1] == ["sep="]
            if not is_told and any(each.strip() for each in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except UnicodeError as error:
        what = "UTF-16" if str(getattr(error, "encoding", "")).startswith("utf-16") else "UTF-8"
        raise ArgumentError(
            f"the file is not {what} after line {reader.line_num}: save it as CSV UTF-8, or as XLSX"
        ) from None
    except csv.Error as error:
        why = "a quotation mark is opened and not closed" if "end of data" in str(error) else str(error)
        raise ArgumentError(f"line {begins} cannot be read as CSV: {why}") from None


def _delimiter(head: str) -> str:
    """Return what stands between the cells of the header: Excel writes semicolons where commas are decimal."""
    line = next(iter(head.splitlines()), "")
    outside = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=lambda each: (outside.count(each), each == ","))


def _shown(text: str) -> str:
    return shorten(one_line(clean(text), _NAMED))


def listed_headers(headers: Iterable[str]) -> str:
    """Return headers for a sentence."""
    return few([one_line(clean(each), _NAMED) for each in headers])
