"""Whether the journal of changes can be written, without which nothing is changed."""

import os
from pathlib import Path

from outreach_mcp.doctor.report import Finding


def check_journal(path: Path) -> Finding:
    """Say whether the journal, its folder and so its lock can be written; neither is touched."""
    facts = {"file": str(path)}
    folder = path.parent
    usable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    if usable and (not path.exists() or (path.is_file() and os.access(path, os.R_OK | os.W_OK))):
        return Finding("journal", "ok", f"every change is written down in {str(path)!r}", facts=facts)
    says = f"the journal {str(path)!r} cannot be written, and without it nothing is changed"
    do = "Make its folder, and both writable for this user, or name another file in OUTREACH_MCP_JOURNAL"
    return Finding("journal", "broken", says, do, "journal", facts)
