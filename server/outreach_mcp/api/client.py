"""The one client through which everything reaches Outreach."""

import json
import random as randomness
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote_plus
from weakref import WeakSet

import anyio
import httpx

from outreach_mcp.api.batches import require_explicit_ids, with_whole_ids
from outreach_mcp.api.calls import Call, Deadline, Prepared
from outreach_mcp.api.current_user import CurrentUser, find_current_user
from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.tree import NetworkError, RefusedRequestError
from outreach_mcp.api.layers.answers import Answers
from outreach_mcp.api.layers.exchange import Exchange
from outreach_mcp.api.layers.limits import Allowance, Limits, Slots
from outreach_mcp.api.layers.page_splitting import Halving
from outreach_mcp.api.layers.retries import Retries
from outreach_mcp.api.layers.signing import Renewing, Signing
from outreach_mcp.api.layers.under_way import UnderWay
from outreach_mcp.api.links import ApiRoot
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.tokens.source import TokenSource
from outreach_mcp.api.writes.create_record import SharedCreates
from outreach_mcp.api.writes.creates import Creates
from outreach_mcp.api.writes.outcomes import Outcomes
from outreach_mcp.api.writes.recent import Recent
from outreach_mcp.api.writes.reconciliation import Looking
from outreach_mcp.api.writes.server_clock import ServerClock
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.http_client import HttpClient
from outreach_tools.client import JsonObject, Query, Request, Response

_MEDIA_TYPE = "application/vnd.api+json"

_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

# Outreach demands the media type on every request, reads included (making-requests, content negotiation).
_HEADERS = {
    "Accept": _MEDIA_TYPE,
    "Content-Type": _MEDIA_TYPE,
}

# 10 seconds let a lost SYN be sent three times (after 1, 3 and 7 seconds: RFC 6298). The call's deadline ends all.
_TIMEOUT = httpx.Timeout(connect=10, read=45, write=10, pool=10)

_MOST_BYTES = 16 * 1024 * 1024
"""The most bytes of an answer: a page of a thousand records with bodies of mails has some megabytes."""

DEADLINE = 30.0
"""Seconds a call has with all its attempts and the renewal of its token. With the 10 for finding out what became of a
change it stays well below the 60 after which MCP's TypeScript SDK gives a call up by default
(DEFAULT_REQUEST_TIMEOUT_MSEC)."""

CONCURRENCY = 8
"""Requests of one caller under way at once: an assistant asks for a few things side by side, and Outreach is shared
with people."""

_PLACES = 64
"""Addresses that are kept taken apart: of the longest, with a filter of 65,536 characters, some megabytes in all."""

_CALLERS_AT_ONCE = 4
"""The number of callers working as one account that may have all their requests under way at once."""


class OutreachClient:
    """An `outreach_tools.client.Client` that speaks to Outreach over HTTP, with one connection pool."""

    def __init__(
        self,
        base_url: str,
        auth: TokenSource,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = MACHINE,
        random: Callable[[], float] = randomness.random,
        deadline: float = DEADLINE,
        concurrency: int = CONCURRENCY,
        shared_creates: SharedCreates | None = None,
    ) -> None:
        """Prepare a client of the API at `base_url`; nothing is sent yet.

        `transport` replaces the network (an ASGI app, a recording). `random` (from 0 to 1) makes the pauses uneven.
        `deadline` is the time of a call in seconds, `concurrency` the number of requests of one caller under way at
        once. `shared_creates` is where the processes of a server note the creates of the user, when there are several.
        """
        self._root = ApiRoot.parse(base_url)
        # The same few lists are asked for again and again, and taking an address apart takes as long as sending it.
        self._located = lru_cache(maxsize=_PLACES)(self._locate)
        self._clock = clock
        self._deadline = deadline
        self._auth = auth
        self._unsent = WeakSet[Prepared]()
        self._current_user: CurrentUser | None = None
        self._token_of_user = ""
        self._current_user_lock = anyio.Lock()
        self._http = HttpClient(
            base_url, timeout=_TIMEOUT, headers=_HEADERS, most_bytes=_MOST_BYTES, transport=transport
        )
        server_clock = ServerClock(clock.now)
        exchange = Exchange(self._http, clock.now)
        self._limits = limits = Limits(
            Signing(exchange.send, auth).send, Slots(_CALLERS_AT_ONCE * concurrency, concurrency), clock.now
        )
        answers = Answers(limits.send, redact=auth.redact, now=clock.now, server_clock=server_clock)
        renewing = Renewing(answers.send, auth)
        retries = Retries(renewing.send, clock=clock, random=random)
        halving = Halving(retries.send, self._following)
        creates = Creates(clock, shared=shared_creates)
        looking = Looking(
            halving.send,
            ask=self._asking,
            current_user_id=self.current_user_id,
            creates=creates,
            server_clock=server_clock,
            clock=clock,
        )
        outcomes = Outcomes(halving.send, looking, self._asking, server_clock)
        recent = Recent(outcomes, creates, looking, clock.now)
        self._under_way = UnderWay(reads=halving.send, changes=recent.send)

    async def prepare(self, request: Request) -> Prepared:
        """Return a request as it will be sent, for those who have to agree to it; nothing is sent yet.

        Raises `RefusedRequestError` for what cannot be sent, `UnsafeLinkError` for a target that leads away from the
        API. It waits for nothing: it is asynchronous for those that open their client first.
        """
        if request.method not in _METHODS:
            allowed = ", ".join(_METHODS)
            raise RefusedRequestError(
                f"Refused to send {quoted(request.method)} {quoted(request.target)}: the method is not one of "
                f"{allowed}. Nothing was sent."
            )
        url, path = self._located(request.target, request.query)
        content = None if request.body is None else _encoded(request.method, path, request.body)
        http_request = self._http.request(request.method, url, content=content)
        self._root.judge(http_request.url)
        encoded_query = http_request.url.query.decode("ascii")
        query = tuple(_decoded(pair) for pair in encoded_query.split("&")) if encoded_query else ()
        # Read back, so that what is judged is what is sent, whatever becomes of the request's own body meanwhile.
        outgoing = Outgoing(request.method, path, query, None if content is None else json.loads(content))
        if not outgoing.is_read:
            require_explicit_ids(outgoing)
        prepared = Prepared(outgoing, http_request, background=request.background, distinct=request.distinct)
        self._unsent.add(prepared)
        return prepared

    async def send(self, request: Request | Prepared) -> Response:
        """Send one request and return the answer to it; one that this client prepared goes out as it is, and once.

        What fails for the moment is sent again where that can do no harm; a create or an action is never done twice.
        Raises the errors of `outreach_mcp.api.errors.tree`, and those of `prepare`.
        """
        prepared = await self.prepare(request) if isinstance(request, Request) else request
        prepared.passage.take()
        if prepared not in self._unsent:
            # Another client is another login: whoever agreed did so to a change in the name of the first one's user.
            raise RefusedRequestError(
                f"Refused to send {prepared.outgoing.asked}: the connection to Outreach was replaced after it was "
                "prepared. Nothing was sent. Call the tool again."
            )
        self._unsent.discard(prepared)
        # The time that a person took to agree is not the call's.
        deadline = Deadline.after(self._deadline, self._clock.monotonic)
        return await self._under_way.send(
            Call(
                prepared.outgoing,
                prepared.request,
                deadline,
                background=prepared.background,
                distinct=prepared.distinct,
                passage=prepared.passage,
            )
        )

    def give_up(self) -> None:
        """End every request that is under way, each with an error that says how far it came, and send nothing more."""
        self._under_way.give_up()

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for; see `current_user`."""
        return (await self.current_user()).user_id

    async def current_user(self) -> CurrentUser:
        """Return the user the token acts for; asked once for each token, since a new login may be another user's.

        Raises `NetworkError` when that takes longer than a call has.
        """
        with anyio.move_on_after(self._deadline):
            async with self._current_user_lock:
                user = self._current_user
                if user is None or await self._auth.access_token() != self._token_of_user:
                    user = self._current_user = await find_current_user(self)
                    self._token_of_user = await self._auth.access_token()
                return user
        raise NetworkError(
            f"The user that the token acts for was not found within {self._deadline:g} seconds. Nothing was changed: "
            "try again later."
        )

    @property
    def is_awaited(self) -> bool:
        """Whether something that it prepared is still to be judged and sent."""
        return bool(self._unsent)

    @property
    def allowance(self) -> Allowance:
        """The hourly limit as the last answer gave it."""
        return self._limits.allowance

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _asking(self, target: str, query: Query, deadline: Deadline) -> Call:
        """Return the call that reads a target on the client's own account."""
        url, path = self._located(target, query)
        return Call(Outgoing("GET", path), self._http.request("GET", url), deadline)

    def _locate(self, target: str, query: Query) -> tuple[httpx.URL, str]:
        """Return the address of a target, and its path below the root. Raises `UnsafeLinkError`."""
        url = self._root.locate(target, query)
        return url, self._root.path_of(url)

    def _following(self, call: Call, link: str) -> Call:
        """Return the call that reads another address on behalf of a call."""
        return replace(self._asking(link, (), call.deadline), background=call.background)


@lru_cache(maxsize=512)
def _decoded(pair: str) -> tuple[str, str]:
    """Take a parameter of an encoded query apart; the same few come again and again."""
    name, _, value = pair.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _encoded(method: str, path: str, body: JsonObject) -> bytes:
    try:
        return json.dumps(with_whole_ids(path, body), allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise RefusedRequestError(
            f"Refused to send {Outgoing(method, path).asked}: its body is not JSON ({error}). Nothing was sent. "
            "Correct the value."
        ) from error
