"""Looks for the records of creates that a process had sent when it died: what it made is theirs, and made once.

A record is evidence when it holds all that was sent, was made by the same user after the create was written down, and
is not what another step of the job made. Steps that are alike are alike in what they made as well. None to be found
proves nothing, but for a prospect with an e-mail address, of which Outreach takes no second one: that is sent again.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.paging import next_link
from outreach_mcp.api.writes.equality import holds, moment_of
from outreach_mcp.api.writes.reconciliation import is_meant, maker_of, shared_emails
from outreach_mcp.jobs.records import Wave
from outreach_mcp.jobs.work import Work
from outreach_tools.catalog import resource_type
from outreach_tools.client import Hindered, JsonObject, MissingScope, Query, Request
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.requests import request_of
from outreach_tools.engine.bulk.service import Outcome
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import array_at, is_object, member

_CLOCKS = timedelta(seconds=5)
"""By how much clocks differ that are set over the network: what was made before that is not taken for a step's."""

_MOST = 1000  # records that are looked through


@dataclass(frozen=True, slots=True)
class Lost:
    """The result of looking for what some creates made: those that were done, and those of which it is doubtful.

    Doubtful is a create whose record may be there, but not for certain; of the others there is none now.
    """

    done: dict[int, Outcome] = field(default_factory=dict[int, Outcome])
    doubtful: set[int] = field(default_factory=set[int])


@dataclass(slots=True)
class _Before:
    """The outcomes of the steps before a wave: the ids of what they made, and how many creates are open, by what."""

    ids: set[int] = field(default_factory=set[int])
    open: Counter[str] = field(default_factory=Counter[str])

    def note(self, work: Work, outcomes: Mapping[int, Outcome]) -> None:
        """Take the outcomes of some steps."""
        for place, outcome in outcomes.items():
            if outcome.id is not None:
                self.ids.add(outcome.id)
            elif outcome.code in ("unknown", "done"):
                self.open[_key(work.steps[place])] += 1


def is_refused_twice(step: Step) -> bool:
    """Return whether Outreach refuses a create that it has done already: of a prospect with an e-mail address."""
    return step.kind == "create" and step.type == "prospect" and bool(shared_emails(request_of(step).body))


async def look_for(work: Work, number: int, wave: Wave, places: Sequence[int]) -> Lost:
    """Look for what the creates at some places of a wave made. Raises `Hindered` where nothing can be read now."""
    lost = Lost()
    since = wave.begun_at - _CLOCKS
    before = await _before(work, number, wave, since)
    alike: dict[str, list[int]] = {}
    for place in places:
        alike.setdefault(_key(work.steps[place]), []).append(place)
    for key, group in alike.items():
        proven, others = await _found(work, work.steps[group[0]], since)
        ids = sorted(proven - before.ids)
        # Whichever of those that are alike has made which, they are the same, and so many are done.
        if others or len(ids) > len(group) + before.open[key]:
            lost.doubtful.update(group)
            continue
        lost.done.update({place: Outcome("done", "", each) for place, each in zip(group, ids, strict=False)})
    return lost


async def _before(work: Work, number: int, wave: Wave, since: datetime) -> _Before:
    """Return what the steps came to that may have been done after a moment, and before those of a wave."""
    before = _Before()
    before.note(work, wave.left)
    begun_at = wave.begun_at
    for earlier in reversed(range(number)):
        if begun_at < since:
            break
        found = await work.store.wave(work.job, earlier)
        if found is not None:
            before.note(work, found.outcomes)
            begun_at = found.begun_at
    return before


async def _found(work: Work, step: Step, since: datetime) -> tuple[set[int], bool]:
    """Return the ids of the records that are what a create would have made, and whether others may be as well."""
    resource, request = resource_type(step.type), request_of(step)
    emails = shared_emails(request.body) if step.type == "prospect" else frozenset[str]()
    query = _query(step, emails, since)
    maker = maker_of(resource, request.body)
    if not query or maker is None:
        return set(), True
    try:
        user = await work.gate.current_user_id()
        body = (await work.gate.send(Request("GET", f"/{resource.path}", query, background=True))).body
    except (OutreachError, ToolError, MissingScope) as error:
        if isinstance(error, Hindered):
            raise
        return set(), True
    proven, others = set[int](), next_link(body) is not None
    for record in filter(is_object, array_at(body, "data")):
        is_own = str(member(record, "relationships", maker, "data", "id")) == str(user)
        if not is_own or not is_meant(record, resource, request.body):
            continue
        # Of an e-mail address there is one record, and before the plan there was none.
        if _is_since(record, since) or (emails and holds(record, request.body)):
            proven.add(int(record["id"]))
        elif emails:
            others = True
    return proven, others


def _query(step: Step, emails: frozenset[str], since: datetime) -> Query:
    """Return the query of the records that a create may have made, the first ones first; none where there is none."""
    if emails:
        return (("filter[emails]", ",".join(sorted(emails))), ("page[size]", "100"))
    created = resource_type(step.type).attributes.get("createdAt")
    if created is None or not created.filterable or not created.sortable:
        return ()
    first = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    return (("filter[createdAt]", f"{first}..inf"), ("sort", "createdAt"), ("page[size]", str(_MOST)))


def _is_since(record: JsonObject, moment: datetime) -> bool:
    created = moment_of(member(record, "attributes", "createdAt"))
    return created is not None and created >= moment


def _key(step: Step) -> str:
    return json.dumps([step.type, step.after], sort_keys=True)
