"""Holds requests against Outreach's official contract, independently of the product's catalogue.

Tools and sandbox share one catalogue and would share its faults; this reads the official files again, its own way.
Four operations that only the hyper-schema knows (PATCH on calls and mailings, lock and unlock of sequences) count as
violations: the tools must not need them.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.contract.body import body_faults
from tests.contract.query import query_faults
from tests.contract.schema import ResourceType, Route, read_routes, read_types

_MEDIA_TYPE = "application/vnd.api+json"
# GET only, without parameters: "who am I" and the custom fields, which the OpenAPI mentions in its prose
_UNLISTED = frozenset({"", "/", "/types"})


class OfficialContract:
    """The official contract: says of a request what it does that the contract does not allow."""

    def __init__(self, openapi: dict[str, Any], hyper_schema: dict[str, Any]) -> None:
        self.base_url = httpx.URL(openapi["servers"][0]["url"])
        self.types: dict[str, ResourceType] = read_types(openapi, hyper_schema)
        self.routes: tuple[Route, ...] = read_routes(openapi, hyper_schema)

    @classmethod
    def load(cls, openapi: Path, hyper_schema: Path) -> "OfficialContract":
        """Read the two official files."""
        return cls(*(json.loads(path.read_text(encoding="utf-8")) for path in (openapi, hyper_schema)))

    def check(self, request: httpx.Request) -> list[str]:
        """Return the violations of one request, whose body has been read; none where the contract allows it."""
        return [*self.check_envelope(request), *self._check_content(request)]

    def check_envelope(self, request: httpx.Request) -> list[str]:
        """Return what is wrong with the place a request goes to and with its headers, whatever it asks there."""
        return [*self._place_faults(request.url), *_header_faults(request.headers)]

    def _place_faults(self, url: httpx.URL) -> Iterator[str]:
        base = self.base_url
        if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
            yield f"{url} is not on {base}"
        if self._below_base(url) is None:
            yield f"{url.raw_path.decode()} is not below {base.path}"
        if url.userinfo:
            yield "the URL carries credentials"
        if url.fragment:
            yield "the URL carries a fragment"

    def _below_base(self, url: httpx.URL) -> str | None:
        """Return the path below the API's base exactly as it is sent, or None."""
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        below = path.removeprefix(self.base_url.path)
        tricky = any(segment in {".", ".."} for segment in path.split("/")) or "%" in path
        return None if tricky or below == path or not (below == "" or below.startswith("/")) else below

    def _check_content(self, request: httpx.Request) -> Iterator[str]:
        path = self._below_base(request.url)
        if path is None:
            return
        query = parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True)
        if request.method == "GET" and path in _UNLISTED:
            if query or request.content:
                yield f"GET {path or '/'} takes neither parameters nor a body"
            return
        for route in self.routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == request.method:
                yield from query_faults(route, query, self.types)
                yield from body_faults(route, match.groupdict().get("id", ""), request.content, self.types)
                return
        yield f"there is no {request.method} {path}"


class CheckingTransport(httpx.AsyncBaseTransport):
    """Passes requests on to another transport after a check: `OfficialContract.check`, or its `check_envelope`.

    Keeps every request in `requests` and every violation in `violations`; a violation is raised as well, and stays in
    the list should something swallow the exception.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, check: Callable[[httpx.Request], list[str]]) -> None:
        self.requests: list[httpx.Request] = []
        self.violations: list[str] = []
        self._inner = inner
        self._check = check

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check one request and pass it on; raise `AssertionError` listing what is wrong with it."""
        content = await request.aread()
        self.requests.append(request)
        violations = self._check(request)
        if violations:
            shown = f"{request.method} {request.url} {content.decode(errors='replace')}"
            self.violations.extend(f"{shown}: {violation}" for violation in violations)
            raise AssertionError("\n  ".join([f"outside the official contract: {shown}", *violations]))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the transport behind."""
        await self._inner.aclose()


def _header_faults(headers: httpx.Headers) -> Iterator[str]:
    for name in ("Content-Type", "Accept"):
        if headers.get(name) != _MEDIA_TYPE:
            yield f"{name} is {headers.get(name)!r}, not {_MEDIA_TYPE}"
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        yield "Authorization holds no bearer token"
