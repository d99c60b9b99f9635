"""The two tools that take a request as it is: following a link, and the raw HTTP request."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from outreach_tools.catalog import ResourceType, resource_type, resource_type_of_path
from outreach_tools.client import JsonObject, Query, Request
from outreach_tools.engine.answers import cost
from outreach_tools.engine.arguments import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, LinkArguments, RawArguments, read
from outreach_tools.engine.aside import Going, aside, weight_of, weight_of_value
from outreach_tools.engine.bounding import bounded
from outreach_tools.engine.columns import Selection, select
from outreach_tools.engine.cursor import Position
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.fetching import json_object, require_asked_for
from outreach_tools.engine.filtering import sent_as_given
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.getting import record_answer
from outreach_tools.engine.given import given_members, is_given
from outreach_tools.engine.included import index_included
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.listing import list_answer
from outreach_tools.engine.marks import fitting_marks, marked
from outreach_tools.engine.matching import few
from outreach_tools.engine.order import order_of
from outreach_tools.engine.reading import plain_values
from outreach_tools.engine.records import full
from outreach_tools.engine.related import Listers
from outreach_tools.engine.scanning import Listing
from outreach_tools.engine.schemas import enum_schema, object_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import is_array, is_object, object_at


def execute_link(declared: Mapping[str, Resource], listers: Listers) -> Tool:
    """Make the tool that follows a link out of an answer; `declared` gives each type's columns, `listers` its list.

    The client refuses a link that leads anywhere but into the API; this tool only ever reads.
    """

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(LinkArguments, arguments)
        link = given.link.strip()
        if not link.startswith(("https://", "http://")):
            raise ArgumentError("'link' takes an absolute link out of an answer; for a path use raw_http_request")
        target, _, rest = link.partition("?")
        resource = _listed_at(target)
        own = tuple(parse_qsl(rest, keep_blank_values=True))
        if resource is None or "#" in link:
            document = (await context.client.send(Request("GET", link))).body
            _hold_to_path("GET", link, document)
            return await _one(context, declared, listers, json_object(document, "this link"), link)
        size, start = _place(own)
        query = tuple((name, value) for name, value in own if not name.startswith("page["))
        listing = Listing(
            resource=resource,
            target=target,
            selection=_selection(declared.get(resource.type), resource, context.zone),
            filters=sent_as_given(query),
            sort=None,
            size=size,
            order=order_of(resource, dict(query).get("sort")),
        )
        return await list_answer(context, listing, given.page_after, start=start)

    return Tool(
        name="execute_link",
        title="Execute link",
        description="Follow, open or load a related link or URL from an earlier answer: links, next.",
        input_schema=object_schema({"link": {"type": "string"}, "page_after": {"type": "string"}}, ("link",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
    )


async def _raw_http_request(context: Context, arguments: JsonObject) -> JsonObject:
    given = read(RawArguments, arguments)
    query = tuple(pair for name, value in given_members(given.query).items() for pair in _pairs(name, value))
    # A GET has no body, and clients that fill in every argument give it an empty one.
    body = None if given.method == "GET" and not is_given(given.body) else given.body
    response = await context.client.send(Request(given.method, given.path, query, body))
    _hold_to_path(given.method, given.path, response.body)
    notes = (response.note,) if response.note else ()
    # A filter that was left out makes a list longer, which is not to be taken for what matches.
    if empty := [name for name, value in given.query.items() if not is_given(value)]:
        notes = (*notes, f"not sent, as it was empty: {few(empty)}")
    answer = {"status": response.status, "body": response.body}
    return await _raw(context, answer, notes, "ask for a smaller page[size] or fewer fields")


RAW_HTTP_REQUEST = Tool(
    name="raw_http_request",
    title="Raw HTTP request (advanced)",
    description=(
        "Call the Outreach REST API directly: any endpoint no tool covers, like /prospectNotes, with a JSON:API body. "
        "It can change, delete and send."
    ),
    input_schema=object_schema(
        {
            "method": enum_schema(("GET", "POST", "PATCH", "DELETE")),
            "path": {"type": "string"},
            "query": {"type": "string"},
            "body": {"type": "string"},
        },
        ("method", "path"),
    ),
    run=_raw_http_request,
    read_only=False,
    destructive=True,
    idempotent=False,
)


def _listed_at(target: str) -> ResourceType | None:
    """Return the type whose list a link leads to, None where it leads to anything else.

    Raises `ArgumentError` for what cannot be read as an address.
    The last part of its path tells: what stands before it is the API's own place, which may hold any words.
    """
    try:
        path = urlsplit(target).path
    except ValueError:
        raise ArgumentError("'link' is not a web address: take one out of an answer as it is") from None
    return resource_type_of_path(path.rstrip("/").rpartition("/")[2])


def _hold_to_path(method: str, target: str, body: object) -> None:
    """Raise `ToolError` for an answer with another record than the one that a path ends with, or of another type.

    Where the path ends with a list, its records are held to the type; a new record has no such list's form.
    """
    path = urlsplit(target).path.rstrip("/")
    before, _, last = path.rpartition("/")
    own, listed = resource_type_of_path(before.rpartition("/")[2]), resource_type_of_path(last)
    data: Any = body.get("data") if is_object(body) else None
    records: list[Any] = data if is_array(data) else [data]
    kind, record_id = (own, last) if own and last else (listed if is_array(data) else None, None)
    for record in records:
        if kind and is_object(record):
            require_asked_for(record, f"{method} {path}", kind.type, record_id, changed=method != "GET")


def _place(query: Query) -> tuple[int, Position]:
    """Return the page size and the place in the list that a link names."""
    paging = dict(pair for pair in query if pair[0].startswith("page["))
    size = paging.get("page[size]") or paging.get("page[limit]") or ""
    offset = paging.get("page[offset]", "0")
    after = paging.get("page[after]") or ("" if offset == "0" else f"@{offset}")
    # Python reads no number of more than 4,300 digits.
    wanted = int(size[-4300:]) if size.isascii() and size.isdigit() else DEFAULT_PAGE_SIZE
    return min(max(wanted, 1), MAX_PAGE_SIZE), Position(after)


def _selection(declared: Resource | None, resource: ResourceType, zone: tzinfo) -> Selection:
    """Return the columns for a link's list; the link itself says what to ask for, so nothing is added to it."""
    if declared is None:
        columns = select(resource, (), summary=True).columns
        return Selection(type=resource.type, columns=columns, fields={}, everything=True, zone=zone)
    names = [f"{name}_id" if name in resource.relationships else name for name in declared.columns]
    return Selection(type=resource.type, columns=select(resource, names, summary=True, zone=zone).columns, fields={})


async def _one(
    context: Context, declared: Mapping[str, Resource], listers: Listers, document: JsonObject, link: str
) -> JsonObject:
    record: Any = document.get("data")
    if is_object(record) and record.get("type") in declared:
        kind = declared[record["type"]]
        labels = Labels(context, resource_type(kind.type))
        await labels.load_for(name for name, value in object_at(record, "attributes").items() if value)

        def shown(_: Going) -> JsonObject:
            included, budget = index_included(document), context.max_result_tokens
            answer = labels.renamed(full(kind, record, included, listers, budget, zone=context.zone))
            return record_answer(context, answer, labels.notes, trimmed=True)

        return await aside(weight_of([record]), shown)
    return await _raw(context, document, (), f"read {link.partition('?')[0]} with a smaller page[size]")


async def _raw(context: Context, answer: JsonObject, notes: tuple[str, ...], advice: str) -> JsonObject:
    """Return an answer of Outreach as it is, within the budget; `advice` says how to see what was left out."""

    def fitted(_: Going) -> JsonObject:
        short, left_out = _fit_records(answer, context.max_result_tokens)
        return fitting_marks(fit(marked(short), context.max_result_tokens, (*notes, *_told(left_out, advice))))

    return await aside(weight_of_value(answer), fitted)


def _fit_records(answer: JsonObject, budget: int) -> tuple[JsonObject, int]:
    """Leave out whole records from the end of a list until the answer fits; return it and how many were left out.

    The link to the next page leads past them, so it is left out with them.
    """
    holder: Any = answer.get("body", answer)
    records: Any = holder.get("data") if is_object(holder) else None
    if not is_array(records):
        return bounded(answer, budget), 0
    frame = bounded({**holder, "data": []}, budget)
    left = budget - cost(frame)
    looked_at: list[Any] = []
    for record in records:
        looked_at.append(bounded(record, budget))
        left -= cost(looked_at[-1]) + 1
        if left < -budget:
            break  # one by one they cost a little more than together, but not twice as much
    short = {**frame, "data": looked_at}
    whole = {**answer, "body": short} if "body" in answer else short
    if len(looked_at) == len(records) and cost(whole) <= budget:
        return whole, 0
    left = budget - cost(frame) - 100
    kept = 0
    while kept < len(looked_at) and (left := left - cost(looked_at[kept]) - 1) >= 0:
        kept += 1
    kept = max(kept, 1)
    short["data"] = looked_at[:kept]
    if is_object(links := frame.get("links")):
        short["links"] = {name: link for name, link in links.items() if name != "next"}
    return ({**answer, "body": short} if "body" in answer else short), len(records) - kept


def _told(left_out: int, advice: str) -> tuple[str, ...]:
    return (f"{left_out} records and links.next, which leads past them, did not fit: {advice}",) if left_out else ()


def _pairs(name: str, value: Any) -> Query:
    try:
        plain = plain_values(value)
    except ValueError as error:
        raise ArgumentError(f"'query.{name}' {error}") from None
    values = plain if is_array(plain) else [plain]
    return tuple((name, ("true" if each else "false") if isinstance(each, bool) else str(each)) for each in values)
