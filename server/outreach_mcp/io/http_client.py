"""The one way out: every request that this server makes goes through here, with a bound of size and one of time.

What comes back is somebody else's. So its body is counted as it is decoded and never read past its bound, it has to be
whole, redirects are not followed, cookies are not kept, and a connection on which more came than the answer is closed.
"""

import json
import os
import ssl
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial, wraps
from http.cookiejar import CookieJar
from importlib.metadata import version
from operator import attrgetter
from typing import Any, ParamSpec

import anyio
import httpx

from outreach_mcp.io.received_bytes import at_most, count_on

MOST_BYTES = 1024 * 1024
"""The most bytes of an answer, decoded: tokens, keys and metadata have some kilobytes."""

_MOST_ERROR_BYTES = 256 * 1024
"""The most bytes read of an answer that refuses; its status has said it already."""

_FRAMES = 64 * 1024
"""Bytes that a body may have beyond its bound as it is sent: what compression adds to what cannot be compressed."""

_MOST_HEADS = 256 * 1024
"""Bytes that may have come when the head of an answer is there: it may have 100 KB, and others may come before it."""

_AROUND = 1024 * 1024
"""Bytes that may come after the head, beside twice what the body may have: what the frames of small chunks take."""

_TIMEOUT = httpx.Timeout(None, connect=5)
"""For a connection of its own; the time that the whole has ends the rest."""

_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})

_HEADERS = {
    # Only what is undone here within a bound, whatever else happens to be installed.
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"outreach-mcp/{version('outreach-mcp')}",
}

_H11 = attrgetter("_stream._httpcore_stream._stream._connection._h11_state")
"""The attributes in which httpx and httpcore keep the reader of a connection: nothing public shows its spare bytes."""


_Asked = ParamSpec("_Asked")


class BodyError(httpx.DecodingError):
    """An answer of 2xx whose body cannot be used; the message says why, after "its body"."""

    def __init__(self, message: str, response: httpx.Response, *, is_too_long: bool = False) -> None:
        """Say what is wrong with the body of a response."""
        super().__init__(message, request=response.request)
        self.status = response.status_code
        self.is_too_long = is_too_long


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, its body decoded."""

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether it is one of 2xx."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """Whether it is one of 3xx."""
        return 300 <= self.status < 400

    @property
    def is_server_error(self) -> bool:
        """Whether it is one of 5xx."""
        return self.status >= 500

    @property
    def text(self) -> str:
        """The body as text, with a replacement character for what cannot be decoded."""
        return self.content.decode("utf-8", errors="replace")


class _NoCookies(CookieJar):
    """Keeps none: callers share a client, and a cookie would make what one was answered part of what another asks.

    Nor are they looked at, which takes as long as all else that httpx does with the head of an answer.
    """

    def extract_cookies(self, response: object, request: object) -> None:
        pass


class HttpClient:
    """A pool of connections to one party."""

    def __init__(
        self,
        url: str,
        *,
        timeout: httpx.Timeout | float,
        headers: Mapping[str, str] | None = None,
        most_bytes: int = MOST_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client for addresses that begin as `url`; `timeout` is for each of its steps.

        `most_bytes` is the most that a body may have, decoded; `transport` replaces the network.
        """
        self._most_bytes = most_bytes
        self._http = httpx.AsyncClient(
            headers={**_HEADERS, **(headers or {})},
            timeout=timeout,
            follow_redirects=False,
            transport=transport,
            verify=_trust_of(url),
            cookies=_NoCookies(),
            # Plain http goes to loopback only, and a proxy from the environment would get to read the token.
            trust_env=url.startswith("https:"),
        )
        count_on(self._http)

    def request(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """Return a request to send."""
        return self._http.build_request(method, url, content=content, data=form, headers=headers)

    async def send(self, request: httpx.Request, *, within: float, auth: tuple[str, str] | None = None) -> Answer:
        """Send a request once and return the whole answer, decoded, whatever its status; it has `within` seconds.

        Of an answer outside 2xx that is too long or cannot be decoded, only the beginning is returned. Raises
        `httpx.HTTPError` when no whole answer came, `BodyError` for one of 2xx whose body is too long or coded in a way
        that was not asked for.
        """
        try:
            with anyio.fail_after(within), at_most(_MOST_HEADS) as left:
                response = await self._http.send(request, auth=auth, stream=True)
                left.add(2 * self._most_bytes + _AROUND)
                try:
                    content = await self._content_of(response)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer within the call's time", request=request) from error
        return Answer(response.status_code, response.headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _content_of(self, response: httpx.Response) -> bytes:
        most = self._most_bytes if response.is_success else min(_MOST_ERROR_BYTES, self._most_bytes)
        body = _Body(response, most)
        # Not decoded, and without giving the connection back to the pool, as `aiter_raw` would.
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("an answer of a client that blocks")
        async for chunk in stream:
            body.take(chunk)
            if body.is_over:
                return body.content
        body.end()
        await _end_if_more_came(response)
        return body.content


async def ask(
    method: str,
    url: str,
    *,
    within: float,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Answer:
    """Send one request over a connection of its own and return the answer; see `HttpClient.send`.

    Raises as that does.
    """
    http = HttpClient(url, timeout=_TIMEOUT, transport=transport)
    try:
        return await http.send(http.request(method, url, form=form, headers=headers), within=within, auth=auth)
    except httpx.InvalidURL as error:
        raise httpx.UnsupportedProtocol(f"it is not a web address ({error})") from error
    finally:
        await http.aclose()


def _blocking(asking: Callable[_Asked, Awaitable[Answer]]) -> Callable[_Asked, Answer]:
    """Return a function that takes the same arguments, does the same and blocks for it."""

    @wraps(asking)
    def blocked(*arguments: _Asked.args, **options: _Asked.kwargs) -> Answer:
        return anyio.run(partial(asking, *arguments, **options))

    return blocked


ask_from_thread = _blocking(ask)
"""Does what `ask` does, and blocks for it: a client that blocks itself has no bound for what drips in."""


def json_in(answer: Answer) -> Any:
    """Return the JSON that an answer holds. Raises `ValueError` for what cannot be read as JSON."""
    try:
        return json.loads(answer.content)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _trust_of(url: str) -> ssl.SSLContext:
    if not url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which trusts nobody
    return _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=4)
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001 - httpx reads them itself
    """Return the certificates to trust; reading them takes longer than most requests."""
    return httpx.create_ssl_context()


_BODILESS = frozenset({204, 304})


class _Body:
    """The body of one answer as it comes in."""

    def __init__(self, response: httpx.Response, most: int) -> None:
        self._response = response
        self._most = most
        self._parts = list[bytes]()
        self._size = 0
        self._received = 0
        self.is_over = False
        """Whether no more of it is wanted."""
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        self._inflating = zlib.decompressobj(zlib.MAX_WBITS | 32) if coding in _CODINGS else None
        self._foreign = "" if coding in ("", "identity") or self._inflating else coding

    @property
    def content(self) -> bytes:
        return b"".join(self._parts)

    def take(self, chunk: bytes) -> None:
        """Take what has come, as far as it may be taken."""
        self._received += len(chunk)
        if self._foreign:
            self._refuse(f"is coded as {self._foreign[:40]!r}, which was not asked for")
            return
        # Compression of nothing, without end, would never fill the bound of what is decoded.
        if self._received > self._most + _FRAMES:
            self._refuse(f"is longer than {self._most:,} bytes", is_too_long=True)
            return
        room = self._most - self._size
        if self._inflating is not None:
            try:
                chunk = self._inflating.decompress(chunk, room + 1)
            except zlib.error:
                self._refuse("is not compressed as it says")
                return
            if self._inflating.unused_data:
                self._refuse("goes on after its compressed end")
                return
        self._parts.append(chunk[:room])
        self._size += len(chunk)
        if self._size > self._most:
            self._refuse(f"is longer than {self._most:,} bytes", is_too_long=True)

    def end(self) -> None:
        """Judge whether it is whole. Raises `httpx.RemoteProtocolError`."""
        stated = self._response.headers.get("Content-Length", "")
        is_cut = self._response.is_success and self._inflating and self._received and not self._inflating.eof
        # Digits are compared as text: there may be thousands of them. What has no body may state one's length.
        is_short = stated.isascii() and stated.isdigit() and stated.lstrip("0") != str(self._received or "")
        if is_cut or (is_short and self._response.status_code not in _BODILESS):
            raise httpx.RemoteProtocolError(
                f"the body ended after {self._received:,} bytes and is not whole", request=self._response.request
            )

    def _refuse(self, fault: str, *, is_too_long: bool = False) -> None:
        if self._response.is_success:
            raise BodyError(fault, self._response, is_too_long=is_too_long)
        self.is_over = True


async def _end_if_more_came(response: httpx.Response) -> None:
    """Close the connection if more has come on it than the answer: the next one would be made of that.

    A connection that cannot be looked into is closed, too: slower, and right.
    """
    network = response.extensions.get("network_stream")
    if network is None:
        return  # not a connection: an application in this process
    try:
        left_over = _H11(response.stream).trailing_data[0]
    except AttributeError:
        left_over = b"?"
    if left_over:
        await network.aclose()
