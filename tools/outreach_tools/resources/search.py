"""The two tools that chat products ask of connectors: `search` gives results, `fetch` one of them as a document.

Their form is that of OpenAI's documentation for connectors: results with id, title and url; a document with id, title,
text, url and metadata.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Query, Request, Unread
from outreach_tools.engine.arguments import FetchArguments, FindArguments, read
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.literal import fold
from outreach_tools.engine.marks import UNTRUSTED, marked
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.engine.numbers import whole
from outreach_tools.engine.operations.making import Contract
from outreach_tools.engine.pages import page_of
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import array_at, is_object

TOOLSET = "search"
_MOST = 10
"""Results of each type."""

_PAGE = 1_000
"""Records whose names are looked through, of a type that Outreach cannot search: the newest ones."""

_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class _Sought:
    """How one type is searched: by Outreach (`q`), or its names here; `more` is told beside the name."""

    searched: bool = False
    more: str = ""


_SOUGHT: Mapping[str, _Sought] = {
    "prospect": _Sought(searched=True, more="title"),
    "account": _Sought(searched=True, more="domain"),
    "opportunity": _Sought(),
    "sequence": _Sought(),
    "template": _Sought(more="subject"),
}


def search_tools(contract: Callable[[], Contract]) -> tuple[Tool, Tool]:
    """Make the two tools; `contract` gives what reads one record."""
    return _search(), _fetch(contract)


def _search() -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(FindArguments, arguments)
        results: list[JsonObject] = []
        closed: list[str] = []
        for kind, sought in _SOUGHT.items():
            found = None if context.refusal(kind, "list") else await _found(context, kind, sought, given.query)
            if found is None:
                closed.append(resource_type(kind).path)
                continue
            results += [_result(context, kind, sought, record) for record in found]
        note = {"note": f"not looked for, as they are closed: {listed(closed)}"} if closed else {}
        return {"results": results, **note}

    return Tool(
        name="search",
        title="Search",
        description=(
            "Look for anything about a word in everything: people, companies, deals, sequences and templates whose "
            "name has it. Results: id, title, url."
        ),
        input_schema=object_schema({"query": {"type": "string"}}, ("query",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset=TOOLSET,
    )


def _fetch(contract: Callable[[], Contract]) -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(FetchArguments, arguments)
        kind, _, text = given.id.strip().partition("/")
        number = whole(text)
        if kind not in _SOUGHT or number is None or number < 1:
            raise ArgumentError(f"'id' takes the id of a result, like 'prospect/456', not {shorten(given.id)}")
        if why := context.refusal(kind, "get"):
            raise ToolError(why)
        record = await contract().tool(f"get_{kind}").run(context, {"id": number, "fields": ["*"]})
        title = record.get(label_of(kind) or "") or given.id
        lines = [_line(name, value) for name, value in record.items() if name not in ("id", "url", UNTRUSTED)]
        document: JsonObject = {
            "id": f"{kind}/{number}",
            "title": one_line(clean(str(title)), _LONGEST_TITLE),
            "text": "\n".join(lines),
            "url": _url(context, kind, number),
            "metadata": {"type": kind},
        }
        return marked(document)

    return Tool(
        name="fetch",
        title="Fetch",
        description="Open (load, read) the whole document behind a result or hit, by its id.",
        input_schema=object_schema({"id": {"type": "string"}}, ("id",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset=TOOLSET,
        labels=True,
    )


def _line(name: str, value: Any) -> str:
    """Return a field as a line; the further lines of a text are indented, so that none passes for another field."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{name}: " + "\n  ".join(text.splitlines())


async def _found(context: Context, kind: str, sought: _Sought, query: str) -> list[JsonObject] | None:
    """Return the records of a type that a query finds, None where they cannot be read."""
    resource = resource_type(kind)
    fields = ",".join(name for name in ("name", sought.more) if name)
    asked: Query = (
        (("newFilterSyntax", "true"), ("filter[q][]", query.strip()), ("page[size]", str(_MOST)))
        if sought.searched
        else (("sort", "-createdAt"), ("page[size]", str(_PAGE)))
    )
    response = await context.attempt(Request("GET", f"/{resource.path}", ((f"fields[{kind}]", fields), *asked)))
    if isinstance(response, Unread):
        return None
    records: list[JsonObject] = [each for each in array_at(response.body, "data") if is_object(each)]
    if sought.searched:
        return records
    words = fold(query).split()
    return [each for each in records if _has(words, each, sought)][:_MOST]


def _has(words: list[str], record: JsonObject, sought: _Sought) -> bool:
    text = fold(" ".join(str(value_of(record, name) or "") for name in ("name", sought.more) if name))
    return all(word in text for word in words)


def _result(context: Context, kind: str, sought: _Sought, record: JsonObject) -> JsonObject:
    number: Any = record.get("id")
    held = [str(value) for name in ("name", sought.more) if name and (value := value_of(record, name))]
    title = one_line(clean(", ".join(held) or f"{kind} {number}"), _LONGEST_TITLE)
    return {"id": f"{kind}/{number}", "title": title, "url": _url(context, kind, number)}


def _url(context: Context, kind: str, number: object) -> str:
    """Return the record's page; a name that cannot be opened where the web application is not known."""
    return page_of(context, kind, number) or f"outreach:{kind}/{number}"
