"""The keys that two records of the same person or company have in common, share, in whatever form they are written."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.duplicates.grouping import Groups
from outreach_tools.engine.duplicates.keys import (
    company_form,
    domain_form,
    email_form,
    keys_of,
    linked_in_form,
    person_form,
    phone_form,
)

SAME_COMPANY = [
    ("Acme", "ACME Inc."), ("Acme", "The Acme Company, LLC"), ("Müller GmbH & Co. KG", "Mueller".replace("ue", "u")),
    ("Renault S.A.", "renault sa"), ("Smith & Sons Ltd", "Smith and Sons"), ("O'Neil Corp", "ONeil"),
    ("株式会社トヨタ", "株式会社トヨタ "), ("Inc", "inc."), ("North-Gate", "Northgate"),
]  # fmt: skip
OTHER_COMPANY = [("Acme", "Acme Robotics"), ("Delta Air", "Delta Faucet"), ("Group 1", "Group 2")]
SAME_PHONE = [
    ("+1 (416) 555-0182", "416.555.0182"), ("1-416-555-0182", "+14165550182"), ("0049 30 23125056", "030 / 231 250 56"),
    ("+44 (0)20 7946 0958", "020 7946 0958"), ("+39 06 1234567", "06 1234567"), ("+420 601 123 456", "601123456"),
    ("+1 416 555 0182 ext. 12", "4165550182x9"), ("٤١٦٥٥٥٠١٨٢", "4165550182"),
]  # fmt: skip
OTHER_PHONE = [("+1 416 555 0182", "+1 916 555 0182"), ("+49 30 23125056", "+49 40 23125056")]
SAME_DOMAIN = [
    ("acme.com", "https://www.ACME.com/about?x=1"), ("acme.com", "ann@acme.com"), ("acme.com.", "http://acme.com:8080"),
]  # fmt: skip
SAME_PROFILE = [
    ("https://www.linkedin.com/in/Ann-Lee/", "linkedin.com/in/ann-lee?trk=x"),
    ("https://de.linkedin.com/in/j%C3%BCrgen", "https://linkedin.com/in/jürgen/details"),
]


@pytest.mark.parametrize(("one", "other"), SAME_COMPANY)
def test_a_company_is_the_same_whatever_its_legal_form_and_spelling(one: str, other: str) -> None:
    assert company_form(one) == company_form(other) != ""


@pytest.mark.parametrize(("one", "other"), OTHER_COMPANY)
def test_companies_with_other_names_are_others(one: str, other: str) -> None:
    assert company_form(one) != company_form(other)


@pytest.mark.parametrize(("one", "other"), SAME_PHONE)
def test_a_number_is_the_same_with_and_without_country_and_extension(one: str, other: str) -> None:
    assert phone_form(one) == phone_form(other) != ""


@pytest.mark.parametrize(("one", "other"), OTHER_PHONE)
def test_numbers_of_other_places_are_others(one: str, other: str) -> None:
    assert phone_form(one) != phone_form(other)


@pytest.mark.parametrize(("one", "other"), SAME_DOMAIN)
def test_a_domain_is_found_in_whatever_holds_it(one: str, other: str) -> None:
    assert domain_form(one) == domain_form(other) == "acme.com"


@pytest.mark.parametrize(("one", "other"), SAME_PROFILE)
def test_a_profile_is_the_same_in_whatever_address(one: str, other: str) -> None:
    assert linked_in_form(one) == linked_in_form(other) != ""


@pytest.mark.parametrize("text", ["", "gmail.com", "ann@GMail.com", "localhost", "[::1", "http://", "n/a"])
def test_what_is_no_domain_of_a_company_identifies_none(text: str) -> None:
    assert domain_form(text) == ""


@pytest.mark.parametrize("text", ["", "n/a", "555", "+1", "ext 4165550182"])
def test_what_is_no_whole_number_identifies_nobody(text: str) -> None:
    assert phone_form(text) == ""


@pytest.mark.parametrize("text", ["", "@", "ann@", "@acme.com", "ann"])
def test_what_is_no_address_identifies_nobody(text: str) -> None:
    assert email_form(text) == ""


@pytest.mark.parametrize("order", list(permutations(["Dr. Ann", "Lee", "SMITH-Jones"])))
def test_a_name_is_the_same_in_any_order_of_its_words(order: tuple[str, ...]) -> None:
    assert person_form(" ".join(order)) == "ann jones lee smith"


VALUES = st.one_of(st.none(), st.integers(), st.booleans(), st.text(), st.lists(st.one_of(st.none(), st.text())))


@given(kind=st.sampled_from(["prospect", "account"]), data=st.data())
def test_whatever_a_record_holds_its_keys_say_something(kind: str, data: st.DataObject) -> None:
    names = (
        "firstName",
        "lastName",
        "emails",
        "company",
        "linkedInUrl",
        "mobilePhones",
        "name",
        "domain",
        "websiteUrl",
    )
    record = {"type": kind, "id": 1, "attributes": {name: data.draw(VALUES) for name in names}}
    assert all(what and value for what, value in keys_of(record, {}))


@given(st.lists(st.frozensets(st.sampled_from([("e-mail", each) for each in "abcdef"]), max_size=2), max_size=12))
def test_records_are_in_one_group_exactly_where_keys_lead_from_one_to_the_other(
    keys: list[frozenset[tuple[str, str]]],
) -> None:
    groups, sets = Groups(), list[set[int]]()
    for number, own in enumerate(keys, 1):
        groups.add(number, own)
        touching = [each for each in sets if any(own & keys[other - 1] for other in each)]
        sets = [each for each in sets if each not in touching] + [{number}.union(*touching)]
    assert sorted(group.ids for group in groups.found()) == sorted(
        tuple(sorted(each)) for each in sets if len(each) > 1
    )
