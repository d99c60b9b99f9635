"""Two replicas behind nginx with Redis: any of them answers, and restarting them loses nothing."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult, TextContent

from outreach_mcp.protocol.apps import APPROVES
from outreach_mcp.protocol.pictures.showing import BESIDE
from tests.long.replicas import run
from tests.support.answers import said
from tests.support.replicas import Deployment, TeamMember, deployed
from tests.support.serving import ERAS, Era, client


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The deployment is made once for all, so its event loop is as well."""
    return "asyncio"


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Deployment]:
    async with deployed(tmp_path_factory.mktemp("deployment"), users=6) as it:
        yield it


def bearer(member: TeamMember) -> dict[str, str]:
    return {"Authorization": f"Bearer {member.credential}"}


class Balancing:
    """Return the replicas that nginx asked since this was made."""

    def __init__(self, deployment: Deployment) -> None:
        self._nginx = deployment.nginx
        self._before = len(self._nginx.log())

    @property
    def asked(self) -> list[str]:
        return [line.split()[-1] for line in self._nginx.log()[self._before :]]


async def text_of(it: Client, tool: str, arguments: dict[str, object]) -> str:
    (content,) = (await it.call_tool(tool, arguments)).content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("era", ERAS)
async def test_calls_of_one_client_are_answered_by_either_replica(deployment: Deployment, era: Era) -> None:
    user = 1 + ERAS.index(era)
    member, balancing = await deployment.join(user, by_key=True), Balancing(deployment)
    async with client(deployment.nginx.url, ("/mcp", era), headers=bearer(member)) as it:
        told = [await text_of(it, "get_connection", {}) for _ in range(4)]
    assert [f'"email":"user{user}@example.com"' in text for text in told] == [True] * 4
    assert len(set(balancing.asked)) == 2


async def test_what_one_replica_asked_is_answered_to_the_other(deployment: Deployment) -> None:
    member = await deployment.join(3, by_key=True)

    async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"confirm": True})

    async with client(deployment.nginx.url, ("/mcp", "auto"), headers=bearer(member), person=agree) as it:
        made = json.loads(await text_of(it, "create_account", {"attributes": {"name": "Short-lived"}}))
        balancing = Balancing(deployment)
        told = json.loads(await text_of(it, "delete_account", {"account_id": made["id"]}))
    # The question, and the answer to it: two requests, which nginx sent to two replicas.
    assert told == {"deleted": True, "id": made["id"]}
    assert (len(balancing.asked), len(set(balancing.asked))) == (2, 2)


async def test_a_plan_of_one_replica_is_approved_in_its_picture_at_the_other(deployment: Deployment) -> None:
    member = await deployment.join(6, by_key=True)
    async with client(deployment.nginx.url, ("/mcp", "auto"), headers=bearer(member), pictures=True) as it:
        made = json.loads(await text_of(it, "create_account", {"attributes": {"name": "Planned"}}))
        given = {"resource": "account", "ids": [made["id"]], "attributes": '{"name": "Approved"}'}
        balancing = Balancing(deployment)
        planned = await it.call_tool("plan_change", given)
        seal, plan_id = (planned.meta or {})[BESIDE]["approval"], json.loads(said(planned))["plan_id"]
        job = json.loads(await text_of(it, APPROVES, {"plan_id": plan_id, "approval": seal}))
        # The plan, and its approval: two requests, which nginx sent to two replicas.
        assert (len(balancing.asked), len(set(balancing.asked))) == (2, 2)
        while job["state"] in ("queued", "running"):
            job = json.loads(await text_of(it, "get_job", {"job_id": job["job_id"]}))
        named = json.loads(await text_of(it, "get_account", {"account_id": made["id"]}))["name"]
    assert (job["state"], named) == ("done", "Approved")


@pytest.mark.parametrize("era", ERAS)
async def test_a_stream_stays_with_its_replica(deployment: Deployment, era: Era) -> None:
    user = 4 + ERAS.index(era)
    member, balancing = await deployment.join(user, by_key=False), Balancing(deployment)
    async with client(deployment.nginx.url, ("/sse", era), headers=bearer(member)) as it:
        told = [await text_of(it, "get_connection", {}) for _ in range(4)]
    assert [f'"email":"user{user}@example.com"' in text for text in told] == [True] * 4
    assert len(set(balancing.asked)) == 1


async def test_figures_are_not_shown_through_nginx(deployment: Deployment) -> None:
    async with httpx.AsyncClient() as http:
        answers = [await http.get(f"{deployment.nginx.url}/{path}") for path in ("metrics", "ready")]
    assert [answer.status_code for answer in answers] == [404, 200]


async def test_a_rolling_restart_loses_no_call_and_mixes_up_nobody(tmp_path: Path) -> None:
    figures = await run(callers=6, calls=150, restarts=2, seed=1, folder=tmp_path)
    assert (figures.breaches, figures.restarts >= 2, figures.calls.total() >= 150) == ([], True, True)
