"""A job survives the deaths of its process: nothing is done twice, and every record has one outcome."""

from typing import Any

import pytest

from tests.long.jobs import walk
from tests.long.prospects import many
from tests.support.workbench import organisation

_SINGLE = {"resource": "prospect", "all": True, "attributes": {"title": "Planned"}, "clear": ["nickname"]}
_BATCH = {"resource": "prospect", "all": True, "attributes": {"title": "Planned"}}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("plan", [_SINGLE, _BATCH], ids=["single", "batch"])
async def test_a_process_may_die_at_any_step_and_nothing_is_done_twice(plan: dict[str, Any], seed: int) -> None:
    figures = await walk(many(30), plan, seed=seed, share=0.0, deaths=6, stop_at=100)
    assert sum(figures["outcomes"].values()) in (0, 30)


@pytest.mark.parametrize("seed", range(3))
async def test_a_fifth_of_the_answers_may_fail_as_well(seed: int) -> None:
    figures = await walk(many(30), _SINGLE, seed=seed, share=0.2, deaths=4, stop_at=100)
    assert sum(figures["outcomes"].values()) in (0, 30)


def test_the_walk_has_prospects_of_its_own() -> None:
    assert len([record for record in many(30) if record.type == "prospect"]) == 30
    assert len(organisation()) > 30


FILES = {
    "e-mail": ["email,title", *(f"new{each}@new.example,CTO" for each in range(30))],
    "no key": ["firstName,title", *(f"New{each},CTO" for each in range(30))],
    "alike": ["firstName,title", *(["New,CTO"] * 30)],
}


@pytest.mark.parametrize("share", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows", FILES)
async def test_what_a_process_made_before_it_died_is_found_and_is_made_once(rows: str, seed: int, share: float) -> None:
    plan = {"resource": "prospect", "csv": "\n".join(FILES[rows])}
    figures = await walk(many(3), plan, seed=seed, share=share, deaths=6, stop_at=100, tool="plan_import")
    outcomes = figures["outcomes"]
    assert sum(outcomes.values()) in (0, 30)
    if outcomes and not share:  # else a refusal, or an answer that is lost, may leave some open
        assert outcomes.get("done", 0) == figures["made"]
        assert rows != "e-mail" or outcomes == {"done": 30}  # Outreach takes it once, so that each is settled
