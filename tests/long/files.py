"""How much memory an export takes that is as long as exports may be: the most that the process ever had."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import anyio
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools
from tests.support.workbench import API
from tests.tools.files.endless import prospects

MOST_MEGABYTES = 150
_FORMATS = ("csv", "xlsx", "jsonl")
_NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


async def exported(records: int, form: str) -> dict[str, object]:
    """Export prospects into a folder that is gone afterwards, and return the answer."""
    tool = next(each for each in all_tools() if each.name == "export_records")
    token, clock = BearerToken(SecretStr("none")), Clock(now=lambda: _NOW)
    client = OutreachClient(API, token, transport=prospects(records), clock=clock)
    with tempfile.TemporaryDirectory() as folder:
        files = LocalFiles(Folder(Path(folder)))
        answer = await tool.run(
            Context(client, now=lambda: _NOW, files=files), {"resource": "prospect", "format": form}
        )
    await client.aclose()
    return answer


def main() -> int:
    """Export in each format in a process of its own; print what each took, and return 1 where that was too much."""
    parser = argparse.ArgumentParser(prog="scripts/check_long files", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=_FORMATS, default=_FORMATS)
    parser.add_argument("--here", action="store_true", help="the first of them, in this process")
    given = parser.parse_args()
    if given.here:
        answer = anyio.run(exported, given.records, given.formats[0])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"rows": answer["rows"], "bytes": answer["bytes"], "megabytes": peak}))
        return 0
    wrong = False
    for form in given.formats:
        command = [
            sys.executable,
            "-m",
            "tests.long.files",
            "--records",
            str(given.records),
            "--formats",
            form,
            "--here",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        print(f"{form}: {figures['rows']:,} rows, {figures['bytes']:,} bytes, {figures['megabytes']} MB at most")
        wrong |= figures["megabytes"] > MOST_MEGABYTES or figures["rows"] != given.records
    print(f"breaches: {int(wrong)}")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
