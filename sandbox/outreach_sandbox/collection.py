"""Answers a list: filters, order, page, links, count, included records."""

from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.criteria import Sql
from outreach_sandbox.filters import filter_conditions
from outreach_sandbox.inclusion import document_of
from outreach_sandbox.listing import (
    Slice,
    SortKey,
    count_rows,
    cursor_position,
    cursor_slice,
    cursor_text,
    offset_slice,
    sort_keys,
)
from outreach_sandbox.session import Session
from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject

_DEFAULT_SIZE = 50  # documented
_LARGEST_SIZE = 1000  # documented for page[limit]; works for page[size] (clients)
_LARGEST_OFFSET = 10_000  # documented
_MOST_COUNTED = 2_000_000  # documented


def list_records(session: Session, resource: ResourceType) -> JsonObject:
    """Return the document of one page of a type's records. Raises a 400 for a wrong parameter."""
    conditions = [*_visible(session, resource), *filter_conditions(resource, session.parameters, session.switches)]
    keys = sort_keys(resource, session.parameters.single("sort"))
    page = session.parameters.mapping("page")
    unknown = set(page) - {"size", "after", "before", "limit", "offset"}
    if unknown:
        raise errors.bad_request("pageParameter.unsupported", f"'page[{min(unknown)}]' is not supported.")
    if page.keys() & {"size", "after", "before"}:
        found, links = _by_cursor(session, resource, conditions, keys, page)
    else:
        found, links = _by_offset(session, resource, conditions, keys, page)
    data, included = document_of(session, resource, found.ids)
    document: JsonObject = {"data": data}
    if included is not None:
        document["included"] = included
    document["meta"] = _meta(session, resource, conditions)
    if data:
        # Without any result there are no links at all (recorded).
        document["links"] = links
    return document


def _visible(session: Session, resource: ResourceType) -> list[Sql]:
    # Accounts that are not named stay out of the list (documented) unless it is filtered by that (assumed).
    asked = any(steps[:1] == ("named",) for steps, _ in session.parameters.family("filter"))
    return [Sql("t.named IS NOT 0")] if resource.type == "account" and not asked else []


def _by_cursor(
    session: Session, resource: ResourceType, conditions: list[Sql], keys: tuple[SortKey, ...], page: dict[str, str]
) -> tuple[Slice, dict[str, str]]:
    size = _size(session, page)
    if "after" in page and "before" in page:
        raise errors.bad_request("pageParameter.invalid", "page[after] and page[before] exclude one another.")
    sort = session.parameters.single("sort")
    positions = {
        name: cursor_position(page[name], sort, keys) if name in page else None for name in ("after", "before")
    }
    found = cursor_slice(session.store, resource, conditions, keys, size, **positions)
    url = f"{session.base_url}/{resource.path}"
    links = {"first": session.parameters.link(url, [("page[size]", str(size))])}
    if found.more_before:
        links["prev"] = session.parameters.link(
            url, [("page[size]", str(size)), ("page[before]", cursor_text(sort, found.first))]
        )
    if found.more_after:
        links["next"] = session.parameters.link(
            url, [("page[size]", str(size)), ("page[after]", cursor_text(sort, found.last))]
        )
    return found, links


def _by_offset(
    session: Session, resource: ResourceType, conditions: list[Sql], keys: tuple[SortKey, ...], page: dict[str, str]
) -> tuple[Slice, dict[str, str]]:
    limit = _number(page, "limit", _DEFAULT_SIZE, 1, _LARGEST_SIZE)
    offset = _number(page, "offset", 0, 0, _LARGEST_OFFSET)
    found = offset_slice(session.store, resource, conditions, keys, limit, offset)
    url = f"{session.base_url}/{resource.path}"

    def link(to: int) -> str:
        return session.parameters.link(url, [("page[limit]", str(limit)), ("page[offset]", str(to))])

    total = count_rows(session.store, resource, conditions)
    links = {"first": link(0)}
    if found.more_before:
        links["prev"] = link(max(offset - limit, 0))
    if found.more_after:
        links["next"] = link(offset + limit)
    links["last"] = link(max(total - 1, 0) // limit * limit)
    return found, links


def _size(session: Session, page: dict[str, str]) -> int:
    policy = session.switches.oversized_page
    size = _number(page, "size", _DEFAULT_SIZE, 1, _LARGEST_SIZE if policy == "refuse" else None)
    return min(size, _LARGEST_SIZE) if policy == "cap" else size


def _number(page: dict[str, str], name: str, default: int, low: int, high: int | None) -> int:
    text = page.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number < low or (high is not None and number > high):
        raise errors.bad_request("pageParameter.invalid", f"'{text}' is not a valid page[{name}].")
    return number


def _meta(session: Session, resource: ResourceType, conditions: list[Sql]) -> dict[str, Any]:
    asked = session.parameters.flag("count")
    if asked if asked is not None else session.switches.count_by_default:
        total = count_rows(session.store, resource, conditions)
        return {"count": min(total, _MOST_COUNTED), "count_truncated": total > _MOST_COUNTED}
    return {"count": None, "count_truncated": False}
