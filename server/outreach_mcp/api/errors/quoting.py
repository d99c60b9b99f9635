"""Shows text from outside in a message: quoted, escaped and of bounded length."""

import json
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_array, is_object

_LONGEST = 300
"""Characters of a foreign text that a message repeats: enough for every recorded error, small in a model's context."""

_WRITE_ONLY = frozenset({"password", "secret", "sendgridApiKey", "smtpPassword"})
"""Attributes that Outreach itself never gives back (mailboxes, webhooks)."""


def quoted(text: str) -> str:
    """Return `text` as a Python literal, so that what it holds cannot pass for our own words."""
    return repr(shortened(text))


def shortened(text: str) -> str:
    """Return `text` without surrounding blanks, its end cut off where it is too long for a message."""
    text = text.strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def quoted_body(body: JsonObject | None) -> str:
    """Return a request's body as bounded JSON text, the values of write-only attributes hidden."""
    if body is None:
        return "no body"
    return shortened(json.dumps(_without_secrets(body), separators=(",", ":")))


def _without_secrets(value: Any) -> Any:
    if is_object(value):
        return {name: "[hidden]" if name in _WRITE_ONLY else _without_secrets(item) for name, item in value.items()}
    if is_array(value):
        return [_without_secrets(item) for item in value]
    return value
