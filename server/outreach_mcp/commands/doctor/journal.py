"""Checks whether the journal of changes can be written, without which nothing is changed, and finds open changes."""

from datetime import datetime
from pathlib import Path

from outreach_mcp.commands.doctor.report import Finding
from outreach_mcp.guard.durable_lines import JournalFile, told


def check_journal(path: Path, now: datetime) -> Finding:
    """Return whether the journal, its folder and so its lock can be written; neither is touched."""
    facts = {"file": str(path)}
    file = JournalFile(path)
    try:
        file.check()
        found = file.left_open(now)
    except OSError as error:
        reason = error.strerror or str(error)
        says = f"the journal {str(path)!r} cannot be written ({reason}), and without it nothing is changed"
        do = (
            "Make its folder, and both writable for this user and no one else, or name another file in "
            "OUTREACH_MCP_JOURNAL"
        )
        return Finding("journal", "broken", says, do, "journal", facts)
    if found:
        says = f"the process that sent {told(found[0])} ended before the answer came"
        more = f" and {len(found) - 1} more" if found[1:] else ""
        do = "It may or may not have happened: look at the record in Outreach"
        named = [told(line) for line in found[:20]]
        return Finding("journal", "warning", says + more, do, facts={**facts, "unknown": named})
    return Finding("journal", "ok", f"every change is written down in {str(path)!r}", facts=facts)
