"""Jobs that are older than the settings, or come from a wider path: what is excluded by now is in no answer of them."""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.clock import Clock
from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.sections import sections_of
from outreach_mcp.jobs.store import JobStore
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.toolsets import all_tools
from tests.guard.test_confirmation import Person
from tests.support.workbench import NOW, Workbench, workbench

CANARY = "Quellhorst"
RECORDS = [
    Record("user", 1, {"firstName": CANARY, "lastName": "Ueda", "name": f"{CANARY} Ueda", "email": "u@x.example"}),
    Record("user", 2, {"firstName": "Tom", "lastName": "Lee", "name": "Tom Lee", "email": "t@x.example"}),
    Record("sequence", 4, {"name": f"{CANARY} sequence"}),
    Record("mailbox", 6, {"email": "u@x.example"}, {"user": Identifier("user", 1)}),
    *(Record("prospect", n, {"firstName": CANARY, "lastName": f"P{n}", "title": CANARY}) for n in range(10, 14)),
]
EVERY = [tool.name for tool in all_tools()]


def bench_with(
    store: JobStore, excluded: list[str], folder: Path, person: Person | None = None
) -> AbstractAsyncContextManager[Workbench]:
    guard = Guard(Policy.of(EVERY, excluded=excluded), "never" if person is None else "writes")
    return workbench(RECORDS, guard=guard, jobs=store, files=LocalFiles(Folder(folder)), person=person)


CHANGES: dict[str, dict[str, Any]] = {
    "prospects": {"attributes": {"title": "Chief"}},
    "people": {"relationships": {"owner": 1}},
    "sequences": {"action": "enrol", "parameters": {"sequenceId": 4, "mailboxId": 6}},
}
"""Plans about prospects, by the toolset that is excluded afterwards."""


@pytest.mark.parametrize("excluded", CHANGES)
async def test_what_is_excluded_since_is_in_no_answer_about_a_job(excluded: str, tmp_path: Path) -> None:
    clock = Clock(now=lambda: NOW)
    store = JobStore(sections_of(MemoryStore(clock=clock)), clock=clock)
    async with bench_with(store, [], tmp_path) as bench:
        plan = await bench.call("plan_change", resource="prospect", all=True, **CHANGES[excluded])
        job = (await bench.call("apply_plan", plan_id=plan["plan_id"]))["job_id"]
        assert CANARY in json.dumps(await bench.call("get_job", job_id=job, outcome="all"))
    more: list[dict[str, Any]] = [{}, {"outcome": "all"}, {"format": "csv"}]
    asked = [("list_jobs", dict[str, Any]()), *(("get_job", {"job_id": job, **each}) for each in more)]
    reading = ["get_prospect", "list_prospects"] if excluded == "prospects" else [excluded]
    for left_out in ([excluded], reading):
        async with bench_with(store, left_out, tmp_path) as bench:
            for tool, arguments in asked:
                text = json.dumps(await bench.call(tool, **arguments))
                names_people = excluded == "people" and arguments.get("outcome", arguments.get("format"))
                assert names_people or CANARY not in text
                assert names_people or (tool == "get_job" and len(arguments) > 1) or "not shown" in text
    written = [file.read_text() for file in tmp_path.iterdir()]  # noqa: ASYNC240 - small, and on this disk
    assert excluded == "people" or CANARY not in "".join(written)


async def test_what_is_excluded_since_is_in_no_question_about_a_plan(tmp_path: Path) -> None:
    clock = Clock(now=lambda: NOW)
    store, person = JobStore(sections_of(MemoryStore(clock=clock)), clock=clock), Person("decline")
    async with bench_with(store, [], tmp_path) as bench:
        plan = await bench.call("plan_change", resource="prospect", all=True, attributes={"title": "Chief"})
    async with bench_with(store, ["get_prospect", "list_prospects"], tmp_path, person) as bench:
        message = await bench.refused("apply_plan", plan_id=plan["plan_id"])
    assert len(person.questions) == 1
    assert CANARY not in person.questions[0] + message


async def test_what_repeats_an_excluded_record_is_not_planned_as_nobody_could_put_it_back(tmp_path: Path) -> None:
    clock = Clock(now=lambda: NOW)
    store = JobStore(sections_of(MemoryStore(clock=clock)), clock=clock)
    async with bench_with(store, ["accounts"], tmp_path) as bench:
        for change in ({"attributes": {"company": "Acme"}}, {"clear": ["company"]}):
            message = await bench.refused("plan_change", resource="prospect", all=True, **change)
            assert message.startswith("'company' cannot be planned: this server's settings exclude what it holds now")


async def test_a_single_change_of_what_cannot_be_read_is_not_one_that_could_be_taken_back(tmp_path: Path) -> None:
    clock = Clock(now=lambda: NOW)
    store = JobStore(sections_of(MemoryStore(clock=clock)), clock=clock)
    guard = Guard(Policy.of(EVERY, excluded=["accounts"]), "never", journal=Journal(tmp_path / "journal", lambda: NOW))
    async with workbench(RECORDS, guard=guard, jobs=store) as bench:
        await bench.call("update_prospect", prospect_id=10, attributes={"company": "Acme"})
        assert "nothing was changed since today" in await bench.refused("plan_undo", since="today")
        await bench.call("update_prospect", prospect_id=10, attributes={"title": "Chief"})
        assert (await bench.call("plan_undo", since="today"))["records"] == 1
