"""Suite `replicas`: callers with connections of their own call through nginx while two replicas are restarted in turn.

No call may fail, no answer be another caller's, nothing be written twice or as somebody else. Half of the callers send
keys, half tokens; half speak the protocol of 2026-07-28, half the one before; all connections have to be renewed first.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx
from mcp import Client
from mcp_types import TextContent

from tests.long.posing_outreach import TOKEN, email_of, owner_of
from tests.support.replicas import Deployment, TeamMember, deployed
from tests.support.serving import ERAS, client

_PROSPECTS = 20
"""Of each caller."""

_OF_CALLERS = {"list_prospects": {"filters": [{"field": "owner.id", "criteria": "me"}]}, "get_connection": {}}


@dataclass(slots=True)
class Figures:
    """The summary of a run."""

    calls: Counter[str] = field(default_factory=Counter[str])
    restarts: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    written: int = 0
    moved: int = 0
    said: list[str] = field(default_factory=list[str])
    breaches: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Caller:
    """Somebody who calls, what they have had made, and what they are owed."""

    member: TeamMember
    number: int
    users: int
    random: Random
    made: list[str] = field(default_factory=list[str])

    def call(self) -> tuple[str, dict[str, Any]]:
        """The next call: of what is theirs, of what anybody may see, or of something new."""
        tool = self.random.choice((*_OF_CALLERS, "get_prospect", "get_prospect", "create_account"))
        if tool == "get_prospect":
            return tool, {"prospect_id": self.random.randrange(1, self.users * _PROSPECTS + 1)}
        if tool == "create_account":
            name = f"{self.member.user}/{len(self.made)}"
            self.made.append(name)
            return tool, {"attributes": {"name": name}, "relationships": {"owner": "me"}}
        return tool, _OF_CALLERS[tool]

    def fault(self, tool: str, arguments: dict[str, Any], answer: dict[str, Any]) -> str | None:
        """Say what is wrong about an answer."""
        me, users = self.member.user, self.users
        if tool == "get_connection":
            user = answer.get("user")
            right = user == {"id": me, "name": f"User {me}", "email": email_of(me)}
        elif tool == "list_prospects":
            mine = [number for number in range(1, users * _PROSPECTS + 1) if owner_of(number, users) == me]
            at = answer["columns"].index("owner_id")
            right = [(row[0], row[at]) for row in answer["rows"]] == [(number, me) for number in mine]
        elif tool == "get_prospect":
            asked = arguments["prospect_id"]
            right = (answer.get("id"), answer.get("owner_id")) == (asked, owner_of(asked, users))
        else:
            right = (answer.get("name"), answer.get("owner_id")) == (arguments["attributes"]["name"], me)
        return None if right else f"user {me} asked {tool} {arguments} and was told {answer}"


async def _call(it: Client, caller: _Caller, figures: Figures) -> None:
    tool, arguments = caller.call()
    begun = time.monotonic()
    try:
        result = await it.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        fault = content.text if result.is_error else caller.fault(tool, arguments, json.loads(content.text))
    except Exception as error:  # whatever it is, it is counted
        fault = f"{type(error).__name__}: {error}"
    figures.calls[tool] += 1
    figures.slowest = max(figures.slowest, time.monotonic() - begun)
    if fault:
        figures.breaches.append(f"{tool}: {fault}")


async def _converse(deployment: Deployment, caller: _Caller, calls: int, restarts: int, figures: Figures) -> None:
    headers = {"Authorization": f"Bearer {caller.member.credential}"}
    way = ERAS[caller.number // 2 % 2]
    async with client(deployment.nginx.url, ("/mcp", way), headers=headers) as it:
        while calls > 0 or figures.restarts < restarts:
            await _call(it, caller, figures)
            calls -= 1


async def _restart(deployment: Deployment, figures: Figures, finished: anyio.Event) -> None:
    while not finished.is_set():
        await deployment.restart(deployment.replicas[figures.restarts % 2])
        figures.restarts += 1


async def run(callers: int, calls: int, restarts: int, seed: int, folder: Path) -> Figures:
    """Let callers make so many calls, and more until there were so many restarts, which go on as long as they do."""
    figures = Figures()
    async with deployed(folder, users=callers, prospects=_PROSPECTS) as deployment:
        people = [
            _Caller(await deployment.join(number + 1, by_key=number % 2 == 0), number, callers, Random(seed + number))
            for number in range(callers)
        ]
        finished = anyio.Event()
        begun = time.monotonic()
        async with anyio.create_task_group() as restarting:
            restarting.start_soon(_restart, deployment, figures, finished)
            async with anyio.create_task_group() as calling:
                for person in people:
                    calling.start_soon(_converse, deployment, person, calls // callers, restarts, figures)
            finished.set()
            figures.seconds = time.monotonic() - begun
        figures.breaches += await _about_writes(deployment, people, figures)
        figures.breaches += _about_balancing(deployment, figures)
    return figures


async def _about_writes(deployment: Deployment, people: list[_Caller], figures: Figures) -> list[str]:
    """Hold what is in Outreach now against what was to be made, and by whom."""
    found = Counter[tuple[str, int]]()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    page: str | None = f"{deployment.outreach_url}/api/v2/accounts?page[size]=1000"
    async with httpx.AsyncClient(headers=headers) as http:
        while page:
            document = (await http.get(page)).raise_for_status().json()
            for each in document["data"]:
                found[each["attributes"]["name"], each["relationships"]["owner"]["data"]["id"]] += 1
            page = document.get("links", {}).get("next")
    figures.written = found.total()
    wanted = Counter((name, person.member.user) for person in people for name in person.made)
    wrong = sorted((found - wanted) + (wanted - found))
    return [f"account {name!r} of user {owner} is there {found[name, owner]} times" for name, owner in wrong]


def _about_balancing(deployment: Deployment, figures: Figures) -> list[str]:
    lines = [line.split() for line in deployment.nginx.log()]
    # After the seconds, which are the eighth, come the replicas that were tried.
    figures.moved = sum(len(line) > 8 for line in lines)
    figures.said = [line.strip() for replica in deployment.replicas for line in replica.said]
    return [f"nginx answered {line[4]}" for line in lines if not line[4].startswith("2")]


def main(arguments: list[str]) -> int:
    """Run the suite, print its figures, and return 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="check_long replicas", description=__doc__)
    parser.add_argument("--callers", type=int, default=50, help="callers at once (50)")
    parser.add_argument("--calls", type=int, default=20_000, help="calls of all of them (20000)")
    parser.add_argument("--restarts", type=int, default=2, help="the fewest restarts (2)")
    parser.add_argument("--seed", type=int, default=1, help="what the callers' chance begins with (1)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = anyio.run(run, given.callers, given.calls, given.restarts, given.seed, Path(folder))
    print(f"{given.callers} callers at once, {figures.calls.total():,} calls in {figures.seconds:.0f} s")
    print(f"restarts of a replica meanwhile: {figures.restarts}; slowest call: {figures.slowest:.2f} s")
    print("calls:", ", ".join(f"{tool} {count:,}" for tool, count in figures.calls.most_common()))
    print(f"records written: {figures.written:,}")
    print(f"requests that found a replica closed and went to the other: {figures.moved}")
    for line in figures.said:
        print(f"a replica said: {line}")
    print(f"\nbreaches: {len(figures.breaches)}")
    for breach in figures.breaches[:50]:
        print(f"  {breach}")
    return 1 if figures.breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
