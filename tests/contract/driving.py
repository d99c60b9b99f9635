"""Runs tools through the real client on an Outreach that answers every request as briefly as it can.

Only the requests matter here, so no record has to exist: what the sandbox would refuse is answered too.
"""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Context, Tool
from tests.contract.official import CheckingTransport, OfficialContract

API = "https://api.outreach.io/api/v2"

Sent = Callable[[httpx.Request], bool]
"""Says whether a request carries what a case is about."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a tool, and what one of its requests must carry for the call to count."""

    arguments: JsonObject
    sent: Sent


class BriefOutreach(httpx.AsyncBaseTransport):
    """Answers with one empty record of the right type; a list has two pages.

    `scopes_missing` makes it refuse every request that includes related records, as for a token without their scope.
    """

    def __init__(self, contract: OfficialContract, *, scopes_missing: bool = False) -> None:
        self._types = {route.template.split("/")[1]: route.type for route in contract.routes}
        self._scopes_missing = scopes_missing

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._scopes_missing and "include" in request.url.params:
            detail = "Your authorization does not include the required scope 'others.read'."
            return httpx.Response(403, json={"errors": [{"id": "unauthorizedOauthScope", "detail": detail}]})
        segments = str(request.url.copy_with(query=None)).removeprefix(API).strip("/").split("/")
        if segments == [""]:
            return httpx.Response(200, json={"meta": {"user": {"id": 1, "email": "sally@example.com"}}})
        if request.method == "DELETE":
            return httpx.Response(204)
        if request.method == "POST" and segments == ["complianceRequests"]:
            return httpx.Response(201, json={"data": {"batch_compliance_request_id": "7"}})
        record: JsonObject = {"type": self._types.get(segments[0], "x"), "id": 7, "attributes": {}, "relationships": {}}
        if request.method != "GET" or len(segments) > 1:
            return httpx.Response(200, json={"data": record})
        first = "page[after]" not in request.url.params
        links = {"next": f"{API}/{segments[0]}?page%5Bafter%5D=abc"} if first else {}
        return httpx.Response(200, json={"data": [record], "links": links})


class Minutes:
    """A clock on which time passes only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Session:
    """A client whose requests are checked; `transport` keeps them and what is wrong with them."""

    def __init__(self, transport: CheckingTransport, context: Context, clock: Minutes) -> None:
        self.transport = transport
        self._context = context
        self._clock = clock

    async def run(self, tool: Tool, arguments: JsonObject) -> JsonObject:
        """Run a tool and return its answer, long enough after the run before that equal creates are two."""
        self._clock.seconds += 61
        return await tool.run(self._context, arguments)

    async def problems(self, tool: Tool, cases: Iterable[Case]) -> list[str]:
        """Run a tool on every case; return those that were refused, sent nothing of theirs, or sent a violation."""
        found: list[str] = []
        for case in cases:
            before = len(self.transport.requests)
            try:
                await self.run(tool, case.arguments)
            except (ToolError, OutreachError) as error:
                found.append(f"{case.arguments}: refused: {error}")
            except AssertionError as error:
                found.append(f"{case.arguments}: {error}")
            else:
                if not any(case.sent(request) for request in self.transport.requests[before:]):
                    found.append(f"{case.arguments}: not in the request")
        return found


@asynccontextmanager
async def session(
    contract: OfficialContract,
    *,
    check: Callable[[httpx.Request], list[str]] | None = None,
    scopes_missing: bool = False,
) -> AsyncGenerator[Session]:
    """Open a client whose requests are held against the contract, or against `check` alone."""
    brief = BriefOutreach(contract, scopes_missing=scopes_missing)
    transport = CheckingTransport(brief, check or contract.check)
    clock = Minutes()
    client = OutreachClient(API, BearerToken(SecretStr("sandbox")), transport=transport, clock=Clock(monotonic=clock))
    try:
        yield Session(transport, Context(client), clock)
    finally:
        await client.aclose()
