"""Writes tables row by row, in memory that does not grow with them: CSV, XLSX, and JSON lines."""

import csv
import io
import json
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, BinaryIO, Literal, Protocol, TypeAlias

from anyio.to_thread import run_sync

from outreach_tools.engine.arguments import choose
from outreach_tools.engine.files.cells import Cell, cell_of, is_cut, text_of
from outreach_tools.engine.files.service import Draft

Format: TypeAlias = Literal["csv", "xlsx", "jsonl"]

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}
"""The formats, and what each is called on the web."""

MOST_ROWS = 1_048_576
"""Rows of a sheet of XLSX, the header among them."""


def format_of(given: str) -> Format:
    """Return the format that is meant. Raises `ArgumentError`."""
    by_name: dict[str, Format] = {form: form for form in MEDIA_TYPES}
    return by_name[choose(given, tuple(by_name), "format")]


class Table(Protocol):
    """A table that is being written; all of it blocks."""

    cut: int

    def write(self, rows: Iterable[Sequence[Any]], /) -> None:
        """Write rows of values of the API."""
        ...

    def finish(self) -> None:
        """Write what comes after the last row."""
        ...

    def abandon(self) -> None:
        """Let go of what was taken for it."""
        ...


def table(form: Format, draft: Draft, headers: Sequence[str]) -> Table:
    """Begin a table of a format in a file, under `headers`."""
    match form:
        case "csv":
            return CsvTable(draft.file, headers)
        case "xlsx":
            return XlsxTable(draft, headers)
        case "jsonl":
            return LineTable(draft.file, headers)


@asynccontextmanager
async def written(form: Format, draft: Draft, headers: Sequence[str]) -> AsyncGenerator[Table]:
    """Begin a table as `table` does and finish it after the block, off the event loop; let go of it if either fails."""
    file = await run_sync(table, form, draft, headers)
    try:
        yield file
        await run_sync(file.finish)
    except BaseException:
        file.abandon()
        raise


class CsvTable:
    """A table as CSV (RFC 4180) in UTF-8, with the mark by which Excel knows that it is."""

    def __init__(self, file: BinaryIO, headers: Sequence[str]) -> None:
        """Write the header."""
        self.cut = 0
        self._file = file
        file.write(b"\xef\xbb\xbf")
        self.write([headers])

    def write(self, rows: Iterable[Sequence[Any]], /) -> None:
        """Write rows."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        for row in rows:
            cells = [cell_of(value) for value in row]
            self.cut += sum(map(is_cut, cells))
            writer.writerow(map(text_of, cells))
        self._file.write(text.getvalue().encode())

    def finish(self) -> None:
        """Write nothing more."""

    def abandon(self) -> None:
        """Let go of nothing."""


class LineTable:
    """A table as JSON lines: an object for each row, with the values as the API has them."""

    def __init__(self, file: BinaryIO, headers: Sequence[str]) -> None:
        """Write nothing yet."""
        self.cut = 0
        self._file = file
        self._headers = headers

    def write(self, rows: Iterable[Sequence[Any]], /) -> None:
        """Write rows."""
        lines = (json.dumps(dict(zip(self._headers, row, strict=True)), ensure_ascii=False) for row in rows)
        self._file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))

    def finish(self) -> None:
        """Write nothing more."""

    def abandon(self) -> None:
        """Let go of nothing."""


class _Outlet:
    """The way from the workbook to its file, which can be shut: what the library's archive still has to say is lost."""

    def __init__(self, file: BinaryIO) -> None:
        self.is_shut = False
        self._file = file

    def write(self, data: bytes) -> int:
        return len(data) if self.is_shut else self._file.write(data)

    def tell(self) -> int:
        return 0 if self.is_shut else self._file.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        return 0 if self.is_shut else self._file.seek(place, whence)

    def flush(self) -> None:
        if not self.is_shut:
            self._file.flush()


class XlsxTable:
    """A table as the one sheet of an XLSX workbook, each row written out before the next one comes."""

    def __init__(self, draft: Draft, headers: Sequence[str]) -> None:
        """Begin the workbook and write the header."""
        # It takes time, and most servers write no workbook.
        from xlsxwriter import Workbook  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - it has annotations

        self.cut = 0
        options = {
            "constant_memory": True,
            "tmpdir": str(draft.folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._outlet, self._row = _Outlet(draft.file), 0
        file: Any = self._outlet  # as much of a file as an archive needs
        self._book: Any = Workbook(file, options)  # not all of it is annotated
        self._sheet: Any = self._book.add_worksheet("Records")
        self._sheet.freeze_panes(1, 0)
        self.write([headers])

    def write(self, rows: Iterable[Sequence[Any]], /) -> None:
        """Write rows. Raises `OSError`, also for a row that a sheet has no place for."""
        for row in rows:
            for column, value in enumerate(row):
                self._write_cell(column, cell_of(value))
            self._row += 1

    def finish(self) -> None:
        """Write the workbook."""
        from xlsxwriter.exceptions import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - see above
            FileCreateError,
        )

        try:
            self._book.close()
        except FileCreateError as error:
            cause = error.args[0] if error.args else None
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error

    def abandon(self) -> None:
        """Close what is open, and keep the library from finishing the workbook on its own."""
        self._outlet.is_shut = True
        self._book.fileclosed = True
        with suppress(OSError):
            self._sheet.row_data_fh.close()

    def _write_cell(self, column: int, cell: Cell) -> None:
        row = self._row
        self.cut += is_cut(cell)
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            self._sheet.write_boolean(row, column, cell)
        elif isinstance(cell, int | float):
            self._sheet.write_number(row, column, cell)
        else:
            self._sheet.write_string(row, column, cell)
