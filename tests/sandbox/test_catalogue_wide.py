"""Every resource type of the catalogue is served, as far as the catalogue says."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_sandbox.ids import number_of, shown_id
from outreach_tools.catalog import resource_types
from tests.sandbox.service import sandbox


@pytest.mark.parametrize("type_name", sorted(resource_types()))
async def test_a_type_is_served_by_its_operations(type_name: str) -> None:
    resource = resource_types()[type_name]
    async with sandbox() as api:
        api.store.insert(type_name, {}, 7)
        listed = await api.http.get(f"/{resource.path}")
        path = f"/{resource.path}/{shown_id(resource, 7)}"
        read = await api.http.get(path)
        assert (listed.status_code, read.status_code) == (
            200 if "list" in resource.operations else 404,
            200 if "get" in resource.operations else 404,
        )
        if "list" in resource.operations and "get" in resource.operations:
            assert listed.json()["data"] == [read.json()["data"]]
        assert (await api.send("DELETE", path)).status_code == (204 if "delete" in resource.operations else 404)


@given(type_name=st.sampled_from(sorted(resource_types())), number=st.integers(1, 2**61))
def test_an_id_names_the_record_that_shows_it_and_no_other(type_name: str, number: int) -> None:
    resource = resource_types()[type_name]
    shown = shown_id(resource, number)
    assert number_of(resource, str(shown)) == number
    if resource.uuids:
        assert str(UUID(str(shown))) == shown
        assert all(number_of(other, str(shown)) is None for other in resource_types().values() if other != resource)


@pytest.mark.parametrize("type_name", sorted(name for name, each in resource_types().items() if each.uuids))
@pytest.mark.parametrize("text", ["7", "", "no", "00000000-0000-4000-8000-000000000007", "x" * 36])
def test_what_is_not_the_uuid_of_a_record_names_none(type_name: str, text: str) -> None:
    assert number_of(resource_types()[type_name], text) is None


@pytest.mark.parametrize(
    "type_name", sorted(name for name, each in resource_types().items() if "get" in each.operations)
)
async def test_every_related_link_into_the_catalogue_can_be_followed(type_name: str) -> None:
    paths = {each.path for each in resource_types().values() if "list" in each.operations}
    async with sandbox() as api:
        api.store.insert(type_name, {}, 7)
        resource = resource_types()[type_name]
        document = await api.get(f"/{resource.path}/{shown_id(resource, 7)}")
        relationships: dict[str, Any] = document["data"].get("relationships", {})
        links = [each["links"]["related"] for each in relationships.values() if "links" in each]
        for link in links:
            if link.removeprefix("https://api.outreach.io/api/v2/").partition("?")[0] in paths:
                assert (await api.get(link))["data"] == []


@pytest.mark.parametrize(
    "type_name", sorted(name for name, each in resource_types().items() if "list" in each.operations)
)
async def test_every_filter_and_every_sort_of_the_catalogue_is_served(type_name: str) -> None:
    resource = resource_types()[type_name]
    filters = [name for name, each in resource.attributes.items() if each.filterable] + ["id"]
    nested = [f"{each.parameter}][{name}" for each in resource.relationships.values() for name in each.filter_by]
    sorts = [name for name, each in resource.attributes.items() if each.sortable] + ["id"]
    async with sandbox() as api:
        for name in [*filters, *nested]:
            assert (await api.get(f"/{resource.path}?filter[{name}]=__notnull__"))["data"] == []
        assert (await api.get(f"/{resource.path}", sort=",".join(sorts)))["data"] == []
        for each in resource.relationships.values():
            await api.get(f"/{resource.path}", include=each.name)
