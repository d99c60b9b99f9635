"""Nothing reveals what a setting excludes: no value, no count, no order, whatever is asked."""

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_tools.catalog.belonging import OWNERS, with_parts
from tests.long.canaries import Mode, Walked, choosable, excludable, walk
from tests.support.counts import few_or_many

SOME = few_or_many(24, 400)
"""Questions for each type; `scripts/check_long` asks them all."""


def told(walked: Walked) -> list[str]:
    return [f"{leak.question}: {leak.answers[0][:200]} / {leak.answers[1][:200]}" for leak in walked.leaks[:5]]


@pytest.mark.parametrize(
    ("kind", "mode"), [*((kind, "excluded") for kind in excludable()), *((kind, "unchosen") for kind in choosable())]
)
async def test_nothing_that_can_be_asked_tells_of_a_type_that_is_kept_from_the_caller(kind: str, mode: Mode) -> None:
    walked = await walk(kind, mode, most=SOME, seed=12)
    assert told(walked) == []
    assert 0 < walked.answered < walked.asked


@pytest.mark.parametrize("kind", ["account", "prospect", "user", "sequence", "stage"])
async def test_the_walk_finds_what_a_gate_that_lets_everything_through_tells(kind: str) -> None:
    walked = await walk(kind, most=SOME, seed=12, policy=Policy.of())
    assert len(walked.leaks) > SOME // 20


def test_what_is_a_part_of_a_type_is_excluded_with_it() -> None:
    assert with_parts(frozenset({"prospect"})) >= {"emailAddress", "phoneNumber", "prospectNote", "sequenceState"}
    assert with_parts(frozenset({"sequence"})) >= {"sequenceStep", "sequenceTemplate", "sequenceState"}
    assert with_parts(frozenset(OWNERS)) >= frozenset(OWNERS)
