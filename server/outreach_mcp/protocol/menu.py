"""The handlers of what clients show in menus: prompts, resources, completions.

What makes those is imported when it is first asked for: most clients ask for none of it, and a server's start does not
wait for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp_types import (
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    PromptReference,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from outreach_mcp.files.offered import Offers
from outreach_mcp.protocol.apps import OF_ONE_CLIENT, contents_at, pictures_of, shows_pictures
from outreach_tools.engine.tool import Context, Tool

_RequestContext: TypeAlias = ServerRequestContext[Any]


def on_one_page(what: str, params: PaginatedRequestParams | None) -> None:
    """Raise `MCPError` where a further page of a list is asked for: there is none."""
    if params and params.cursor is not None:
        raise MCPError(code=INVALID_PARAMS, message=f"Invalid cursor: all {what} are on one page")


@dataclass(frozen=True, slots=True)
class Menu:
    """The handlers of one server: `tools` are those that the asking caller is offered.

    `context_of` makes the context in which one of them reads; `files` are offered as resources where there are any.
    """

    tools: Callable[[], Mapping[str, Tool]]
    context_of: Callable[[_RequestContext, Tool], Awaitable[Context]]
    files: Offers | None = None

    async def list_prompts(self, _: _RequestContext, params: PaginatedRequestParams | None) -> ListPromptsResult:
        """List the playbooks that can be followed."""
        on_one_page("prompts", params)
        from outreach_mcp.protocol.prompts import offered, prompt_of  # noqa: PLC0415 - see above

        return ListPromptsResult(prompts=[prompt_of(each) for each in offered(self.tools())])

    async def get_prompt(self, _: _RequestContext, params: GetPromptRequestParams) -> GetPromptResult:
        """Return one playbook, filled in."""
        from outreach_mcp.protocol.prompts import filled_in  # noqa: PLC0415 - see above

        return filled_in(self.tools(), params.name, params.arguments or {})

    async def complete(self, ctx: _RequestContext, params: CompleteRequestParams) -> CompleteResult:
        """Complete an argument of a playbook, or a variable of an address."""
        tools, argument = self.tools(), params.argument
        if isinstance(params.ref, PromptReference):
            from outreach_mcp.protocol import prompts  # noqa: PLC0415 - see above

            context_of = partial(self.context_of, ctx)
            found = await prompts.completed(tools, context_of, params.ref.name, argument.name, argument.value)
        else:
            from outreach_mcp.protocol import reference  # noqa: PLC0415 - see above

            found = reference.completed(tools, params.ref.uri, argument.name, argument.value)
        return CompleteResult(completion=found)

    async def list_resources(self, ctx: _RequestContext, params: PaginatedRequestParams | None) -> ListResourcesResult:
        """List what can be read: with the files that are offered to the caller, which nobody may keep for others.

        Nor may anybody keep the pictures, which are for the clients that show them.
        """
        on_one_page("resources", params)
        from outreach_mcp.protocol.reference import listed  # noqa: PLC0415 - see above
        from outreach_mcp.protocol.resources import files_of  # noqa: PLC0415 - see above

        found, shows = listed(self.tools()), shows_pictures(ctx)
        pictures = pictures_of(self.tools()) if shows else []
        if self.files is None:
            return ListResourcesResult(resources=[*found, *pictures], **(OF_ONE_CLIENT if shows else {}))
        files = await files_of(self.files)
        # The next export is to be in the next list.
        return ListResourcesResult(resources=[*found, *files, *pictures], ttl_ms=0, cache_scope="private")

    async def list_templates(
        self, _: _RequestContext, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        """List the forms of addresses."""
        on_one_page("templates", params)
        from outreach_mcp.protocol.reference import templates  # noqa: PLC0415 - see above

        return ListResourceTemplatesResult(resource_templates=templates(self.tools()))

    async def read_resource(self, ctx: _RequestContext, params: ReadResourceRequestParams) -> ReadResourceResult:
        """Return what is at an address."""
        from outreach_mcp.protocol.reference import SCHEME, read  # noqa: PLC0415 - see above
        from outreach_mcp.protocol.resources import reading  # noqa: PLC0415 - see above

        uri = str(params.uri)
        if (picture := contents_at(uri)) is not None:
            return ReadResourceResult(contents=[picture])
        if self.files is not None and not uri.startswith(SCHEME):
            result: ReadResourceResult = await reading(self.files)(ctx, params)
            return result
        return ReadResourceResult(contents=[await read(self.tools(), partial(self.context_of, ctx), uri)])
