"""Whatever is written, by whichever route, the organisation agrees with itself afterwards."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_sandbox.access import Access
from outreach_sandbox.bulk.actions import BULK_ACTIONS
from outreach_sandbox.ids import shown_id
from outreach_sandbox.organisation.people import ADMINISTRATOR
from outreach_sandbox.rules import REQUIRED_ATTRIBUTES, REQUIRED_RELATIONSHIPS
from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_types
from tests.sandbox.attribute_values import TEXT, agreeing, fitting
from tests.sandbox.consistency import inconsistencies
from tests.sandbox.organisations import make
from tests.sandbox.service import NOW, Api, sandbox

STEPS = 40
TODAY = datetime.fromisoformat(NOW).date()
WRITTEN = [
    name
    for name, each in resource_types().items()
    if {"create", "update"} & each.operations and name != "complianceRequest"
]
DELETED = [name for name, each in resource_types().items() if "delete" in each.operations]
# What people do most, and where the rules are.
BUSY = (
    "prospect",
    "emailAddress",
    "phoneNumber",
    "mailing",
    "recipient",
    "call",
    "task",
    "sequenceState",
    "sequence",
    "opportunity",
)
STATE_ACTIONS = ("finish", "pause", "resume")
TASK_ACTIONS = ("advance", "deliver", "markComplete", "snooze")
MOMENTS = st.integers(0, 86_000).map(
    lambda seconds: (datetime.fromisoformat(NOW) - timedelta(seconds=seconds)).isoformat()
)


class Writer:
    """Writes at random what may well be valid."""

    def __init__(self, api: Api, draw: Callable[[Any], Any]) -> None:
        self.api = api
        self.draw = draw

    async def step(self) -> None:
        """Do one thing; the sandbox takes it or says why not."""
        acts = (self.create, self.create, self.update, self.update, self.act, self.delete, self.batch, self.upsert)
        response = await self.draw(st.sampled_from(acts))()
        assert response is None or response.status_code < 500

    async def create(self) -> Any:
        resource = self._resource("create")
        data = {"type": resource.type, **self._document(resource, creating=True)}
        return await self.api.send("POST", f"/{resource.path}", data)

    async def update(self) -> Any:
        resource = self._resource("update")
        record_id = self._id(resource.type)
        if record_id is None:
            return None
        identified = {"type": resource.type, "id": shown_id(resource, record_id)}
        data = {**identified, **self._document(resource, creating=False)}
        return await self.api.send("PATCH", f"/{resource.path}/{shown_id(resource, record_id)}", data)

    async def delete(self) -> Any:
        resource = resource_types()[self.draw(st.sampled_from(DELETED))]
        record_id = self._id(resource.type)
        return None if record_id is None else await self.api.send("DELETE", f"/{resource.path}/{record_id}")

    async def act(self) -> Any:
        kinds = {
            "sequenceState": STATE_ACTIONS,
            "task": TASK_ACTIONS,
            "sequence": ("activate", "deactivate", "lock", "unlock"),
        }
        type_name = self.draw(st.sampled_from(sorted(kinds)))
        record_id, name = self._id(type_name), self.draw(st.sampled_from(kinds[type_name]))
        path = f"/{resource_types()[type_name].path}/{record_id}/actions/{name}"
        ending = self.draw(st.sampled_from(("", "finish_no_reply", "finish_replied")))
        if name == "markComplete" and ending:
            path = f"{path}?actionParams[completionAction]={ending}"
        return None if record_id is None else await self.api.send("POST", path)

    async def batch(self) -> Any:
        name = self.draw(st.sampled_from(sorted(BULK_ACTIONS)))
        action = BULK_ACTIONS[name]
        if not action.type_name or "Destroy" in name:
            return None
        resource = resource_types()[action.type_name]
        attributes: dict[str, Any] = {"ids": [self._id(resource.type) or 1 for _ in range(3)]}
        if action.modifies:
            attributes |= self._document(resource, creating=False)["attributes"]
        for member in action.members:
            attributes[member] = ["A"] if member == "tags" else self._member(member)
        path = f"/batches/actions/{name}?actionParams[skipConfirmation]=true"
        return await self.api.send("POST", path, {"type": "batch", "attributes": attributes})

    async def upsert(self) -> Any:
        records: list[dict[str, Any]] = []
        for _ in range(2):
            resource = self._resource("update")
            known = self._id(resource.type) if self.draw(st.booleans()) else None
            here = {"type": resource.type, **({} if known is None else {"id": known})}
            records.append({**here, **self._document(resource, creating=known is None)})
        method = self.draw(st.sampled_from(("overwrite", "missing", "skip")))
        attributes = {"dupeMethod": method, "records": records}
        return await self.api.send("POST", "/imports/actions/bulkUpsert", {"type": "import", "attributes": attributes})

    def _member(self, member: str) -> Any:
        if member == "userIds":
            return [self._id("user")]
        return self._id({"ownerId": "user"}.get(member, member.removesuffix("Id")))

    def _resource(self, operation: str) -> ResourceType:
        names = [*WRITTEN, *BUSY * 5]
        fit = [name for name in names if operation in resource_types()[name].operations]
        return resource_types()[self.draw(st.sampled_from(fit))]

    def _id(self, type_name: str) -> int | None:
        ids = self.api.store.rows(f'SELECT id FROM "{type_name}" ORDER BY id DESC LIMIT 200')
        return int(self.draw(st.sampled_from(ids))[0]) if ids else None

    def _document(self, resource: ResourceType, *, creating: bool) -> dict[str, Any]:
        fields = [each for each in resource.attributes.values() if not each.read_only and not each.write_only]
        needed = REQUIRED_ATTRIBUTES.get(resource.type, ()) if creating else ()
        chosen: list[Attribute] = self._some(fields, 4)
        names = {*needed, *(each.name for each in chosen)}
        # A set has no order of its own that is the same in every process.
        given = {name: self._value(resource, resource.attributes[name]) for name in sorted(names)}
        links = [each for each in resource.relationships.values() if not each.read_only]
        extra: list[Relationship] = self._some(links, 2)
        required = REQUIRED_RELATIONSHIPS.get(resource.type, ()) if creating else ()
        wanted = {*required, *(each.name for each in extra)}
        relationships = {name: self._linkage(resource.relationships[name]) for name in sorted(wanted)}
        if creating and resource.type in {"call", "mailing", "sequenceState"}:
            relationships |= {name: self._linkage(resource.relationships[name]) for name in ("prospect",)}
        if resource.type == "sequenceState":
            relationships["mailbox"] = self._linkage(resource.relationships["mailbox"])
        return {
            "attributes": agreeing(resource.type, given, creating=creating),
            "relationships": {name: each for name, each in relationships.items() if each is not None},
        }

    def _some(self, values: list[Any], most: int) -> list[Any]:
        return list(self.draw(st.lists(st.sampled_from(values), max_size=most, unique=True))) if values else []

    def _value(self, resource: ResourceType, attribute: Attribute) -> Any:
        if attribute.type == "array" and attribute.format == "email":
            return self.draw(
                st.lists(fitting(resource.type, Attribute("", "string", "email")), max_size=3, unique=True)
            )
        if attribute.name.endswith("Phones"):
            return self.draw(st.lists(TEXT, max_size=3))
        if attribute.format == "date-time" and attribute.type == "string":
            return self.draw(MOMENTS)
        return self.draw(fitting(resource.type, attribute))

    def _linkage(self, relationship: Relationship) -> dict[str, Any] | None:
        kinds = [each for each in relationship.types if each in resource_types()]
        kind = self.draw(st.sampled_from(kinds)) if kinds else ""
        found = self._id(kind) if kind else None
        if found is None:
            return None
        target = {"type": kind, "id": found}
        return {"data": [target] if relationship.many else target}


@settings(max_examples=5, deadline=None)
@given(st.data())
async def test_an_organisation_agrees_with_itself_after_whatever_is_written(data: st.DataObject) -> None:
    tokens = {"sandbox": Access(user=ADMINISTRATOR.id)}
    async with sandbox(make(1, TODAY).listed, tokens=tokens) as api:
        writer = Writer(api, data.draw)
        for _ in range(STEPS):
            await writer.step()
        await api.get("/users")  # what is due in batches is done
        assert inconsistencies(api.store, NOW, complete=False) == []
