"""Text for a model: HTML as plain text, long text trimmed, what strangers hide in it removed."""

import re
from datetime import UTC

from outreach_tools.engine.values import moment

CELL_LIMIT = 120
"""Characters of free text that a cell of a list shows."""

TEXT_LIMIT = 600
"""Characters of one text that a record shows unless the text was asked for by name."""

# Control characters except tab and line feed; soft hyphen, zero-width and bidirectional controls; Unicode tags.
# The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e"
    "\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# As Outreach writes a moment, always in UTC.
_OUTREACH_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")


def clean(text: str) -> str:
    """Remove what is not seen but could deceive: control, bidirectional, zero-width and tag characters."""
    return _HIDDEN.sub("", text)


def trim(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, saying how many more there are."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()}… (+{len(text) - limit:,} characters)"


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """Fold a text onto one line of at most `limit` characters, ending in … where it was cut."""
    # Nearly all text is one line already: this finds out in a fraction of the time that folding takes.
    folded = text if text.isprintable() and "  " not in text else " ".join(text.split())
    return folded if len(folded) <= limit else f"{folded[: limit - 1].rstrip()}…"


def html_to_text(html: str) -> str:
    """Turn an HTML body into the text a reader sees."""
    from inscriptis import get_text  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - slow and rare; it ships annotations, no stubs

    return _BLANK_LINES.sub("\n", get_text(html)).strip() if html.strip() else ""


def minute(text: str) -> str:
    """Write a date-time to the minute: `2026-01-31T09:00Z`; other text stays as it is."""
    if _OUTREACH_TIME.fullmatch(text):
        return f"{text[:16]}Z"
    parsed = moment(text)
    return f"{parsed.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if parsed else text


def second(text: str) -> str:
    """Write a date-time to the second: `2026-01-31T09:00:00Z`; other text stays as it is."""
    parsed = moment(text)
    return f"{parsed.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if parsed else text
