"""The resources beside files: the connection, the fields of types, the playbooks."""

import json
from collections.abc import Awaitable, Callable, Mapping

from mcp import MCPError
from mcp_types import INVALID_PARAMS, Completion, Resource, ResourceTemplate, TextResourceContents

from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.protocol.invocation import run_tool
from outreach_mcp.protocol.prompts import completed_name, completion, offered
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.playbooks.collection import playbook_named
from outreach_tools.toolsets import RESOURCES

SCHEME = "outreach://"
"""The beginning of all addresses."""

CONNECTION = f"{SCHEME}connection"
FIELDS = f"{SCHEME}fields/"
PLAYBOOKS = f"{SCHEME}playbooks"

_DESCRIBES = {"connection": "get_connection", "fields": "describe_fields"}
_COMMON = ("prospect", "account", "opportunity")
_JSON, _MARKDOWN = "application/json", "text/markdown"
_ADDRESS = 200  # characters of an unknown address that are read to say it


def listed(tools: Mapping[str, Tool]) -> list[Resource]:
    """Return the resources that there are where some tools are offered."""
    found: list[Resource] = []
    if _DESCRIBES["connection"] in tools:
        words = "Who is logged in, where, and what is left out."
        found.append(
            Resource(uri=CONNECTION, name="connection", title="Connection", description=words, mime_type=_JSON)
        )
    if _DESCRIBES["fields"] in tools:
        for kind in _COMMON:
            words = f"The fields of a {kind}, custom ones by their labels."
            title = f"Fields of a {kind}"
            uri = f"{FIELDS}{kind}"
            found.append(Resource(uri=uri, name=f"fields of {kind}", title=title, description=words, mime_type=_JSON))
    books = offered(tools)
    if books:
        words = "All playbooks, with what each is for."
        found.append(
            Resource(uri=PLAYBOOKS, name="playbooks", title="Playbooks", description=words, mime_type=_MARKDOWN)
        )
    for book in books:
        uri = f"{PLAYBOOKS}/{book.name}"
        found.append(
            Resource(uri=uri, name=book.name, title=book.title, description=book.description, mime_type=_MARKDOWN)
        )
    return found


def templates(tools: Mapping[str, Tool]) -> list[ResourceTemplate]:
    """Return the forms of addresses where some tools are offered."""
    found: list[ResourceTemplate] = []
    if _DESCRIBES["fields"] in tools:
        found.append(
            ResourceTemplate(
                uri_template=f"{FIELDS}{{type}}",
                name="fields",
                title="Fields of a type",
                description="The fields of a type of record, custom ones by their labels.",
                mime_type=_JSON,
            )
        )
    if offered(tools):
        found.append(
            ResourceTemplate(
                uri_template=f"{PLAYBOOKS}/{{name}}",
                name="playbook",
                title="Playbook",
                description="How a piece of daily work is done with these tools.",
                mime_type=_MARKDOWN,
            )
        )
    return found


def completed(tools: Mapping[str, Tool], template: str, argument: str, text: str) -> Completion:
    """Return what the variable of an address may be. Raises `MCPError` for an address that has no such variable."""
    known = {(each.uri_template, each.uri_template.partition("{")[2].rstrip("}")) for each in templates(tools)}
    if (template, argument) not in known:
        raise _not_found(template)
    if template.startswith(PLAYBOOKS):
        return completed_name(tools, text)
    wanted = text.strip().casefold()
    return completion([kind for kind in _types() if kind.casefold().startswith(wanted)])


async def read(
    tools: Mapping[str, Tool], context_of: Callable[[Tool], Awaitable[Context]], uri: str
) -> TextResourceContents:
    """Return what is at an address. Raises `MCPError` where there is nothing, or where it cannot be read."""
    if uri == CONNECTION and (tool := tools.get(_DESCRIBES["connection"])):
        return TextResourceContents(uri=uri, mime_type=_JSON, text=await _answer(tool, await context_of(tool), {}))
    kind = uri.removeprefix(FIELDS)
    if uri.startswith(FIELDS) and kind in _types() and (tool := tools.get(_DESCRIBES["fields"])):
        return TextResourceContents(uri=uri, mime_type=_JSON, text=await _fields(tool, await context_of(tool), kind))
    books = offered(tools)
    if uri == PLAYBOOKS and books:
        lines = [f"- [{book.title}]({PLAYBOOKS}/{book.name}): {book.description}" for book in books]
        return TextResourceContents(uri=uri, mime_type=_MARKDOWN, text="\n".join(("# Playbooks", "", *lines, "")))
    book = playbook_named(uri.removeprefix(f"{PLAYBOOKS}/")) if uri.startswith(f"{PLAYBOOKS}/") else None
    if book is not None and book in books:
        return TextResourceContents(uri=uri, mime_type=_MARKDOWN, text=book.text(offered=tools))
    raise _not_found(uri)


async def _fields(tool: Tool, context: Context, kind: str) -> str:
    """Return all fields of a type in one answer, as far as the budget of answers goes."""
    answer: JsonObject = json.loads(await _answer(tool, context, {"resource": kind}))
    rows, page = answer["rows"], answer
    while page["has_more"] and cost(rows) < context.max_result_tokens:
        arguments = {"resource": kind, "page_after": page["page_after"]}
        page = json.loads(await _answer(tool, context, arguments))
        rows += page["rows"]
    more = {"has_more": True, "note": "describe_fields tells the rest"} if page["has_more"] else {}
    return json.dumps(
        {"resource": kind, "returned": len(rows), **more, "columns": answer["columns"], "rows": rows},
        ensure_ascii=False,
        separators=(",", ":"),
    )


async def _answer(tool: Tool, context: Context, arguments: JsonObject) -> str:
    try:
        outcome = await run_tool(tool, context, arguments)
    except ConnectionNeededError as needed:
        raise MCPError(code=INVALID_PARAMS, message=f"{needed.invitation} {needed.url}") from None
    if outcome.failed:
        raise MCPError(code=INVALID_PARAMS, message=outcome.text)
    return outcome.text


def _types() -> list[str]:
    return [each.type for each in RESOURCES]


def _not_found(uri: str) -> MCPError:
    told = one_line(clean(uri[:_ADDRESS]))
    return MCPError(code=INVALID_PARAMS, message=f"Resource not found: {told}", data={"uri": told})
