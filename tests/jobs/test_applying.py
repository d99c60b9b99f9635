"""A plan is applied as it was shown, whoever edits meanwhile; and every record has one outcome."""

import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.workbench import Workbench, workbench

MAYA, TOM = 17, 18


class Meddling(httpx.AsyncBaseTransport):
    """Lets somebody else do something right before a request, as often as it comes."""

    def __init__(self, inner: httpx.AsyncBaseTransport, before: Callable[[httpx.Request], None]) -> None:
        self._inner = inner
        self._before = before

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._before(request)
        return await self._inner.handle_async_request(request)


class Losing(httpx.AsyncBaseTransport):
    """Loses the first answers to actions: before they are done, after it, or for a gateway's."""

    def __init__(self, inner: httpx.AsyncBaseTransport, effect: str) -> None:
        self._inner = inner
        self._effect = effect
        self._left = 2

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._left == 0 or not request.url.path.endswith("/pause"):
            return await self._inner.handle_async_request(request)
        self._left -= 1
        if self._effect == "answer":
            return httpx.Response(502, request=request)
        if self._effect == "drop_after":
            await self._inner.handle_async_request(request)
        raise httpx.ReadError("lost", request=request)


async def outcomes(bench: Workbench, job: dict[str, Any]) -> dict[int, tuple[str, str]]:
    """Return the outcome and the reason of every record of a job."""
    found: dict[int, tuple[str, str]] = {}
    after: dict[str, str] = {}
    while True:
        page = await bench.call("get_job", job_id=job["job_id"], outcome="all", **after)
        for number, _, code, reason in page["rows"]:
            assert number not in found
            found[number] = (code, reason)
        if not page["has_more"]:
            return found
        after = {"page_after": page["page_after"]}


def titles(bench: Workbench) -> dict[int, Any]:
    return dict(bench.store.rows('SELECT id, title FROM "prospect.rows"'))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("change", ["batch", "single"])
async def test_the_previews_set_and_values_are_what_is_applied_while_others_edit_delete_and_enrol(
    change: str, seed: int
) -> None:
    chance = random.Random(seed)
    meddle: list[Callable[[], None]] = []

    def before(request: httpx.Request) -> None:
        # Others act between the looks at the records and before them: what they touch before is left out.
        if meddle and request.method == "GET" and request.url.path.endswith("/prospects"):
            meddle.pop(0)()

    async with workbench(through=lambda inner: Meddling(inner, before)) as bench:
        filters = [{"field": "owner.id", "criteria": str(TOM)}]
        values: dict[str, Any] = {"attributes": {"title": "Planned"}}
        if change == "single":
            values["clear"] = ["nickname"]
        plan = await bench.call("plan_change", resource="prospect", filters=filters, **values)
        planned = [each for (each,) in bench.store.rows('SELECT id FROM "prospect.rows" WHERE "owner.id" = 18')]
        assert plan["records"] == len(planned)
        chosen = chance.sample(planned, 12)
        edited, moved, deleted, enrolled = chosen[:3], chosen[3:6], chosen[6:9], chosen[9:]

        def act() -> None:
            run = bench.store.run
            for number in edited:
                run("UPDATE \"prospect.rows\" SET title = 'Edited', updatedAt = ? WHERE id = ?", (later(), number))
            for number in moved:
                run('UPDATE "prospect.rows" SET "owner.id" = 17, updatedAt = ? WHERE id = ?', (later(), number))
            for number in deleted:
                run('DELETE FROM "prospect.rows" WHERE id = ?', (number,))
            for number in enrolled:
                run('UPDATE "prospect.rows" SET updatedAt = ? WHERE id = ?', (later(), number))

        meddle.append(act)
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        came = await outcomes(bench, job)
        assert set(came) == set(planned)
        done = {number for number, (code, _) in came.items() if code == "done"}
        assert done == set(planned) - set(chosen)
        now = titles(bench)
        assert {number for number, title in now.items() if title == "Planned"} == done
        assert all(now[number] == "Edited" for number in edited)
        assert all("deleted" in came[number][1] for number in deleted)
        assert all("not among" in came[number][1] or "changed" in came[number][1] for number in moved)
        assert job["left_out"] == len(chosen)


def later() -> str:
    return "2026-11-18T15:31:00.000Z"


async def test_what_outreach_refuses_is_told_record_by_record_and_ends_the_job_at_its_limit() -> None:
    async with workbench() as bench:
        # An address that another prospect has already: Outreach takes it once.
        plan = await bench.call(
            "plan_change", resource="prospect", ids=list(range(402, 442)), attributes={"externalId": "same"},
            clear=["nickname"],
        )  # fmt: skip
        job = await bench.call("apply_plan", plan_id=plan["plan_id"], stop_at=3)
        came = await outcomes(bench, job)
        codes = [code for code, _ in came.values()]
        assert set(codes) <= {"done", "refused", "left_out"}
        assert len(came) == 40
        if codes.count("refused") >= 3:
            assert (job["state"], codes.count("refused") < 3 + 4) == ("stopped", True)


@pytest.mark.parametrize("effect", ["drop_after", "drop_before", "answer"])
async def test_a_lost_answer_is_looked_after_and_nothing_is_done_twice(effect: Any) -> None:
    async with workbench(through=lambda inner: Losing(inner, effect)) as bench:
        plan = await bench.call(
            "plan_change", resource="sequenceState", action="pause",
            filters=[{"field": "state", "criteria": "active"}, {"field": "sequence.id", "criteria": "123"}],
        )  # fmt: skip
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        came = await outcomes(bench, job)
        states = dict(bench.store.rows('SELECT id, state FROM "sequenceState.rows"'))
        for number, (code, reason) in came.items():
            if code == "done":
                assert states[number] == "paused"
            elif code == "unknown":
                assert str(number) in reason  # how to check
            else:
                assert states[number] == "active", (code, reason)
        sent = [each for each in bench.changes() if "/pause" in each]
        assert len(sent) == len(set(sent))


async def test_a_job_that_is_cancelled_stops_after_what_is_under_way() -> None:
    async with workbench() as bench:
        seen: list[str] = []

        async def watch(progress: float, total: float | None, message: str | None) -> None:
            seen.append(f"{message}")

        plan = await bench.call(
            "plan_change", resource="prospect", filters=[{"field": "owner.id", "criteria": str(TOM)}],
            attributes={"title": "x"}, clear=["nickname"],
        )  # fmt: skip
        result = await bench.client.call_tool("apply_plan", {"plan_id": plan["plan_id"]}, progress_callback=watch)
        job = json.loads(result.content[0].text)  # type: ignore[union-attr]
        assert job["state"] == "done"
        assert seen[0].endswith(f"of {plan['records']} records")
        assert "is over already" in await bench.refused("cancel_job", job_id=job["job_id"])
        assert (await bench.call("list_jobs"))["rows"][0][0] == job["job_id"]
