"""Nothing reveals what a setting excludes: no value, no count, no order, whatever is asked."""

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import resource_type
from outreach_tools.catalog.belonging import COPIES, OWNERS, with_parts
from outreach_tools.toolsets import all_tools
from tests.long.canaries import Mode, Walked, choosable, excludable, organisation, walk
from tests.long.canary_questions import CANARY
from tests.support.counts import few_or_many
from tests.support.workbench import workbench

SOME = few_or_many(24, 400)
"""Questions for each type; `scripts/check_long` asks them all."""

FEW = few_or_many(6, 400)
"""Questions to tools of no type, of which many are some requests each."""


def told(walked: Walked) -> list[str]:
    return [f"{leak.question}: {leak.answers[0][:200]} / {leak.answers[1][:200]}" for leak in walked.leaks[:5]]


@pytest.mark.parametrize(
    ("kind", "mode"), [*((kind, "excluded") for kind in excludable()), *((kind, "unchosen") for kind in choosable())]
)
async def test_nothing_that_can_be_asked_tells_of_a_type_that_is_kept_from_the_caller(kind: str, mode: Mode) -> None:
    walked = await walk(kind, mode, most=SOME, seed=12, further=FEW)
    assert told(walked) == []
    assert 0 < walked.answered < walked.asked


@pytest.mark.parametrize("kind", sorted({kind for kinds in COPIES.values() for kind in kinds} & {*excludable()}))
async def test_no_dry_run_shows_what_repeats_an_excluded_record(kind: str) -> None:
    policy = Policy.of(excluded=[tool.name for tool in all_tools() if tool.resource == kind])
    hidden = with_parts(frozenset({kind}))
    copies = [(owner, name) for (owner, name), sources in COPIES.items() if not hidden.isdisjoint(sources)]
    async with workbench(organisation(hidden, "excluded", other=False), guard=Guard(policy, "never")) as bench:
        for owner, name in copies:
            path = f"/{resource_type(owner).path}/1"
            body = {"data": {"type": owner, "id": 1, "attributes": {name: "other"}}}
            for request in ({"method": "PATCH", "body": body}, {"method": "DELETE"}):
                _, text = await bench.outcome("raw_http_request", {**request, "path": path, "dry_run": True})
                assert CANARY not in text.casefold()
        assert bench.changes() == []


@pytest.mark.parametrize("kind", ["account", "prospect", "user", "sequence", "stage"])
async def test_the_walk_finds_what_a_gate_that_lets_everything_through_tells(kind: str) -> None:
    walked = await walk(kind, most=SOME, seed=12, policy=Policy.of())
    assert len(walked.leaks) > SOME // 20


def test_what_is_a_part_of_a_type_is_excluded_with_it() -> None:
    assert with_parts(frozenset({"prospect"})) >= {"emailAddress", "phoneNumber", "prospectNote", "sequenceState"}
    assert with_parts(frozenset({"sequence"})) >= {"sequenceStep", "sequenceTemplate", "sequenceState"}
    assert with_parts(frozenset(OWNERS)) >= frozenset(OWNERS)
