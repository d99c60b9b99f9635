"""Finds out whether a create whose answer was lost was done after all.

A record is evidence when it holds everything that was sent, was created after that, by us, and is not the record of
another create. A miss proves nothing: Outreach is eventually consistent, and the create may still be under way.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import anyio

from outreach_mcp.api.calls import Call, Deadline, Send
from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.paging import next_link
from outreach_mcp.api.writes.create_record import Create
from outreach_mcp.api.writes.creates import Creates
from outreach_mcp.api.writes.equality import holds, moment_of
from outreach_mcp.api.writes.server_clock import ServerClock
from outreach_mcp.clock import Clock
from outreach_tools.catalog import ResourceType, resource_type_of_path
from outreach_tools.client import JsonObject, Query
from outreach_tools.json_values import array_at, is_array, is_object, member, object_at

Ask: TypeAlias = Callable[[str, Query, Deadline], Call]
"""Makes the call that reads a path with a query."""

_PAUSES = (0.0, 1.0, 2.0)
"""Seconds before each look: what was just written may take a moment to be listed."""

TIME = 10.0
"""Seconds for finding out what became of a change: with the 30 of the change itself, well below the 60 after which MCP
clients give up."""

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a look: the record, or why there is no proof; `taken` says that an older record is in the way."""

    record: JsonObject | None = None
    reason: str = ""
    taken: bool = False


class Looking:
    """Looks for the records of creates, through a layer that reads."""

    def __init__(
        self,
        inner: Send,
        *,
        ask: Ask,
        current_user_id: Callable[[], Awaitable[int]],
        creates: Creates,
        server_clock: ServerClock,
        clock: Clock,
    ) -> None:
        self._inner = inner
        self._ask = ask
        self._current_user_id = current_user_id
        self._creates = creates
        self._server_clock = server_clock
        self._clock = clock

    def deadline(self) -> Deadline:
        """Return the deadline of what begins now."""
        return Deadline.after(TIME, self._clock.monotonic)

    async def find(self, create: Create, sent_at: datetime, deadline: Deadline) -> Finding:
        """Look for the record of a create that was sent at a moment; a record that is found is the create's own."""
        resource = resource_type_of_path(create.path.strip("/"))
        query = _query(resource, create.body) if resource else ()
        if resource is None or not query:
            return Finding(reason="There is no way to look for it by itself.")
        finding = Finding()
        for pause in _PAUSES:
            if pause >= deadline.left():
                break
            if pause:
                await self._clock.sleep(pause)
            try:
                finding = await self._look(create, sent_at, resource, query, deadline)
            except OutreachError as error:
                return Finding(reason=f"Looking for it failed: {error}")
            except TimeoutError:
                return Finding(reason="Looking for it took too long.")
            if finding.record is not None:
                self._creates.claim(create, finding.record.get("id"))
                break
        return finding

    async def _look(
        self, create: Create, sent_at: datetime, resource: ResourceType, query: Query, deadline: Deadline
    ) -> Finding:
        maker = maker_of(resource, create.body)
        with anyio.fail_after(max(deadline.left(), 0)):
            user = await self._current_user_id() if maker else None
        body = (await self._inner(self._ask(create.path, query, deadline))).body
        await self._creates.refresh()
        since = self._server_clock.earliest(sent_at)
        rows = [row for row in array_at(body, "data") if is_object(row)]
        equal = [row for row in rows if is_meant(row, resource, create.body)]
        found = [
            row
            for row in equal
            if _created_since(row, since)
            and (maker is None or str(member(row, "relationships", maker, "data", "id")) == str(user))
            and not self._creates.is_known(create.path, row.get("id"), but=create)
        ]
        if not found:
            return Finding(
                reason="It was looked for and not found, which proves nothing: it may appear later.", taken=bool(equal)
            )
        if len(found) > 1:
            return Finding(reason=f"{len(found)} records match what was sent ({_ids(found)}): any may be the one.")
        if next_link(body) is not None and all(_created_since(row, since) for row in rows):
            return Finding(reason=f"A record matches what was sent ({_ids(found)}), but there may be more of them.")
        if self._creates.may_be_anothers(create, found[0]):
            return Finding(
                reason=f"A record matches what was sent ({_ids(found)}), but another create like it was sent as well."
            )
        return Finding(found[0])


def shared_emails(body: JsonObject | None) -> frozenset[str]:
    """Return the e-mail addresses, case folded, of a prospect that is to be created."""
    emails = member(body, "data", "attributes", "emails")
    listed = emails if is_array(emails) else []
    return frozenset(each.strip().casefold() for each in listed if isinstance(each, str) and each.strip())


def _query(resource: ResourceType, body: JsonObject | None) -> Query:
    """Return the query that brings the newest records which may be the one, none where there is no such query."""
    size = ("page[size]", str(_PAGE))
    emails = shared_emails(body) if resource.type == "prospect" else frozenset[str]()
    if emails:
        return (("filter[emails]", ",".join(sorted(emails))), size)
    created = resource.attributes.get("createdAt")
    if created is None or not object_at(body, "data"):
        return ()
    filters = tuple(
        (f"filter[{relationship.parameter}][id]", str(record_id))
        for name, relationship in resource.relationships.items()
        if "id" in relationship.filter_by
        and (record_id := member(body, "data", "relationships", name, "data", "id")) is not None
    )
    if created.sortable:
        return (*filters, ("sort", "-createdAt"), size)
    return (*filters, size) if filters else ()


def maker_of(resource: ResourceType, body: JsonObject | None) -> str | None:
    """Return the relationship that names who made a record; one that was sent says nothing of that."""
    sent = object_at(body, "data", "relationships")
    names = ("creator",) if "creator" in resource.relationships else ("owner", "user")
    return next((name for name in names if name in resource.relationships and name not in sent), None)


def is_meant(record: JsonObject, resource: ResourceType, body: JsonObject | None) -> bool:
    """Return whether a record is one that a create with this body would have made."""
    emails = shared_emails(body) if resource.type == "prospect" else frozenset[str]()
    if not emails:
        return holds(record, body)
    # An e-mail address belongs to one prospect, whatever Outreach has made of the other attributes.
    return emails <= shared_emails({"data": record})


def _created_since(record: JsonObject, moment: datetime) -> bool:
    created = moment_of(member(record, "attributes", "createdAt"))
    return created is not None and created >= moment


def _ids(records: list[JsonObject]) -> str:
    return ", ".join(str(record.get("id")) for record in records)
