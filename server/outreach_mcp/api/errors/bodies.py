"""Reads what an error answer says, whatever form its body has.

Forms seen (recorded, documented or measured): JSON:API errors with `id` as the code and `detail` or `details`; the
gateway's `{"error", "description"}` and `{"error", "error_description"}`; plain text; nothing at all; and the HTML
page of a proxy in between.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.tree import ErrorDetail
from outreach_tools.json_values import is_array, is_object, member

_TITLE = re.compile(r"<title(?=[\s>])", re.IGNORECASE)
_END_OF_TITLE = re.compile(r"</title", re.IGNORECASE)
_HTML = re.compile(r"\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z][\w.]{0,79}", re.ASCII)

MOST_READ = 262_144
"""Characters of an error's body that are read: the errors of a thousand records."""

_LONGEST = 2_000
"""Characters of one error's text that are looked through for what is known of it."""

_MOST_SHOWN = 5
"""Details that a message spells out; a bulk write may fail in hundreds of places."""


def read_details(text: str, redact: Callable[[str], str] = str) -> tuple[ErrorDetail, ...]:
    """Return what the body of an error answer says; empty when it says nothing.

    `redact` takes secrets out of it, both as it is written and as it is read: JSON may spell a letter in several ways.
    """
    return tuple(
        ErrorDetail(code=redact(each.code), text=redact(each.text), pointer=redact(each.pointer))
        for each in _details_in(redact(text[:MOST_READ]))
    )


def _details_in(text: str) -> tuple[ErrorDetail, ...]:
    if not text.strip():
        return ()
    if _HTML.match(text):
        return (ErrorDetail(code="html", text=_title(text)),)
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return (ErrorDetail(text=_text(text.strip())),)
    return _details_of(body)


def describe(details: tuple[ErrorDetail, ...]) -> str:
    """Return the details as the part of a sentence that follows a colon; every foreign word quoted."""
    if not details:
        return "it gave no reason"
    shown = "; ".join(_described(detail) for detail in details[:_MOST_SHOWN])
    left_out = len(details) - _MOST_SHOWN
    return f"{shown}; and {left_out} more" if left_out > 0 else shown


def _described(detail: ErrorDetail) -> str:
    if detail.code == "html":
        page = f"an HTML page entitled {quoted(detail.text)}" if detail.text else "an HTML page"
        return f"{page}, which a proxy in between may have made"
    # A code is shown bare only when it looks like one: anything else might pass for words of ours.
    code = detail.code if _CODE.fullmatch(detail.code) else quoted(detail.code)
    parts = [code] if detail.code else []
    if detail.text:
        parts.append(quoted(detail.text))
    said = " ".join(parts) or "an error without words"
    return f"{said} at {quoted(detail.pointer)}" if detail.pointer else said


def _details_of(body: Any) -> tuple[ErrorDetail, ...]:
    if isinstance(body, str):
        return (ErrorDetail(text=_text(body)),) if body.strip() else ()
    errors = member(body, "errors")
    if is_array(errors) and errors:
        return tuple(_json_api_detail(error) for error in errors)
    if member(body, "error") is not None:
        return (_gateway_detail(body),)
    return (ErrorDetail(text=_text(body)),) if body else ()


def _json_api_detail(error: Any) -> ErrorDetail:
    if not is_object(error):
        return ErrorDetail(text=_text(error))
    pointer = member(error, "source", "pointer") or member(error, "source", "parameter")
    # The documentation's own example of 415 has `details` in place of `detail`.
    text = error.get("detail") or error.get("details") or error.get("title")
    return ErrorDetail(code=_text(error.get("id") or error.get("code")), text=_text(text), pointer=_text(pointer))


def _gateway_detail(body: dict[str, Any]) -> ErrorDetail:
    error = body["error"]
    text = body.get("description") or body.get("error_description") or body.get("message")
    if text is None:
        return ErrorDetail(text=_text(error))
    return ErrorDetail(code=_text(error), text=_text(text))


def _title(page: str) -> str:
    """Return the title of an HTML page, on one line; each step of this looks through the page once."""
    title = _TITLE.search(page)
    start = page.find(">", title.end()) + 1 if title else 0
    end = _END_OF_TITLE.search(page, start) if start else None
    return _text(" ".join(page[start : end.start()].split())) if end else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    return (value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))[:_LONGEST]
