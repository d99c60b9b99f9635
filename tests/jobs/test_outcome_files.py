"""What came of a job's records is had as a file, in the way of any export: all of them, each once."""

import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ResourceLink, TextResourceContents
from python_calamine import CalamineWorkbook

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.files.offered import SCHEME, Offers
from tests.support.workbench import NOW, Workbench, workbench

FORMULA = '=HYPERLINK("http://evil.example","click")'
HEADERS = ["id", "name", "outcome", "reason"]


@asynccontextmanager
async def applied(files: LocalFiles | Offers) -> AsyncGenerator[tuple[Workbench, str, dict[str, int]]]:
    """Open a bench on which a job is over; yield it, the job, and how many records came to each outcome."""
    async with workbench(files=files) as bench:
        bench.store.run('UPDATE "prospect.rows" SET firstName = ? WHERE id = 403', (FORMULA,))
        plan = await bench.call(
            "plan_change", resource="prospect", filters=[{"field": "id", "criteria": "401..460"}],
            attributes={"title": "Planned"}, clear=["nickname"],
        )  # fmt: skip
        bench.store.run("UPDATE \"prospect.rows\" SET title = 'Theirs' WHERE id IN (405, 450)")
        bench.store.run('DELETE FROM "prospect.rows" WHERE id = 404')
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert (job["done"], job["left_out"]) == (57, 3)
        yield bench, job["job_id"], {"done": 57, "left_out": 3}


def local(folder: Path) -> LocalFiles:
    os.chmod(folder, 0o700)
    return LocalFiles(Folder(folder))


def bytes_of(path: str) -> bytes:
    return Path(path).read_bytes()


def read(path: str) -> list[list[Any]]:
    """Return the rows of a file, the header first, as another program reads them."""
    if path.endswith(".csv"):
        with open(path, encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    if path.endswith(".jsonl"):
        found = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
        return [HEADERS, *([row[name] for name in HEADERS] for row in found)]
    reader: Any = CalamineWorkbook  # its paths are not annotated in full
    rows: list[list[Any]] = reader.from_path(path).get_sheet_by_index(0).to_python()
    return rows


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
async def test_a_file_holds_every_record_once_with_its_outcome(tmp_path: Path, form: str) -> None:
    async with applied(local(tmp_path)) as (bench, job, counts):
        answer = await bench.call("get_job", job_id=job, format=form)
        pages = await bench.call("get_job", job_id=job, outcome="all")
    header, *rows = read(answer["file"])
    whole = bytes_of(answer["file"])
    assert header == HEADERS
    assert Counter(row[2] for row in rows) == counts
    assert [int(row[0]) for row in rows] == [row[0] for row in pages["rows"]] == list(range(401, 461))
    assert [row[3] for row in rows] == [row[3] for row in pages["rows"]]
    assert (answer["rows"], answer["bytes"], answer["state"]) == (60, len(whole), "done")
    assert answer["sha256"] == hashlib.sha256(whole).hexdigest()
    assert [row[0] for row in answer["first_rows"]] == [401, 402, 403]
    assert os.stat(answer["file"]).st_mode & 0o777 == 0o600
    if form != "jsonl":
        assert rows[2][1].startswith("'=HYPERLINK")


async def test_a_file_may_hold_those_of_one_outcome_only_also_none(tmp_path: Path) -> None:
    async with applied(local(tmp_path)) as (bench, job, _):
        left_out = await bench.call("get_job", job_id=job, format="csv", outcome="left_out")
        refused = await bench.call("get_job", job_id=job, format="csv", outcome="refused")
    assert [row[0] for row in read(left_out["file"])[1:]] == ["404", "405", "450"]
    assert (refused["rows"], read(refused["file"])) == (0, [HEADERS])
    assert len({left_out["file"], refused["file"]}) == 2


async def test_over_http_the_file_is_a_resource_of_the_caller() -> None:
    offers = Offers(lambda: NOW)
    try:
        async with applied(offers) as (bench, job, _):
            result = await bench.client.call_tool("get_job", {"job_id": job, "format": "csv"})
            (link,) = [part for part in result.content if isinstance(part, ResourceLink)]
            assert link.uri.startswith(SCHEME)
            (contents,) = (await bench.client.read_resource(link.uri)).contents
            assert isinstance(contents, TextResourceContents)
            assert contents.text.startswith(",".join(HEADERS))
    finally:
        offers.close()


BAD = [
    ({"format": "pdf"}, "'format' is 'pdf', not one of csv, xlsx, jsonl"),
    ({"format": "csv", "outcome": "all", "page_after": "x"}, "'page_after' and 'format' are both given"),
    ({"format": "csv", "outcome": "lost"}, "'outcome' is 'lost', not one of done"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=str)
async def test_what_is_no_file_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with applied(local(tmp_path)) as (bench, job, _):
        assert said in await bench.refused("get_job", job_id=job, **arguments)
    assert os.listdir(tmp_path) == []


async def test_without_a_folder_the_answer_says_which_setting_gives_one() -> None:
    async with applied(LocalFiles(None)) as (bench, job, _):
        assert "OUTREACH_MCP_EXPORT_FOLDER" in await bench.refused("get_job", job_id=job, format="csv")
