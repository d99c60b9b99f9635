"""The demo organisation passes the sandbox's own checks, and still does after any write."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.ids import shown_id
from outreach_sandbox.organisation.custom_fields import custom_fields_of
from outreach_sandbox.organisation.people import ADMINISTRATOR
from outreach_tools.catalog import resource_types
from tests.sandbox.consistency import inconsistencies
from tests.sandbox.organisations import NEW_YEAR, SEVERAL, make
from tests.sandbox.service import ORGANISATION, sandbox
from tests.support.stores import sandbox_store

WEEK = tuple((1 + day % 3, 1, date(2026, 3, 26) + timedelta(days=day)) for day in range(3))
SOME = ((1, 2, NEW_YEAR), *((number, 1, today) for number, today in SEVERAL), *WEEK)
AS_ADMINISTRATOR = {"sandbox": Access(user=ADMINISTRATOR.id)}
A_FEW = 12


@pytest.mark.parametrize(("number", "scale", "today"), SOME)
def test_a_demo_organisation_holds_nothing_that_the_sandbox_would_refuse(number: int, scale: int, today: date) -> None:
    organisation = make(number, today, scale)
    store = sandbox_store(organisation.listed)
    assert inconsistencies(store, organisation.midnight, custom_fields=custom_fields_of(number)) == []
    store.close()


@pytest.mark.parametrize(("number", "today"), SEVERAL)
async def test_a_demo_record_is_taken_as_it_was_read(number: int, today: date) -> None:
    """A document sent back changes nothing, so that no demo record breaks a rule of writing."""
    samples: defaultdict[str, list[int]] = defaultdict(list)
    for each in make(number, today).listed:
        samples[each.type].append(each.id)
    async with sandbox(make(number, today).listed, tokens=AS_ADMINISTRATOR) as api:
        for type_name, ids in samples.items():
            resource = resource_types()[type_name]
            if not {"update", "get"} <= resource.operations:
                continue
            step = max(1, len(ids) // A_FEW)
            for record_id in ids[::step]:
                path = f"/{resource.path}/{shown_id(resource, record_id)}"
                before = (await api.get(path))["data"]
                if type_name == "mailing" and before["attributes"]["state"] not in {"drafted", "scheduled"}:
                    continue  # it has left and cannot be changed
                response = await api.send("PATCH", path, sendable(before))
                assert response.status_code == 200, (path, response.text)
                assert told(response.json()["data"]) == told(before), path


def sendable(document: dict[str, Any]) -> dict[str, Any]:
    """Return a record with only what may be written."""
    resource = resource_types()[document["type"]]
    attributes = {
        name: value
        for name, value in document["attributes"].items()
        if not resource.attributes[name].read_only and (resource.type, name) != ("task", "action")
    }
    relationships = {
        name: {"data": value["data"]}
        for name, value in document.get("relationships", {}).items()
        if "data" in value and not resource.relationships[name].read_only
    }
    return {"type": resource.type, "id": document["id"], "attributes": attributes, "relationships": relationships}


def told(document: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what every write stamps."""
    attributes = {name: value for name, value in document["attributes"].items() if name != "updatedAt"}
    relationships = {name: value for name, value in document.get("relationships", {}).items() if name != "updater"}
    return {"attributes": attributes, "relationships": relationships}


def test_a_broken_rule_is_found() -> None:
    """The check itself can fail: the tests' small organisation leaves out what a real one has."""
    store = sandbox_store(ORGANISATION)
    assert "not so: all that says whether somebody opted out of e-mail agrees: 3" in inconsistencies(store, "2026")
    store.close()
