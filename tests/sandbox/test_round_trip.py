"""Written values are read back, whatever the type and the values."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach_sandbox.rules import KEPT_ONCE_GIVEN, REQUIRED_ATTRIBUTES, REQUIRED_RELATIONSHIPS
from outreach_tools.catalog import Attribute, ResourceType, resource_types
from tests.sandbox.attribute_values import agreeing, fitting
from tests.sandbox.service import ORGANISATION, sandbox, to

# Their writes have rules of their own, tested one by one.
APART = {"complianceRequest", "emailAddress", "phoneNumber", "sequenceState", "prospect", "webhook"}
TYPES = sorted(
    resource.type
    for resource in resource_types().values()
    if "create" in resource.operations and "get" in resource.operations and resource.type not in APART
)


def writable(resource: ResourceType) -> list[Attribute]:
    return [each for each in resource.attributes.values() if not each.read_only and not each.write_only]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    resource = resource_types()[draw(st.sampled_from(TYPES))]
    attributes = writable(resource)
    chosen = draw(st.lists(st.sampled_from(attributes), max_size=6, unique=True)) if attributes else []
    required = [resource.attributes[name] for name in REQUIRED_ATTRIBUTES.get(resource.type, ())]
    return resource.type, {each.name: draw(fitting(resource.type, each)) for each in {*chosen, *required}}


def needed_links(resource: ResourceType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in REQUIRED_RELATIONSHIPS.get(resource.type, ()):
        target = resource.relationships[name].types[0]
        found[name] = to(target, {"sequenceStep": 11}.get(target, 1))
    if resource.type in {"call", "mailing"}:
        found["prospect"] = to("prospect", 1)
    return found


@settings(max_examples=60, deadline=None)
@given(documents())
async def test_what_is_created_is_read_back(document: tuple[str, dict[str, Any]]) -> None:
    resource = resource_types()[document[0]]
    attributes = agreeing(resource.type, document[1], creating=True)
    links = needed_links(resource)
    async with sandbox(ORGANISATION) as api:
        for name in links:
            target = links[name]["data"]
            if not api.store.exists(target["type"], target["id"]):
                api.store.insert(target["type"], {}, target["id"])
        response = await api.create(f"/{resource.path}", resource.type, attributes, links)
        assert response.status_code == 201, response.text
        created = response.json()["data"]
        read = (await api.get(f"/{resource.path}/{created['id']}"))["data"]
        assert read == created
        assert {name: read["attributes"][name] for name in attributes} == attributes
        assert {name: read["relationships"][name] for name in links} == links


@settings(max_examples=60, deadline=None)
@given(documents())
@example(("task", {"action": "action_item", "dueAt": "2000-01-01T00:00:00.000Z"}))
@example(("call", {"dialedAt": "2000-01-01T00:00:00.000Z"}))
async def test_what_is_changed_is_read_back_and_null_clears_it(document: tuple[str, dict[str, Any]]) -> None:
    resource = resource_types()[document[0]]
    attributes = agreeing(resource.type, document[1], creating=False)
    if "update" not in resource.operations:
        return
    async with sandbox(ORGANISATION) as api:
        mailing: dict[str, Any] = {"state": "drafted", "mailbox.id": 1, "prospect.id": 1}
        api.store.insert(resource.type, mailing if resource.type == "mailing" else {}, 500)
        path = f"/{resource.path}/500"
        response = await api.update(path, resource.type, attributes)
        assert response.status_code == 200, response.text
        read = (await api.get(path))["data"]["attributes"]
        assert {name: read[name] for name in attributes} == attributes
        kept = {*REQUIRED_ATTRIBUTES.get(resource.type, ()), *KEPT_ONCE_GIVEN.get(resource.type, ()), "state"}
        clearable = set(attributes) - kept
        await api.update(path, resource.type, dict.fromkeys(clearable))
        cleared = (await api.get(path))["data"]["attributes"]
        arrays = {name for name in clearable if resource.attributes[name].type == "array"}
        assert {name: cleared[name] for name in clearable} == {
            name: [] if name in arrays else None for name in clearable
        }
