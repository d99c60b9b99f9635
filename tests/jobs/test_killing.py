"""A real process of the server is killed by SIGKILL while it applies a plan, and the next one goes on."""

from collections import Counter
from pathlib import Path

import pytest

from tests.long.killing import CREATE, Death, walk

DEATHS: list[tuple[str, list[Death]]] = [
    ("single", [(9, "after")]),
    ("bulk", [(3, "after")]),  # a look at the records, the bulk action's beginning, its confirmation
    (CREATE, [(12, "before")]),
]


@pytest.mark.parametrize(("plan", "deaths"), DEATHS, ids=[plan for plan, _ in DEATHS])
async def test_what_came_of_each_record_is_what_outreach_did_to_it_once(
    tmp_path: Path, plan: str, deaths: list[Death]
) -> None:
    came = await walk(tmp_path, plan, 30, deaths)
    assert came.breaches == []
    assert (came.records, came.state, came.lives) == (30, "done", len(deaths) + 1)
    assert came.kills == Counter(how for _, how in deaths)
    unknown = came.outcomes.get("unknown", 0)
    assert unknown <= (4 if plan == CREATE else 0)  # those under way at once, of which no record shows what was done
    assert came.outcomes.get("done", 0) + unknown == 30
