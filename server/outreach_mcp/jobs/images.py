"""Before-images of single changes: what a record held of what is changed, read right before it is.

They are kept where the journal is on, under the name of the journal's entry, and encrypted where many call.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.jobs.service import Jobs
from outreach_tools.catalog import ResourceType, resource_types
from outreach_tools.client import JsonObject, MissingScope, Query, Request, Response
from outreach_tools.engine.bulk.acts import ACTS
from outreach_tools.engine.bulk.making import name_of
from outreach_tools.engine.bulk.plan import Step, read_step, written_step
from outreach_tools.engine.bulk.service import Done, Outcome
from outreach_tools.engine.bulk.values import held
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.matching import few
from outreach_tools.json_values import as_object, is_array, member, object_at

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Images:
    """The before-images of one caller's single changes (`guard.gate.BeforeImages`)."""

    jobs: Jobs
    owner: Callable[[], Awaitable[str]]

    async def before(self, outgoing: Outgoing, read: Callable[[Request], Awaitable[Response]]) -> Step | None:
        """Return a change as a step that could be taken back, with what `read` shows of its record; None for others.

        What cannot be read does not hinder anybody to change it: then there is nothing to go back to. Nor does it
        where Outreach does not tell whose change it is.
        """
        try:
            step = await _step_of(outgoing, read)
            if step is not None:
                await self.owner()
        except (OutreachError, ToolError, MissingScope) as error:
            _log.warning("%s cannot be taken back: what is needed could not be read (%s)", outgoing.asked, error)
            return None
        return step

    async def keep(self, name: str, step: Step) -> None:
        """Keep a change that is about to be sent, under its name. Raises where it cannot be: then it is not sent."""
        at = self.jobs.clock.now().isoformat()
        await self.jobs.store.keep_change(
            await self.owner(), name, {"name": name, "at": at, "step": written_step(step)}
        )

    async def came(self, name: str, step: Step, answer: Response | None, *, is_known: bool) -> None:
        """Keep what came of a change: it was answered, or failed; where that is not known it may have been done."""
        if answer is None and not is_known:
            return
        made = member(answer.body, "data", "id") if answer is not None and step.kind == "create" else None
        outcome = "done" if answer is not None else "refused"
        entry: JsonObject = {
            "name": name,
            "at": self.jobs.clock.now().isoformat(),
            "step": written_step(step),
            "outcome": [outcome, made if isinstance(made, int) else None],
        }
        try:
            await self.jobs.store.keep_change(await self.owner(), name, entry)
        except OutreachError as error:
            _log.warning("what came of the change %s could not be kept: %s", name, error)


def done_of(entry: JsonObject) -> list[Done]:
    """Return the change that an entry of the store tells of, nothing where it was not made."""
    code, made = entry.get("outcome") or ("unknown", None)
    if code == "refused":
        return []
    at = datetime.fromisoformat(entry["at"])
    return [Done(read_step(entry["step"]), Outcome(code, "", made), at, entry["name"])]


async def _step_of(outgoing: Outgoing, read: Callable[[Request], Awaitable[Response]]) -> Step | None:
    operation = outgoing.operation
    resource = resource_types().get(operation.type)
    if resource is None or not operation.known or operation.type == "batch":
        return None
    sent = {
        **object_at(outgoing.body, "data", "attributes"),
        **{
            name: as_object(value) and value.get("data")
            for name, value in object_at(outgoing.body, "data", "relationships").items()
        },
    }
    number = operation.record_id
    if operation.kind == "create":
        return Step("create", resource.type, None, "", {}, _plain(resource, sent))
    if not isinstance(number, int):
        return None
    if operation.kind == "update":
        after = _plain(resource, sent)
        record = await _record(resource, number, [*after], read)
        return Step("update", resource.type, number, name_of(record), held(resource, record, after), after)
    if operation.kind == "delete":
        writable = [name for name, each in resource.attributes.items() if not each.read_only and not each.write_only]
        links = [
            each.name
            for each in resource.relationships.values()
            if not each.read_only and each.embedded and not each.many
        ]
        record = await _record(resource, number, [], read)
        before = {
            name: value for name, value in held(resource, record, (*writable, *links)).items() if value is not None
        }
        return Step("delete", resource.type, number, name_of(record), before)
    return await _step_of_action(resource, number, operation.kind.removeprefix("action:"), outgoing.query, read)


async def _step_of_action(
    resource: ResourceType, number: int, action: str, query: Query, read: Callable[[Request], Awaitable[Response]]
) -> Step:
    act = next((each for each in ACTS.values() if each.type == resource.type and each.action == action), None)
    after = act.after(query) if act is not None else {}
    record = await _record(resource, number, [*after], read) if after else {}
    return Step(
        "action", resource.type, number, name_of(record), held(resource, record, after), after, {}, action, query
    )  # fmt: skip


def _plain(resource: ResourceType, sent: JsonObject) -> JsonObject:
    """Return of what is sent what can be compared and written again: no passwords, and no links of many."""
    found: dict[str, Any] = {}
    for name, value in sent.items():
        attribute = resource.attributes.get(name)
        if (attribute is not None and not attribute.write_only) or (
            name in resource.relationships and not is_array(value)
        ):
            found[name] = value
    return found


async def _record(
    resource: ResourceType, number: int, names: list[str], read: Callable[[Request], Awaitable[Response]]
) -> JsonObject:
    label = label_of(resource.type)
    fields = ",".join(dict.fromkeys((*names, *((label,) if label else ()))))
    query: Query = ((f"fields[{resource.type}]", fields),) if names else ()
    answer = await read(Request("GET", f"/{resource.path}/{number}", query))
    record = as_object(member(answer.body, "data")) or {}
    there = object_at(record, "attributes").keys() | object_at(record, "relationships").keys()
    if missing := [name for name in names if name not in there]:
        # Nobody knows what they were: to put nothing there would empty them.
        raise ToolError(f"what it holds in {few(missing)} is not told")
    return record
