"""A sandbox to ask over HTTP, its clock, and a small organisation to put into it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx

from outreach_sandbox.access import SANDBOX_TOKENS, Access
from outreach_sandbox.app import BASE_URL, build_sandbox
from outreach_sandbox.faults import Faults
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import SandboxTransport
from tests.support.stores import sandbox_store

NOW = "2026-03-02T09:30:00.000Z"
JSON_API = "application/vnd.api+json"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **step: float) -> None:
        self.moment += timedelta(**step)


class Api:
    """The sandbox as a test asks it."""

    def __init__(self, http: httpx.AsyncClient, store: Store, clock: Clock, faults: Faults) -> None:
        self.http = http
        self.store = store
        self.clock = clock
        self.faults = faults

    async def get(self, path: str, **params: str) -> Any:
        """Return the document of a GET that succeeds."""
        response = await self.http.get(path, params=params or None)
        assert response.status_code == 200, response.text
        return response.json()

    async def ids(self, path: str, **params: str) -> list[Any]:
        """Return the ids of a list: integers, but for the few types whose ids are strings."""
        return [each["id"] for each in (await self.get(path, **params))["data"]]

    async def send(self, method: str, path: str, data: object = None) -> httpx.Response:
        """Send a document, or nothing, and return the answer whatever it is."""
        if data is None:
            return await self.http.request(method, path)
        return await self.http.request(method, path, json={"data": data}, headers={"Content-Type": JSON_API})

    async def create(
        self, path: str, type_name: str, attributes: object = None, relationships: object = None
    ) -> httpx.Response:
        """Create a record."""
        data: dict[str, object] = {"type": type_name}
        if attributes is not None:
            data["attributes"] = attributes
        if relationships is not None:
            data["relationships"] = relationships
        return await self.send("POST", path, data)

    async def update(
        self, path: str, type_name: str, attributes: object = None, relationships: object = None
    ) -> httpx.Response:
        """Change a record."""
        data: dict[str, object] = {"type": type_name, "id": int(path.rpartition("/")[2])}
        if attributes is not None:
            data["attributes"] = attributes
        if relationships is not None:
            data["relationships"] = relationships
        return await self.send("PATCH", path, data)


@asynccontextmanager
async def sandbox(
    records: Iterable[Record] = (),
    *,
    tokens: Mapping[str, Access] = SANDBOX_TOKENS,
    switches: Switches = Switches(),  # noqa: B008 - it is frozen
    base_url: str = BASE_URL,
    token: str = "sandbox",
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    control: bool = False,
) -> AsyncGenerator[Api]:
    """Open a sandbox that holds these records."""
    store, clock, faults = sandbox_store(records), Clock(), Faults()
    app = build_sandbox(
        store,
        tokens=tokens,
        clock=clock,
        sleep=sleep,
        switches=switches,
        faults=faults,
        base_url=base_url,
        control=control,
    )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(transport=SandboxTransport(app), base_url=base_url, headers=headers) as http:
        yield Api(http, store, clock, faults)
    store.close()


def to(type_name: str, record_id: int) -> dict[str, Any]:
    """Return a to-one relationship as a request writes it."""
    return {"data": {"type": type_name, "id": record_id}}


def problems(response: httpx.Response) -> list[tuple[str, str]]:
    """Return the details and pointers of a 422."""
    assert response.status_code == 422, response.text
    errors = response.json()["errors"]
    assert {error["id"] for error in errors} == {"validationError"}
    return [(error["detail"], error["source"]["pointer"]) for error in errors]


async def outcome(api: Api, response: httpx.Response) -> str:
    """Return why a batch, or an import, refused its one record."""
    data = response.json()["data"]
    if data["type"] == "import":
        return str((await api.get(f"/imports/{data['id']}"))["data"]["attributes"]["errorReason"] or "")
    summary = (await api.get(f"/batches/{data['id']}"))["data"]["attributes"]["summary"]
    return next(iter(summary["errors"]), "")


async def upsert(api: Api, each: dict[str, Any]) -> str:
    """Import one resource object over what is there and return why it was refused, or nothing."""
    attributes = {"dupeMethod": "overwrite", "records": [each]}
    return await outcome(api, await api.send("POST", "/imports/actions/bulkUpsert", {"attributes": attributes}))


def record(type_name: str, record_id: int, attributes: Mapping[str, Any] = {}, **links: Identifier) -> Record:
    """Return a record with to-one relationships."""
    return Record(type_name, record_id, dict(attributes), dict(links))


USER = Identifier("user", 1)
OTHER_USER = Identifier("user", 2)
ACME = Identifier("account", 1)
ANN = Identifier("prospect", 1)
BOB = Identifier("prospect", 2)
RENEWAL = Identifier("sequence", 1)
MAILBOX = Identifier("mailbox", 1)

ORGANISATION: tuple[Record, ...] = (
    record("user", 1, {"firstName": "Uma", "lastName": "Stone", "email": "uma@us.example", "locked": False}),
    record("user", 2, {"firstName": "Vic", "lastName": "Moss", "email": "vic@us.example", "locked": False}),
    record("user", 3, {"firstName": "Leo", "lastName": "Gone", "email": "leo@us.example", "locked": True}),
    record("mailbox", 1, {"email": "uma@us.example"}, user=USER),
    record("mailbox", 2, {"email": "leo@us.example"}, user=Identifier("user", 3)),
    record("account", 1, {"name": "Acme", "domain": "acme.example", "customId": "A-1"}, owner=USER),
    record("account", 2, {"name": "Beta Works", "domain": "beta.example"}, owner=OTHER_USER),
    record("stage", 1, {"name": "Cold", "order": 1, "color": "#0000ff"}),
    record(
        "prospect",
        1,
        {"firstName": "Ann", "lastName": "Lee", "emails": ["ann@acme.example"], "optedOut": False, "title": "CEO"},
        account=ACME,
        owner=USER,
        stage=Identifier("stage", 1),
    ),
    record("prospect", 2, {"firstName": "Bob", "lastName": "Ray", "emails": ["bob@beta.example"]}, owner=OTHER_USER),
    record("prospect", 3, {"firstName": "Cid", "emails": ["cid@x.example"], "optedOut": True}),
    record("taskPriority", 1, {"name": "High", "weight": 10}),
    record("taskPriority", 3, {"name": "Normal", "weight": 30}),
    record("taskDisposition", 1, {"name": "Met"}),
    record("taskPurpose", 1, {"name": "Demo"}),
    record("sequence", 1, {"name": "Renewal", "enabled": True, "locked": False, "shareType": "shared"}, owner=USER),
    record("sequenceStep", 11, {"stepType": "manual_email", "order": 1}, sequence=RENEWAL),
    record("sequenceStep", 12, {"stepType": "call", "order": 2}, sequence=RENEWAL),
    record("sequence", 2, {"name": "Calls only", "enabled": False, "locked": False}, owner=USER),
    record("sequenceStep", 21, {"stepType": "call", "order": 1}, sequence=Identifier("sequence", 2)),
)
"""Two users and a locked one, two accounts, three prospects, two sequences: enough for most rules."""
