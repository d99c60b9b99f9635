"""Divides a plan into what is applied at once: bulk actions of Outreach where they fit, else a few records one by one.

The same plan is always divided in the same way, so that whoever goes on with a job knows where it stood.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from outreach_tools.engine.bulk.batching import AT_ONCE
from outreach_tools.engine.bulk.plan import Fit, Step
from outreach_tools.engine.bulk.told import AT_A_TIME, SIDE_BY_SIDE, fewest_of


@dataclass(frozen=True, slots=True)
class Unit:
    """Steps that are applied together, by their places in the plan; by one bulk action where it has a `fit`."""

    places: tuple[int, ...]
    fit: Fit | None = None


def units_of(steps: Sequence[Step]) -> list[Unit]:
    """Return the units of a plan's steps: every step is in one of them."""
    groups: dict[str, list[int]] = {}
    single: list[int] = []
    for place, step in enumerate(steps):
        if step.fit is None or step.record is None:
            single.append(place)
        else:
            groups.setdefault(json.dumps([step.fit.action, step.fit.attributes], sort_keys=True), []).append(place)
    units: list[Unit] = []
    fewest = fewest_of(len(groups), len(single))
    for places in groups.values():
        if len(places) < fewest:
            single += places
            continue
        fit = steps[places[0]].fit
        units += [Unit(tuple(places[start : start + AT_ONCE]), fit) for start in range(0, len(places), AT_ONCE)]
    # Of creates no record shows whether they were done: no more of them are written down than are under way at once.
    hidden = [place for place in single if steps[place].record is None]
    shown = sorted({*single} - {*hidden})
    units += [Unit(tuple(shown[start : start + AT_A_TIME])) for start in range(0, len(shown), AT_A_TIME)]
    units += [Unit(tuple(hidden[start : start + SIDE_BY_SIDE])) for start in range(0, len(hidden), SIDE_BY_SIDE)]
    return units
