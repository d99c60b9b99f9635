"""An Outreach with as many prospects as are asked for, which keeps none: each is made when it is read."""

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import httpx

_OWN = re.compile(r"ann\.lee\.(\d+)@acme\.example")
_ACCOUNT = {"type": "account", "id": 5, "attributes": {"name": "Acme"}}
_RANGE = re.compile(r"(\d*)\.\.(\d*|inf)")


class _Passing(httpx.AsyncByteStream):
    """Bytes that go by, as they do on a network: an answer made of them as its content would keep them."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content, self._content = self._content, b""
        yield content


def prospects(count: int) -> httpx.MockTransport:
    """Return the way to an Outreach with prospects 1 to `count`, in an account, which can be read page by page."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/types"):
            return httpx.Response(200, json={"data": []})
        if request.url.path.rstrip("/").endswith("/v2"):
            return httpx.Response(200, json={"meta": {"user": {"id": 1, "email": "sally@acme.example"}}})
        query = dict(parse_qsl(request.url.query.decode()))
        low, high = 1, count
        if "filter[emails]" in query:
            known = map(int, _OWN.findall(query["filter[emails]"]))
            held = [_prospect(number) for number in known if number <= count]
            return httpx.Response(200, json={"data": held, "included": [_ACCOUNT], "meta": {"count": len(held)}})
        if found := _RANGE.fullmatch(query.get("filter[id]", "")):
            low = max(low, int(found[1] or 1))
            high = min(high, int(found[2])) if found[2].isdigit() else high
        ids = range(low, high + 1)
        ordered = ids if query.get("sort", "id") == "id" else ids[::-1]
        size = int(query.get("page[size]", "50"))
        document = {
            "data": [_prospect(number) for number in ordered[:size]],
            "included": [_ACCOUNT],
            "meta": {"count": len(ids)},
            "links": {"next": f"{request.url}&page%5Bafter%5D=x"} if len(ordered) > size else {},
        }
        return httpx.Response(200, stream=_Passing(json.dumps(document).encode()))

    return httpx.MockTransport(answer)


def _prospect(number: int) -> dict[str, object]:
    return {
        "type": "prospect",
        "id": number,
        "attributes": {
            "name": f"Ann Lee {number}",
            "title": f"=HYPERLINK({number})",
            "emails": [f"ann.lee.{number}@acme.example"],
            "touchedAt": "2026-11-14T00:05:47.000Z",
        },
        "relationships": {"account": {"data": {"type": "account", "id": 5}}},
    }
