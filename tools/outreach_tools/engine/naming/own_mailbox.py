"""The caller's own default mailbox, which sends where none is named."""

from outreach_tools.client import MissingScope, Query, Request
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import json_object, records_of
from outreach_tools.engine.included import index_included, related_id
from outreach_tools.engine.naming import refusing
from outreach_tools.engine.naming.candidates import Candidate, candidate
from outreach_tools.engine.naming.kept import OWN_MAILBOX
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.references import Names
from outreach_tools.json_values import is_object


async def own_mailbox(names: Names, argument: str) -> int:
    """Return the id of the caller's own mailbox. Raises `ToolError` where there is none, or not one default."""

    async def read() -> Candidate:
        return await _read(names, argument)

    try:
        return await names.kept_id(OWN_MAILBOX, read, argument)
    except MissingScope as error:
        raise ToolError(
            f"{argument!r} is not given, and which mailbox is yours cannot be read: {error.reason}. Give its id. "
            "Nothing was sent."
        ) from None


async def _read(names: Names, argument: str) -> Candidate:
    """Read the default mailbox of the caller; where they have none, the only one that is theirs."""
    user_id = await names.client.current_user_id()
    query: Query = (("filter[id]", str(user_id)), ("fields[user]", "mailbox"))
    address: Query = (("fields[mailbox]", "email"), ("include", "mailbox"))
    try:
        body = (await names.client.send(Request("GET", "/users", (*query, *address), looks_up=True))).body
    except MissingScope:  # its address is for the answer alone
        body = (await names.client.send(Request("GET", "/users", query, looks_up=True))).body
    document = json_object(body, "/users")
    own = [each for each in records_of(document, "/users", "user") if each.get("id") == user_id]
    number = related_id(own[0], "mailbox") if own else None
    record = index_included(document).get(("mailbox", number)) if isinstance(number, int) else None
    if isinstance(number, int):
        made = candidate(record, {}, NAMINGS["mailbox"]) if is_object(record) else None
        return made or Candidate(number, "your own mailbox", frozenset())
    query = (("filter[user][id]", str(user_id)), ("fields[mailbox]", "email"))
    document = json_object(
        (await names.client.send(Request("GET", "/mailboxes", query, looks_up=True))).body, "/mailboxes"
    )
    records = records_of(document, "/mailboxes", "mailbox")
    found = [made for each in records if (made := candidate(each, {}, NAMINGS["mailbox"]))]
    if len(found) == 1:
        return found[0]
    if found:
        raise ArgumentError(refusing.several(f"{argument!r} is not given:", "your own", "mailbox", found))
    raise ArgumentError(
        f"{argument!r} is required: you have no mailbox of your own in Outreach; list_mailboxes finds others. Nothing "
        "was sent."
    )
