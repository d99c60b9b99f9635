"""Whatever happens in whatever order: no refresh token that is used up is sent, and no call goes without a token."""

import tempfile
from pathlib import Path
from typing import Literal

import anyio
import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import OutreachError
from tests.api.tokens.issuer import Issuer, Time, answering, tokens_of

Step = Literal["call", "wait", "expire", "refuse", "restart", "swap", "unavailable", "too soon", "unreachable"]

USES: tuple[Step, ...] = ("call", "wait", "expire", "refuse", "restart", "swap")
FAULTS: tuple[Step, ...] = ("unavailable", "too soon", "unreachable")


def out_of_reach(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


class Run:
    """Two processes on one store, one of them at work; keeps what the calls got."""

    def __init__(self, path: Path) -> None:
        self.issuer = Issuer(Time(), life=600)
        self._path = path
        self._at_work, self._other = tokens_of(self.issuer, path), tokens_of(self.issuer, path)
        self.accepted: list[bool] = []
        self.failures: list[OutreachError] = []

    async def take(self, step: Step) -> None:
        issuer = self.issuer
        if step in ("wait", "expire"):
            issuer.clock.sleep(60 if step == "wait" else 600)
        elif step == "restart":
            self._at_work = tokens_of(issuer, self._path)
        elif step == "swap":
            self._at_work, self._other = self._other, self._at_work
        elif step == "unavailable":
            issuer.faults += [answering(503)] * 2
        elif step == "too soon":
            issuer.faults.append(answering(429))
        elif step == "unreachable":
            issuer.faults.append(out_of_reach)
        else:
            await self._call(refused=step == "refuse")

    async def _call(self, *, refused: bool) -> None:
        try:
            token = await self._at_work.access_token()
            if refused:
                self.issuer.clock.sleep(60)  # so that another may be minted
                token = await self._at_work.renewed(token)
        except OutreachError as error:
            self.failures.append(error)
        else:
            self.accepted.append(self.issuer.accepts(token))


def run(steps: list[Step]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        made = Run(Path(folder) / "tokens.json")

        async def take_all() -> None:
            for step in steps:
                await made.take(step)

        anyio.run(take_all)
        return made


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(USES), max_size=12))
def test_no_refresh_token_is_sent_twice_and_every_call_gets_a_good_token(steps: list[Step]) -> None:
    made = run(steps)
    assert made.failures == []
    assert all(made.accepted)
    assert len(set(made.issuer.received)) == len(made.issuer.received)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(USES + FAULTS), max_size=12))
def test_trouble_with_the_endpoint_uses_no_refresh_token_up_twice(steps: list[Step]) -> None:
    made = run(steps)
    assert all(made.accepted)
    assert made.issuer.refused == []
