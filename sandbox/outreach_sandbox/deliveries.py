"""Tells webhooks of what has changed, as the real API does: one signed request for each event and webhook.

Only receivers on this very machine are told (loopback); what else a webhook names is never reached from here. Form and
header names were recorded (jellyfish 2019), the rest is documented (developers.outreach.io/api/webhooks).
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from outreach_sandbox.store import Row, Store
from outreach_tools.catalog import resource_types
from outreach_tools.client import JsonObject

SIGNATURE = "Outreach-Webhook-Signature"
"""The header with the HMAC-SHA256 of the body under the webhook's secret, in hex; absent without a secret."""

ATTEMPTS = 4
"""Times that a request is sent where no answer comes; a refusal is an answer."""

PATIENCE = 5.0
"""Seconds that a receiver has to answer."""

PAUSE = 1.0
"""Seconds between two attempts."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a record: `created`, `updated`, `destroyed` or a word of its type's own.

    `row` is the record as it stands, or stood before it was destroyed; `changed` names what an update gave another
    value, `before` is what it was.
    """

    type: str
    action: str
    row: Row
    changed: tuple[str, ...] = ()
    before: Row | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to a receiver."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Outbox:
    """The requests that wait to be sent, in their order."""

    waiting: list[Delivery] = field(default_factory=list[Delivery])
    _count: int = 0

    def add(self, store: Store, events: Sequence[Event], now: str) -> None:
        """Put in what the webhooks of a store are to be told of some events."""
        for event in events:
            for webhook in _listening(store, event):
                self._count += 1
                self.waiting.append(_delivery(webhook, event, now, self._count))

    def take(self) -> list[Delivery]:
        """Return what waits, and forget it."""
        taken, self.waiting = self.waiting, []
        return taken


def is_here(url: str) -> bool:
    """Return whether an address is one of this very machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(store: Store, event: Event) -> Iterator[Row]:
    for (number,) in store.rows('SELECT id FROM "webhook" WHERE active = 1 ORDER BY id'):
        webhook = store.row("webhook", int(number))
        if webhook is None or not is_here(str(webhook["url"])):
            continue
        if webhook["resource"] in ("*", event.type) and webhook["action"] in ("*", event.action):
            yield webhook


def _delivery(webhook: Row, event: Event, now: str, number: int) -> Delivery:
    resource = resource_types()[event.type]
    shown = [
        name
        for name, each in resource.attributes.items()
        if not each.write_only and (event.action == "created" or name in event.changed)
    ]
    attributes = {name: _plain(event.row.get(name)) for name in shown}
    # Without a `data` around them, and with the relationship's name for the type (recorded).
    relationships = {
        name: {"type": name, "id": event.row[f"{name}.id"]}
        for name, each in resource.relationships.items()
        if not each.many and event.row.get(f"{name}.id") is not None
    }
    data: JsonObject = {
        "type": event.type,
        "id": event.row["id"],
        "attributes": {name: value for name, value in attributes.items() if value is not None or name in event.changed},
        "relationships": relationships,
    }
    if webhook["payloadVersion"] == 2 and event.before is not None:
        data["beforeUpdate"] = {name: _plain(event.before.get(name)) for name in shown}
    content: JsonObject = {"data": data, "meta": {"deliveredAt": now, "eventName": f"{event.type}.{event.action}"}}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "content-type": "application/vnd.api+json",
        "user-agent": "Ruby",
        "outreach-org-id": "1",
        "outreach-webhook-id": str(webhook["id"]),
        "outreach-webhook-event-id": str(number),
    }
    if secret := webhook.get("secret"):
        headers[SIGNATURE] = hmac.new(str(secret).encode(), body, hashlib.sha256).hexdigest()
    return Delivery(str(webhook["url"]), headers, body)


def _plain(value: Any) -> Any:
    """Return a stored value as JSON has it: lists are stored as their text."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
