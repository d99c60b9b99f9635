"""`outreach-mcp doctor`: says why the server does not work, or that it does."""

from collections.abc import Mapping

import anyio

from outreach_mcp.commands.doctor.examination import examine
from outreach_mcp.io.streams import show


def doctor(environ: Mapping[str, str], overrides: Mapping[str, object], *, as_json: bool) -> int:
    """Print one line for each check, or all as a JSON object.

    Returns 0 when nothing is broken, 1 when something is, 2 when a setting is wrong.
    """
    report = anyio.run(examine, environ, overrides)
    show(report.as_json() if as_json else report.as_text())
    return report.exit_code
