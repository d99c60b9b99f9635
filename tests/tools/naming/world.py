"""An organisation of which every type that is called by names has one record, number 456."""

import json
from typing import Any

import httpx

from outreach_sandbox.records import Record
from outreach_tools.engine.naming.kinds import NAMINGS

ONE = 456


def name_of(kind: str) -> str:
    """Return what the record of a type is called."""
    if kind == "mailbox":
        return "zoe@sales.example"
    return f"Zoë {kind}"


def one(kind: str, number: int = ONE, name: str | None = None, **attributes: Any) -> Record:
    """Return a record of a type that is called so."""
    name = name or name_of(kind)
    first, _, last = name.partition(" ")
    keys: dict[str, Any] = {
        "mailbox": {"email": name},
        "prospect": {"firstName": first, "lastName": last, "emails": []},
        "user": {"name": name, "firstName": first, "lastName": last, "email": f"user{number}@sales.example"},
    }
    return Record(kind, number, {**keys.get(kind, {"name": name}), **attributes})


ME = one("user", 1, "Me Myself")
WORLD = (ME, *(one(kind) for kind in sorted(NAMINGS)))


class Refusing(httpx.AsyncBaseTransport):
    """Lets lists through to the sandbox and refuses all else, so that it can be sent again and again."""

    def __init__(self, sandbox: httpx.AsyncBaseTransport) -> None:
        self._sandbox = sandbox

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path.rpartition("/")[2].isalpha():
            return await self._sandbox.handle_async_request(request)
        error = {"id": "unauthorizedRequest", "detail": "You are not authorized to perform that request."}
        return httpx.Response(403, content=json.dumps({"errors": [error]}))
