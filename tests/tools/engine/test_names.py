"""The field that a name means."""

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.engine.names import relationship_of_id, resolve_name


@pytest.mark.parametrize("name", ["websiteUrl", "website_url", "Website URL", "WEBSITEURL"])
def test_an_attribute_is_known_in_any_spelling(name: str) -> None:
    assert resolve_name(resource_type("account"), name) == "websiteUrl"


@pytest.mark.parametrize("name", ["owner_id", "ownerId"])
def test_a_relationship_is_known_by_its_id(name: str) -> None:
    found = relationship_of_id(resource_type("account"), name)
    assert found is not None
    assert found.name == "owner"


@pytest.mark.parametrize("name", ["phoneNumber_ids", "phone_number_ids", "phoneNumberIds", "phoneNumbers_ids"])
def test_the_many_are_known_by_their_ids(name: str) -> None:
    found = relationship_of_id(resource_type("prospect"), name)
    assert found is not None
    assert found.name == "phoneNumbers"


@pytest.mark.parametrize("name", ["customId", "userId", "Id_id", "owner_id_id", "ownerId_id", "_id", "Id", "owner"])
def test_what_is_no_relationships_id_is_none(name: str) -> None:
    resource = resource_type("mailbox" if name == "userId" else "account")
    assert relationship_of_id(resource, name) is None
