"""What is written is read back, whatever the type and the values."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_mcp.sandbox.rules import CHOICES, REQUIRED_ATTRIBUTES, REQUIRED_RELATIONSHIPS
from outreach_tools.catalog import Attribute, ResourceType, resource_types
from tests.sandbox.service import ORGANISATION, sandbox, to

# Their writes have rules of their own, tested one by one.
APART = {"complianceRequest", "emailAddress", "phoneNumber", "sequenceState", "prospect", "webhook"}
TYPES = sorted(
    resource.type
    for resource in resource_types().values()
    if "create" in resource.operations and "get" in resource.operations and resource.type not in APART
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def values_of(owner: str, attribute: Attribute) -> st.SearchStrategy[Any]:
    choices = CHOICES.get((owner, attribute.name))
    if choices:
        return st.sampled_from([each for each in choices if "nswered" not in each])
    if attribute.format == "date-time" and attribute.type == "string":
        return st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
    if attribute.format == "date":
        return st.dates().map(str)
    if attribute.format == "email":
        return st.integers(0, 99).map(lambda number: f"a{number}@x.example")
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXT.map(lambda text: text[: attribute.max_length or 30].strip() or "x"),
        "integer": st.integers(-(2**63) + 1, 2**63 - 1),
        "number": st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-1000, 1000),
        "boolean": st.booleans(),
        "object": st.dictionaries(TEXT, JSON_VALUES, max_size=3),
    }
    if attribute.type == "array":
        items = strategies[attribute.items] if attribute.items else JSON_VALUES
        return st.lists(items, max_size=3)
    return strategies[attribute.type]


def writable(resource: ResourceType) -> list[Attribute]:
    return [each for each in resource.attributes.values() if not each.read_only and not each.write_only]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    resource = resource_types()[draw(st.sampled_from(TYPES))]
    attributes = writable(resource)
    chosen = draw(st.lists(st.sampled_from(attributes), max_size=6, unique=True)) if attributes else []
    required = [resource.attributes[name] for name in REQUIRED_ATTRIBUTES.get(resource.type, ())]
    return resource.type, {each.name: draw(values_of(resource.type, each)) for each in {*chosen, *required}}


def needed_links(resource: ResourceType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in REQUIRED_RELATIONSHIPS.get(resource.type, ()):
        target = resource.relationships[name].types[0]
        found[name] = to(target, {"sequenceStep": 11}.get(target, 1))
    return found


@settings(max_examples=60, deadline=None)
@given(documents())
async def test_what_is_created_is_read_back(document: tuple[str, dict[str, Any]]) -> None:
    resource, attributes = resource_types()[document[0]], document[1]
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
async def test_what_is_changed_is_read_back_and_null_clears_it(document: tuple[str, dict[str, Any]]) -> None:
    resource, attributes = resource_types()[document[0]], document[1]
    if "update" not in resource.operations:
        return
    async with sandbox(ORGANISATION) as api:
        api.store.insert(resource.type, {"state": "drafted"} if resource.type == "mailing" else {}, 500)
        path = f"/{resource.path}/500"
        response = await api.update(path, resource.type, attributes)
        assert response.status_code == 200, response.text
        read = (await api.get(path))["data"]["attributes"]
        assert {name: read[name] for name in attributes} == attributes
        clearable = set(attributes) - {*REQUIRED_ATTRIBUTES.get(resource.type, ()), "state"}
        await api.update(path, resource.type, dict.fromkeys(clearable))
        cleared = (await api.get(path))["data"]["attributes"]
        arrays = {name for name in clearable if resource.attributes[name].type == "array"}
        assert {name: cleared[name] for name in clearable} == {
            name: [] if name in arrays else None for name in clearable
        }
