"""Labels that change while a server runs: they are renamed, swapped, and for a while not told."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Record
from tests.support.workbench import Workbench, workbench
from tests.tools.labels.test_shown import UNREADABLE
from tests.tools.labels.world import ONE, WORLD, organisation
from tests.tools.test_definitions import O200K

NOW_UNREADABLE = (
    "the labels of custom fields could not be read just now, so they go by custom1, custom2, …, and values are not "
    "checked: GET /types"
)


class Held:
    """The sandbox as a client that is not ours reaches it."""

    def __init__(self) -> None:
        self._sandbox: httpx.AsyncBaseTransport | None = None

    def __call__(self, sandbox: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        self._sandbox = sandbox
        return sandbox

    async def rename(self, kind: str, field: str, label: str) -> None:
        """Give a field another label, as Outreach's settings do."""
        async with httpx.AsyncClient(transport=self._sandbox, base_url="https://api.outreach.io") as http:
            given = {"type": kind, "field": field, "label": label}
            assert (await http.put("/sandbox/labels", json=given)).status_code == 204

    async def swap(self, kind: str, one: str, other: str, labels: tuple[str, str]) -> None:
        """Give two fields each the label of the other."""
        await self.rename(kind, one, labels[1])
        await self.rename(kind, other, labels[0])


async def sent(bench: Workbench, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the attributes that a call sent."""
    await bench.call(tool, **arguments)
    found: dict[str, Any] = json.loads(bench.requests[-1].content)["data"]["attributes"]
    return found


SWAPS: tuple[tuple[str, tuple[str, str], tuple[str, str], Any], ...] = (
    ("prospect", ("custom22", "custom1"), ("Renewal date", "Assistant"), "2026-02-28"),
    ("account", ("custom1", "custom26"), ("Field technicians", "Number of sites"), 7),
    ("opportunity", ("custom1", "custom21"), ("Implementation fee", "Budget"), 12),
)


def forms(kind: str, label: str, value: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return calls that write a value by label, in each form that a write takes."""
    update = (f"update_{kind}", {f"{kind}_id": ONE})
    return [
        (update[0], {**update[1], "attributes": {label: value}}),
        (update[0], {**update[1], label: value}),
        (update[0], {**update[1], "attributes": json.dumps({label.upper(): value})}),
    ]


@pytest.mark.parametrize(("kind", "fields", "labels", "value"), SWAPS, ids=[each[0] for each in SWAPS])
async def test_a_write_by_label_goes_into_the_field_that_has_it_now(
    kind: str, fields: tuple[str, str], labels: tuple[str, str], value: Any
) -> None:
    outreach = Held()
    async with workbench(WORLD, custom_fields=organisation(), through=outreach) as bench:
        now = dict(zip(labels, fields, strict=True))
        for round_trip in range(2):
            for label in labels:
                for tool, arguments in forms(kind, label, value):
                    assert list(await sent(bench, tool, **arguments)) == [now[label]], round_trip
                cleared = await sent(bench, f"update_{kind}", **{f"{kind}_id": ONE}, clear=[label])
                assert cleared == {now[label]: None}
            await outreach.swap(kind, now[labels[0]], now[labels[1]], labels)
            now = {labels[0]: now[labels[1]], labels[1]: now[labels[0]]}


async def test_a_new_record_gets_its_value_in_the_field_that_has_the_label_now() -> None:
    outreach = Held()
    async with workbench(WORLD, custom_fields=organisation(), through=outreach) as bench:
        first = await sent(bench, "create_prospect", attributes={"firstName": "Ann", "Night line": "+1 416 555 0198"})
        await outreach.swap("prospect", "custom28", "custom1", ("Night line", "Assistant"))
        second = await sent(bench, "create_prospect", attributes={"firstName": "Bob", "Night line": "+1 416 555 0199"})
    assert first == {"firstName": "Ann", "custom28": "+1 416 555 0198"}
    assert second == {"firstName": "Bob", "custom1": "+1 416 555 0199"}


async def test_a_label_that_is_gone_is_refused_by_a_write_and_the_new_one_is_taken() -> None:
    outreach = Held()
    async with workbench(WORLD, through=outreach) as bench:
        await bench.call("update_prospect", prospect_id=ONE, attributes={"Buying role": "Champion"})
        await outreach.rename("prospect", "custom2", "Part in buying")
        changes = len(bench.changes())
        told = await bench.refused("update_prospect", prospect_id=ONE, attributes={"Buying role": "Blocker"})
        assert len(bench.changes()) == changes
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"part in buying": "Blocker"})
        shown = await bench.call("get_prospect", prospect_id=ONE)
    assert "'Buying role'" in told
    assert (answer["Part in buying"], shown["Part in buying"]) == ("Blocker", "Blocker")


async def test_writes_by_label_at_the_same_time_share_one_read() -> None:
    async with workbench((*WORLD, *(_prospect(each) for each in range(10, 18)))) as bench:
        async with anyio.create_task_group() as group:
            for number in range(10, 18):
                group.start_soon(_set_role, bench, number)
        assert bench.sent().count("GET /types") <= 2
        assert bench.sent().count("PATCH /prospects/17") == 1


async def test_calls_at_the_same_time_do_not_wait_for_one_fault_after_the_other() -> None:
    async def slow() -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        return await answers(500)()

    people = [_prospect(each) for each in range(10, 18)]
    async with workbench((*WORLD, *people), through=Faulty(slow)) as bench:
        told: list[Any] = []

        async def read(tool: str, **arguments: Any) -> None:
            told.append((await bench.call(tool, **arguments))["note"])

        async with anyio.create_task_group() as group:
            for number in range(10, 18):
                group.start_soon(partial(read, "update_prospect", prospect_id=number, custom2="Champion"))
                group.start_soon(partial(read, "list_prospects", fields=["custom2"]))
        assert bench.sent().count("GET /types") <= 2
        assert bench.sent().count("PATCH /prospects/17") == 1
    assert told == [f"{NOW_UNREADABLE} (HTTP 500)"] * 16


async def _set_role(bench: Workbench, number: int) -> None:
    await bench.call("update_prospect", prospect_id=number, attributes={"Buying role": "Champion"})


def _prospect(number: int) -> Record:
    return Record("prospect", number, {"firstName": "Ann", "lastName": f"Lee {number}", "emails": []})


Fault = Callable[[], Awaitable[httpx.Response]]


def answers(status: int, content: str = '{"errors": [{"id": "internalServerError"}]}') -> Fault:
    async def answer() -> httpx.Response:
        return httpx.Response(status, content=content, headers={"Content-Type": "application/vnd.api+json"})

    return answer


def breaks(error: Exception) -> Fault:
    async def fail() -> httpx.Response:
        raise error

    return fail


PASSING: dict[str, tuple[Fault, str]] = {
    "500": (answers(500), "HTTP 500"),
    "502": (answers(502), "HTTP 502"),
    "503": (answers(503), "HTTP 503"),
    "504": (answers(504), "HTTP 504"),
    "422": (answers(422), "HTTP 422"),
    "timeout": (breaks(httpx.ReadTimeout("timed out")), "no answer"),
    "refused": (breaks(httpx.ConnectError("refused")), "no answer"),
    "dropped": (breaks(httpx.RemoteProtocolError("disconnected")), "no answer"),
    "half": (answers(200, '{"data": ['), "HTTP 200"),
    "nothing": (answers(200, "null"), "an answer that cannot be read"),
    "no data": (answers(200, '{"data": {}}'), "an answer that cannot be read"),
}


class Faulty(httpx.AsyncBaseTransport):
    """Lets everything through to the sandbox but requests for labels, while there is a fault."""

    def __init__(self, fault: Fault | None) -> None:
        self.fault = fault
        self._sandbox: httpx.AsyncBaseTransport | None = None

    def __call__(self, sandbox: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        self._sandbox = sandbox
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/types") and self.fault is not None:
            return await self.fault()
        assert self._sandbox is not None
        return await self._sandbox.handle_async_request(request)


async def at_once(_: float) -> None:
    """Wait no time at all."""


@pytest.mark.parametrize(("fault", "reason"), PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("before", [False, True], ids=["never read", "read before"])
async def test_a_fault_that_passes_loses_no_value_and_is_forgotten_when_it_has_passed(
    fault: Fault, reason: str, *, before: bool
) -> None:
    faulty = Faulty(None if before else fault)
    async with workbench(WORLD, through=faulty, sleep=at_once) as bench:
        if before:
            await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "Blocker"})
        faulty.fault = fault
        changes = len(bench.changes())
        told = await bench.refused("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        assert told == f"prospect has no field 'buying role'; {NOW_UNREADABLE} ({reason}). Nothing was sent."
        assert len(O200K.encode(told)) <= 120
        assert len(bench.changes()) == changes
        by_key = await bench.call("update_prospect", prospect_id=ONE, attributes={"custom2": "Champion", "title": "X"})
        shown = "Buying role" if before else "custom2"
        assert (by_key[shown], by_key["title"]) == ("Champion", "X")
        assert by_key.get("note") == (None if before else f"{NOW_UNREADABLE} ({reason})")
        listed = await bench.call("list_prospects", fields=["custom2"], filters={"custom2": "Champion"})
        assert (listed["columns"], listed["rows"]) == (["id", shown], [[ONE, "Champion"]])
        faulty.fault = None
        after = await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "Influencer"})
    assert after["Buying role"] == "Influencer"
    assert "note" not in after


async def test_a_value_that_does_not_fit_is_refused_though_labels_cannot_be_read_again() -> None:
    faulty = Faulty(None)
    async with workbench(WORLD, through=faulty, sleep=at_once) as bench:
        await bench.call("get_prospect", prospect_id=ONE, fields=["custom2"])
        faulty.fault = answers(500)
        told = await bench.refused("update_prospect", prospect_id=ONE, attributes={"custom2": "Nobody"})
        assert told.startswith("'Buying role' takes one of Champion")
        assert bench.changes() == []


@pytest.mark.parametrize("status", [403, 404])
async def test_that_labels_may_not_be_read_is_asked_once_in_some_minutes(status: int) -> None:
    async with workbench(WORLD, through=Faulty(answers(status))) as bench:
        for _ in range(3):
            await bench.call("list_prospects", fields=["custom2"])
        told = await bench.refused("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"custom2": "Champion"})
        assert bench.sent().count("GET /types") == 2
    assert UNREADABLE in told
    assert (answer["custom2"], "note" in answer) == ("Champion", False)


async def test_each_tool_is_told_of_its_own_type_whichever_read_the_labels_first() -> None:
    guard = Guard(Policy.of(["update_prospect", "update_account"]), "never")
    async with workbench(WORLD, guard=guard) as bench:
        for _ in range(2):
            person = await bench.call("update_prospect", prospect_id=ONE, attributes={"custom2": "Champion"})
            company = await bench.call("update_account", account_id=ONE, attributes={"custom1": "3"})
            assert (person["Buying role"], company["Field technicians"]) == ("Champion", "3")
        assert bench.sent().count("GET /types") == 2
