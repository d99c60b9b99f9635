"""Logs to stderr: one JSON object a line, which machines can read and people too."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from outreach_tools.engine.text import clean
from outreach_tools.json_values import is_object

OURS = "outreach_mcp"
"""The logger above all of ours. The level counts for these; others, which may log contents, warn only."""


def start_logging(level: str, stream: TextIO | None = None) -> None:
    """Log from now on to `stream`, by default stderr, what is at least as important as `level` (`info`)."""
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLines(with_contents=level == "debug"))
    handler.setLevel(level.upper())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())


class JsonLines(logging.Formatter):
    """Writes a record as one line: time, level, logger, message and the facts of the event.

    What an exception says may quote a record, so without `with_contents` only its kind and place are logged.
    """

    def __init__(self, *, with_contents: bool) -> None:
        """Choose whether exceptions are quoted."""
        super().__init__()
        self._with_contents = with_contents

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = getattr(record, "facts", None)
        if is_object(facts):
            line |= facts
        if record.exc_info and record.exc_info[1]:
            line["error"] = self._told(record.exc_info[1])
        # Arguments of calls and what exceptions say may hide something, like the text of a record.
        return clean(json.dumps(line, ensure_ascii=False, default=str, separators=(",", ":")))

    def _told(self, error: BaseException) -> str:
        if self._with_contents:
            return "".join(traceback.format_exception(error)).rstrip()
        places = [
            f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        return f"{type(error).__name__} at {' < '.join(reversed(places))}"
