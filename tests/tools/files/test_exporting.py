"""Exports through a real client: all records, in order of columns, readable by others, whole or not at all."""

import csv
import errno
import hashlib
import io
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from tests.support.workbench import Workbench, workbench
from tests.tools.test_lists import people

FORMULA = '=HYPERLINK("http://evil.example","click")'
ANN = {
    "firstName": "Ann", "lastName": "Lee", "name": "Ann Lee", "title": FORMULA, "tags": ["a;b", "c"],
    "workPhones": ["+1 555 0100"], "emails": ["a@b.example", "c@d.example"], "optedOut": True, "score": 7.5,
    "custom1": "-2+3",
    "personalNote1": "one\r\ntwo, \"three\"; café 漢字 \U0001f600  <&>",
}  # fmt: skip
FIELDS = ["name", "title", "emails", "workPhones", "tags", "optedOut", "score", "custom1", "personalNote1", "account"]
HEADERS = [
    "id", "name", "title", "emails", "workPhones", "tags", "optedOut", "score", "Assistant", "personalNote1", "account",
    "account_id",
]  # fmt: skip
CELLS = [
    "7", "Ann Lee", f"'{FORMULA}", "a@b.example; c@d.example", "'+1 555 0100", '["a;b", "c"]', "true", "7.5", "'-2+3",
    "one\ntwo, \"three\"; café 漢字 \U0001f600  <&>", "Acme", "5",
]  # fmt: skip
RECORDS = [Record("account", 5, {"name": "Acme"}), Record("prospect", 7, ANN, {"account": Identifier("account", 5)})]


@asynccontextmanager
async def files_in(folder: Path, records: list[Record], **options: Any) -> AsyncGenerator[Workbench]:
    os.chmod(folder, 0o700)
    async with workbench(records, files=LocalFiles(Folder(folder)), **options) as bench:
        yield bench


def bytes_of(path: str) -> bytes:
    return Path(path).read_bytes()


def rows_of(path: str) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def rows_by_calamine(path: str) -> list[list[Any]]:
    reader: Any = CalamineWorkbook  # its paths are not annotated in full
    rows: list[list[Any]] = reader.from_path(path).get_sheet_by_index(0).to_python()
    return rows


async def test_a_csv_has_labels_as_headers_and_nothing_that_runs(tmp_path: Path) -> None:
    async with files_in(tmp_path, RECORDS) as bench:
        answer = await bench.call("export_records", resource="prospect", fields=FIELDS)
    assert rows_of(answer["file"]) == [HEADERS, CELLS]
    contents = bytes_of(answer["file"])
    assert answer["rows"] == 1
    assert (answer["bytes"], answer["sha256"]) == (len(contents), hashlib.sha256(contents).hexdigest())
    assert answer["columns"] == HEADERS
    assert answer["first_rows"][0][:3] == [7, "Ann Lee", f"'{FORMULA}"]
    assert os.stat(answer["file"]).st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == [Path(answer["file"]).name]


async def test_two_readers_that_are_not_ours_read_the_same_workbook(tmp_path: Path) -> None:
    async with files_in(tmp_path, RECORDS) as bench:
        answer = await bench.call("export_records", resource="prospect", fields=FIELDS, format="xlsx")
    book = openpyxl.load_workbook(answer["file"])
    by_openpyxl = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    by_calamine = rows_by_calamine(answer["file"])
    for rows in (by_openpyxl, by_calamine):
        assert rows[0] == HEADERS
        texts = ["true" if each is True else f"{each:g}" if isinstance(each, int | float) else each for each in rows[1]]
        assert list(map(str, texts)) == CELLS
    assert {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row} == {"s", "n", "b"}
    assert os.listdir(tmp_path) == [Path(answer["file"]).name]


async def test_json_lines_hold_the_values_as_the_api_has_them(tmp_path: Path) -> None:
    async with files_in(tmp_path, RECORDS) as bench:
        answer = await bench.call("export_records", resource="prospects", fields=["title", "tags"], format="jsonl")
    assert [json.loads(line) for line in bytes_of(answer["file"]).decode().splitlines()] == [
        {"id": 7, "title": FORMULA, "tags": ["a;b", "c"]}
    ]


async def test_filters_in_every_form_of_lists_say_which_records(tmp_path: Path) -> None:
    async with files_in(tmp_path, people(5)) as bench:
        for filters in ([{"field": "owner", "criteria": "Sally Smith"}], {"owner.id": "me"}, {"account": "Acme"}):
            assert (await bench.call("export_records", resource="prospect", filters=filters))["rows"] == 5
        answer = await bench.call("export_records", resource="prospect", filters={"lastName": "No3"})
        assert [row[0] for row in rows_of(answer["file"])] == ["id", "103"]
        answer = await bench.call("export_records", resource="prospect", filters={"lastName": "Nobody"})
        assert (answer["rows"], len(rows_of(answer["file"]))) == (0, 1)


async def test_no_file_is_put_in_the_place_of_another(tmp_path: Path) -> None:
    async with files_in(tmp_path, people(1)) as bench:
        answers = [await bench.call("export_records", resource="prospect", fields=["title"]) for _ in range(3)]
    names = [Path(each["file"]).name for each in answers]
    stem = "prospects-2026-11-18-153000"
    assert names == [f"{stem}.csv", f"{stem}-2.csv", f"{stem}-3.csv"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
async def test_thousands_of_records_are_each_one_row(tmp_path: Path, form: str) -> None:
    records = [Record("stage", number, {"name": f"Stage {number}"}) for number in range(1, 3500, 1)]
    async with files_in(tmp_path, records) as bench:
        answer = await bench.call("export_records", resource="stage", fields=["name"], format=form)
    if form == "csv":
        ids = [int(row[0]) for row in rows_of(answer["file"])[1:]]
    elif form == "xlsx":
        rows = rows_by_calamine(answer["file"])[1:]
        ids = [int(str(row[0]).partition(".")[0]) for row in rows]
    else:
        ids = [json.loads(line)["id"] for line in bytes_of(answer["file"]).decode().splitlines()]
    assert sorted(ids) == list(range(1, 3500))
    assert answer["rows"] == 3499


class Full(Folder):
    """A folder on a disk that is full after so many bytes."""

    __slots__ = ()

    def begin(self) -> tuple[Path, BinaryIO]:
        path, file = super().begin()
        file.close()
        return path, _Narrow(path)


class _Narrow(io.FileIO):
    """A file that takes a few hundred bytes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > 300:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
async def test_on_a_full_disk_one_line_is_said_and_nothing_stays(tmp_path: Path, form: str) -> None:
    os.chmod(tmp_path, 0o700)
    async with workbench(people(20), files=LocalFiles(Full(tmp_path))) as bench:
        said = await bench.refused("export_records", resource="prospect", format=form)
    assert said == "The file was not written, and nothing of it is left: the disk is full."
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
async def test_where_outreach_fails_midway_nothing_stays(tmp_path: Path, form: str) -> None:
    records = [Record("stage", number, {"name": "x"}) for number in range(1, 3000)]
    async with files_in(tmp_path, records, switches=Switches(hourly_limit=2)) as bench:
        said = await bench.refused("export_records", resource="stage", format=form)
    assert "Nothing was written" in said
    assert "2,999" in said
    assert os.listdir(tmp_path) == []


async def test_without_a_folder_nothing_is_read_and_the_setting_is_named() -> None:
    async with workbench(people(1), files=LocalFiles(None)) as bench:
        assert "OUTREACH_MCP_EXPORT_FOLDER" in await bench.refused("export_records", resource="prospect")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "resource"),
        ({"resource": "prospekt"}, "did you mean 'prospect'"),
        ({"resource": "prospect", "format": "xls"}, "not one of csv, xlsx, jsonl"),
        ({"resource": "prospect", "fields": ["titel"]}, "did you mean 'title'"),
        ({"resource": "prospect", "fields": ["links"]}, "'links'"),
        ({"resource": "prospect", "path": "/etc/passwd"}, "path"),
        ({"resource": "prospect", "filters": [{"field": "title"}]}, "criteria"),
    ],
)
async def test_wrong_arguments_are_refused_by_name(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    async with files_in(tmp_path, people(1)) as bench:
        assert said in await bench.refused("export_records", **arguments)
    assert os.listdir(tmp_path) == []


async def test_what_the_settings_exclude_is_in_no_file(tmp_path: Path) -> None:
    guard = Guard(Policy.of(excluded=["accounts"]), "never")
    async with files_in(tmp_path, people(1, company="Acme"), guard=guard) as bench:
        assert "settings exclude" in await bench.refused("export_records", resource="account")
        answer = await bench.call("export_records", resource="prospect", fields=["firstName", "account", "company"])
        assert "Acme" not in bytes_of(answer["file"]).decode()
        assert "settings exclude" in await bench.refused(
            "export_records", resource="prospect", filters={"company": "Acme"}
        )
