"""Reads the first sheet of an XLSX workbook row by row, within bounds that hold whatever the file says of itself."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.files.cells import Cell

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

_MOST_ROWS = 1_048_576  # of a sheet (Excel's specifications and limits)
_MOST_PARTS = 1_000
_MOST_UNPACKED = 256 * 1024 * 1024  # bytes of all parts; of each no more is read than it says of itself
_MOST_SHARED = 64 * 1024 * 1024  # bytes of the texts that are kept while the sheet is read
_HEAD = 4096
_DECLARES = (b"<!", b"<\0!\0", b"\0<\0!")
_COMMENT = (b"<!--",)
_ESCAPE = "_x005F_"
_UNREADABLE = "the file is not a workbook that can be read: save it anew as XLSX, or as CSV"


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula and not a value."""

    text: str


def read_workbook(file: BinaryIO, most_columns: int) -> Iterator[tuple[int, Sequence[Cell | Formula]]]:
    """Yield the rows of the first sheet with their numbers, empty ones left out. Raises `ArgumentError`."""
    _check(file)
    book = _opened(file)
    try:
        sheet: Any = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
        if sheet is None:
            raise ArgumentError("the workbook has no sheet that can be seen")
        sheet.reset_dimensions()  # what a sheet says of its size need not be so
        # Rows beyond what a sheet has are gaps without end; of a width none is asked for, as all rows would get it.
        rows: Iterator[Sequence[Any]] = sheet.iter_rows(max_row=_MOST_ROWS)
        for line, cells in enumerate(_guarded(rows), 1):
            if len(cells) > most_columns:
                raise ArgumentError(f"line {line} has {len(cells):,} columns, and a file may have {most_columns}")
            values = [_value(each) for each in cells]
            if any(each not in (None, "") for each in values):
                yield line, values
    finally:
        book.close()


def _opened(file: BinaryIO) -> "Workbook":
    from openpyxl import load_workbook  # noqa: PLC0415 - it takes time, and most servers read no workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what it leaves out: styles, pictures, rules
            return load_workbook(file, read_only=True, keep_links=False)
    except Exception as error:  # whatever is wrong with its parts, each program finds other words for it
        raise ArgumentError(_UNREADABLE) from error


def _guarded(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield rows; what goes wrong within the parts of the workbook is said in one line."""
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # see above
            raise ArgumentError(_UNREADABLE) from error
        if row is None:
            return
        yield row


def _check(file: BinaryIO) -> None:
    """Raise for an archive that unpacks to more than a workbook has, or that holds what none needs."""
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
            shared = sum(each.file_size for each in parts if each.filename.lower().endswith("sharedstrings.xml"))
            whole = sum(each.file_size for each in parts)
            if len(parts) > _MOST_PARTS or whole > _MOST_UNPACKED or shared > _MOST_SHARED:
                raise ArgumentError(
                    f"the workbook unpacks to {whole:,} bytes in {len(parts):,} parts, and one may have "
                    f"{_MOST_UNPACKED:,} in {_MOST_PARTS:,}: nothing of it was read. Divide it, or save it as CSV"
                )
            for each in parts:
                _check_part(archive, each)
    except (BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise ArgumentError(_UNREADABLE) from error
    finally:
        file.seek(0)


def _check_part(archive: ZipFile, part: ZipInfo) -> None:
    """Raise for a part that declares entities, of which a short text makes an endless one."""
    if not part.filename.lower().endswith((".xml", ".rels")):
        return
    with archive.open(part) as opened:
        head = opened.read(_HEAD)
    for comment in _COMMENT:
        head = head.replace(comment, b"")
    if any(each in head for each in _DECLARES):
        raise ArgumentError("the workbook declares entities, which none needs: nothing of it was read")


def _value(cell: Any) -> Cell | Formula:
    """Return what a cell holds."""
    value: Any = cell.value
    if getattr(cell, "data_type", "") == "f":
        return Formula(str(value))
    if isinstance(value, str):
        return value.replace(_ESCAPE, "_") if _ESCAPE in value else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return value.date().isoformat() if is_day else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else Formula(str(value))
