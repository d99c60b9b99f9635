"""Files over HTTP: a link in the answer, read by its caller alone, for an hour."""

import base64
import hashlib
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from mcp_types import BlobResourceContents, Resource, ResourceLink, TextContent, TextResourceContents

from outreach_mcp.caller import SCOPES, Caller, acting_for
from outreach_mcp.files.folder import Folder
from outreach_mcp.files.offered import HOLDS, SCHEME, Offers
from tests.support.workbench import NOW, Era, Workbench, workbench
from tests.tools.test_lists import people

ANN, BOB = (Caller(name, name, frozenset(SCOPES)) for name in ("ann", "bob"))


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW


@asynccontextmanager
async def offering(folder: Path | None = None, era: Era = "auto") -> AsyncGenerator[tuple[Workbench, Offers, Time]]:
    time = Time()
    offers = Offers(lambda: time.now, None if folder is None else Folder(folder))
    try:
        async with workbench(people(3), era=era, files=offers) as bench:
            yield bench, offers, time
    finally:
        offers.close()


async def exported(bench: Workbench, form: str = "csv") -> tuple[dict[str, Any], ResourceLink]:
    result = await bench.client.call_tool("export_records", {"resource": "prospect", "format": form})
    text, link = result.content
    assert isinstance(text, TextContent)
    assert isinstance(link, ResourceLink)
    return json.loads(text.text), link


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_an_export_is_a_link_that_resources_read_serves(era: Era) -> None:
    async with offering(era=era) as (bench, _, _):
        answer, link = await exported(bench)
        assert (answer["uri"], answer["bytes"]) == (str(link.uri), link.size)
        assert (link.name, link.mime_type) == ("prospects-2026-11-18-153000.csv", "text/csv")
        assert answer["expires_at"] == (NOW + HOLDS).isoformat(timespec="minutes")
        (contents,) = (await bench.client.read_resource(str(link.uri))).contents
        assert isinstance(contents, TextResourceContents)
        assert contents.text.splitlines()[0].startswith("id,name,title")
        assert hashlib.sha256(b"\xef\xbb\xbf" + contents.text.encode()).hexdigest() == answer["sha256"]


async def listed(bench: Workbench) -> list[Resource]:
    """Return the files that a client is shown among the resources."""
    return [each for each in (await bench.client.list_resources()).resources if each.uri.startswith(SCHEME)]


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_exports_are_listed_the_last_one_first_until_they_expire(era: Era) -> None:
    async with offering(era=era) as (bench, _, time):
        assert await listed(bench) == []
        _, first = await exported(bench)
        time.now += HOLDS / 2
        _, second = await exported(bench, "xlsx")
        found = await listed(bench)
        assert [(each.uri, each.name, each.size) for each in found] == [
            (link.uri, link.name, link.size) for link in (second, first)
        ]
        for each in found:
            await bench.client.read_resource(each.uri)
        time.now += HOLDS / 2
        assert [each.uri for each in await listed(bench)] == [second.uri]


async def test_a_list_with_somebodys_exports_is_kept_for_nobody_else() -> None:
    async with offering() as (bench, _, _):
        result = await bench.client.list_resources()
        assert result.cache_scope == "private"


async def test_exports_are_listed_to_their_caller_alone_by_every_replica(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    with acting_for(ANN):
        async with offering(tmp_path) as (bench, _, _):
            _, link = await exported(bench)
            assert [each.uri for each in await listed(bench)] == [link.uri]
    replica = Offers(lambda: NOW, Folder(tmp_path))
    with acting_for(ANN):
        assert [each.uri for each in await replica.listed()] == [link.uri]
    with acting_for(BOB):
        assert await replica.listed() == []
    assert await replica.listed() == []


async def test_a_workbook_is_served_as_it_is() -> None:
    async with offering() as (bench, _, _):
        answer, link = await exported(bench, "xlsx")
        (contents,) = (await bench.client.read_resource(str(link.uri))).contents
        assert isinstance(contents, BlobResourceContents)
        assert hashlib.sha256(base64.b64decode(contents.blob)).hexdigest() == answer["sha256"]


async def test_a_file_is_gone_after_an_hour(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    async with offering(tmp_path) as (bench, _, time):
        _, link = await exported(bench)
        assert len(os.listdir(tmp_path)) == 2
        time.now += HOLDS - timedelta(seconds=1)
        await bench.client.read_resource(str(link.uri))
        time.now += timedelta(seconds=1)
        with pytest.raises(MCPError, match="not found, or expired"):
            await bench.client.read_resource(str(link.uri))
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("uri", [SCHEME, f"{SCHEME}x", f"{SCHEME}../x", "file:///etc/passwd", f"{SCHEME}%00"])
async def test_any_other_address_leads_to_nothing(uri: str) -> None:
    async with offering() as (bench, _, _):
        await exported(bench)
        with pytest.raises(MCPError):
            await bench.client.read_resource(uri)


async def test_a_file_is_its_callers_alone_whatever_process_serves_it(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    with acting_for(ANN):
        async with offering(tmp_path) as (bench, offers, _):
            _, link = await exported(bench)
            uri = str(link.uri)
            assert await offers.read(uri) is not None
    replica = Offers(lambda: NOW, Folder(tmp_path))
    with acting_for(ANN):
        assert await replica.read(uri) is not None
        async with replica.of_call().opened(path=None, uri=uri) as file:
            assert file.read(3) == b"\xef\xbb\xbf"
    with acting_for(BOB):
        assert await replica.read(uri) is None
    assert await replica.read(uri) is None


async def test_the_folder_holds_no_address_and_no_caller_and_is_closed_to_others(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    with acting_for(ANN):
        async with offering(tmp_path) as (bench, _, _):
            _, link = await exported(bench)
    ticket = str(link.uri).removeprefix(SCHEME)
    for name in os.listdir(tmp_path):
        path = tmp_path / name
        assert path.stat().st_mode & 0o777 == 0o600
        assert ticket not in name
        assert ticket.encode() not in path.read_bytes()
        assert name.endswith(".data") or b'"ann"' not in path.read_bytes()


async def test_an_export_can_be_imported_by_its_address() -> None:
    async with offering() as (bench, _, _):
        answer, _ = await exported(bench, "xlsx")
        planned = await bench.call("plan_import", resource="prospect", uri=answer["uri"])
        assert (planned["rows"], planned["unchanged"]) == (3, 3)
        assert "leads to no file of yours" in await bench.refused("plan_import", resource="prospect", uri=f"{SCHEME}x")
        assert "reads no files of its machine" in await bench.refused(
            "plan_import", resource="prospect", path="/etc/passwd"
        )


async def test_without_files_that_are_offered_no_address_leads_to_one() -> None:
    async with workbench(people(1)) as bench:
        with pytest.raises(MCPError, match="Resource not found"):
            await bench.client.read_resource(f"{SCHEME}x")
