"""How much memory files and plans take that are as long as they may be: the most that the process ever had.

Exports in each format; a plan of `plan_change` for all records; and imports of a file, of which all rows make a new
record, or all are as the records are. Each is done in a process of its own, with what a server of one user keeps.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.callers.state.sqlite_store import SqliteStore
from outreach_mcp.clock import Clock
from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.consent import PlanConsent
from outreach_mcp.jobs.of_call import CallsBulk
from outreach_mcp.jobs.sections import sections_of
from outreach_mcp.jobs.service import Jobs, Setting
from outreach_mcp.jobs.store import JobStore
from outreach_tools.engine.tool import Context, told_nobody
from outreach_tools.toolsets import all_tools
from tests.support.workbench import API
from tests.tools.files.endless import prospects

MOST_MEGABYTES = 150
_EXPORTS = ("csv", "xlsx", "jsonl")
_PLANS = ("plan", "create", "unchanged")
_NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


async def made(records: int, what: str) -> dict[str, Any]:
    """Export, plan or import prospects in a folder that is gone afterwards, and return the answer."""
    token, clock = BearerToken(SecretStr("none")), Clock(now=lambda: _NOW)
    client = OutreachClient(API, token, transport=prospects(records), clock=clock)
    name = "export_records"
    arguments: dict[str, Any] = {"resource": "prospect", "format": what}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        if what == "plan":
            name = "plan_change"
            arguments = {"resource": "prospect", "all": True, "attributes": {"title": "Planned"}}
        elif what in _PLANS:
            name, arguments = "plan_import", {"resource": "prospect", "path": _table(Path(folder), records, what)}
        tool = next(each for each in all_tools() if each.name == name)
        store = SqliteStore(Path(folder) / "jobs.sqlite3", clock=clock)
        jobs = Jobs(JobStore(sections_of(store), clock=clock), clock=clock)
        bulk = CallsBulk(
            jobs, Setting(client, Policy.of(), tool), PlanConsent("", ""), "never", told_nobody, lambda: False
        )
        files = LocalFiles(Folder(Path(folder)))
        answer = await tool.run(Context(client, now=lambda: _NOW, files=files, bulk=bulk), arguments)
        store.close()
    await client.aclose()
    return answer


def _table(folder: Path, records: int, what: str) -> str:
    """Write a table of people who are new, or are there just so, and return its name."""
    who = "new" if what == "create" else "lee"
    with (folder / "people.csv").open("w") as file:
        file.write("email,title\n")
        file.writelines(f"ann.{who}.{number}@acme.example,'=HYPERLINK({number})\n" for number in range(1, records + 1))
    return "people.csv"


def _told(what: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return how many records an answer tells of."""
    rows = answer["records" if what == "plan" else what if what in _PLANS else "rows"]
    return {"rows": rows, "bytes": answer.get("bytes", 0)}


def main() -> int:
    """Do each in a process of its own; print what it took, and return 1 where that was too much."""
    parser = argparse.ArgumentParser(prog="scripts/check_long files", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--only", nargs="+", choices=(*_EXPORTS, *_PLANS), default=(*_EXPORTS, *_PLANS))
    parser.add_argument("--here", action="store_true", help="the first of them, in this process")
    given = parser.parse_args()
    if given.here:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        told = _told(given.only[0], anyio.run(made, given.records, given.only[0]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({**told, "before": before, "megabytes": peak}))
        return 0
    wrong = False
    for what in given.only:
        command = [sys.executable, "-m", "tests.long.files", "--records", str(given.records), "--only", what, "--here"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        size = f", {figures['bytes']:,} bytes" if figures["bytes"] else ""
        print(
            f"{what}: {figures['rows']:,} records{size}, {figures['megabytes']} MB at most, of which "
            f"{figures['before']} MB were there before"
        )
        wrong |= figures["megabytes"] > MOST_MEGABYTES or figures["rows"] != given.records
    print(f"breaches: {int(wrong)}")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
