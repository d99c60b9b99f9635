"""The demo organisation: the same every time, in line with the catalogue, its references and times sound."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.records import Identifier
from outreach_tools.catalog import Attribute, resource_type
from tests.sandbox.organisations import FRIDAY, SEVERAL, Organisation, identifiers, make

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
# What may lie ahead: plans. Everything else is a thing that has happened.
PLANS = {"dueAt", "scheduledAt", "closeDate"}
SCALED = ("account", "prospect", "sequenceState", "mailing", "call", "task", "opportunity")
FIXED = ("user", "mailbox", "team", "stage", "sequence", "sequenceStep", "callDisposition", "callPurpose", "ruleset")
PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
# The official schema allows four characters in primaryReplyAction and names this word for it all the same.
TOO_LONG = {"finish"}
# The words that the official documentation, or recorded answers, give for each attribute; null aside.
WORDS: Mapping[tuple[str, str], set[str]] = {
    ("call", "direction"): {"inbound", "outbound"},
    ("call", "outcome"): {"completed", "no_answer"},
    ("call", "sequenceAction"): {"Advance", "Finish", "Finish - No Reply", "Finish - Replied"},
    ("call", "userCallType"): {"bridge", "voip"},
    ("callDisposition", "outcome"): {"completed", "no_answer"},
    ("complianceRequest", "objectType"): {"Prospect", "Recipient"},
    ("complianceRequest", "requestType"): {"Delete"},
    ("complianceRequest", "state"): {"pending", "running", "failed", "done"},
    ("mailing", "mailingType"): {"sequence", "single", "campaign"},
    ("mailing", "state"): {"bounced", "delivered", "drafted", "failed", "opened", "replied", "scheduled"},
    ("prospect", "emailsOptStatus"): {"opted_in", "opted_out"},
    ("prospect", "callsOptStatus"): {"opted_in", "opted_out"},
    ("recipient", "recipientType"): {"to", "cc", "bcc"},
    ("ruleset", "permitDuplicateProspects"): {"allow", "disallow", "only_if_inactive"},
    ("ruleset", "sequenceExclusivity"): {"all_sequences", "exclusive_sequences", "none"},
    ("sequence", "sequenceType"): {"date", "interval"},
    ("sequence", "shareType"): {"private", "read_only", "shared"},
    ("sequence", "scheduleIntervalType"): {"calendar", "schedule"},
    ("sequence", "primaryReplyAction"): {"finish", "continue", "pause"},
    ("sequence", "secondaryReplyAction"): {"finish", "continue", "pause"},
    ("sequenceState", "state"): {"active", "pending", "finished", "paused", "failed", "bounced", "opted_out"},
    ("task", "state"): {"pending", "incomplete", "complete"},
    ("task", "opportunityAssociation"): {"recent_created", "recent_updated", "noop"},
    ("task", "taskType"): {
        "follow_up",
        "manual",
        "sequence_step_call",
        "sequence_step_email",
        "sequence_step_linkedin_send_connection_request",
        "sequence_step_linkedin_send_message",
        "sequence_step_linkedin_view_profile",
        "sequence_step_task",
    },
    ("auditLog", "result"): {"completed", "pending", "failed"},
}


@pytest.fixture(params=SEVERAL, ids=str)
def organisation(request: pytest.FixtureRequest) -> Organisation:
    number, today = request.param
    return make(number, today)


@pytest.fixture
def doubled() -> Organisation:
    return make(1, FRIDAY, scale=2)


def faults(attribute: Attribute | None, value: Any) -> Iterator[str]:
    if attribute is None:
        yield "unknown"
        return
    if isinstance(value, bool) != (attribute.type == "boolean") or not isinstance(value, PYTHON_TYPES[attribute.type]):
        yield "type"
        return
    if attribute.write_only:
        yield "write-only"
    if isinstance(value, str) and len(value) > (attribute.max_length or len(value)) and value not in TOO_LONG:
        yield "length"
    if attribute.format in ("date-time", "date"):
        pattern = DATE_TIME if attribute.format == "date-time" else DATE
        if not pattern.fullmatch(str(value)):
            yield "format"
    if attribute.items and not all(isinstance(item, PYTHON_TYPES[attribute.items]) for item in value):
        yield "items"


def test_the_same_number_and_day_give_the_same_organisation() -> None:
    assert list(demo_organisation(7, today=FRIDAY)) == list(demo_organisation(7, today=FRIDAY))


def test_another_number_gives_other_people() -> None:
    first, second = make(1, FRIDAY), make(2, FRIDAY)
    assert [r.attributes["name"] for r in first.all("prospect")] != [
        r.attributes["name"] for r in second.all("prospect")
    ]


def _twice(organisation: Organisation) -> tuple[list[tuple[str, Any]], list[str]]:
    """Return the names that two prospects of one owner have, each with the owner, and those of two sequences."""
    people = Counter((each.attributes["name"], each.relationships["owner"]) for each in organisation.all("prospect"))
    sequences = Counter(each.attributes["name"] for each in organisation.all("sequence"))
    return [each for each, number in people.items() if number > 1], [n for n, number in sequences.items() if number > 1]


@pytest.mark.parametrize("number", [2, 3, 7])
def test_every_organisation_but_the_first_has_namesakes(number: int) -> None:
    people, sequences = _twice(make(number, FRIDAY))
    assert people
    assert sequences == ["Renewal Check-in"]


def test_the_first_organisation_has_none() -> None:
    assert _twice(make(1, FRIDAY)) == ([], [])


def test_scale_multiplies_what_happens_and_leaves_the_fixed_sets(doubled: Organisation) -> None:
    single = Counter(record.type for record in make(1, FRIDAY).listed)
    double = Counter(record.type for record in doubled.listed)
    assert {name: round(double[name] / single[name]) for name in SCALED} == dict.fromkeys(SCALED, 2)
    assert {name: double[name] for name in FIXED} == {name: single[name] for name in FIXED}


def test_every_id_is_unique_in_its_type(organisation: Organisation) -> None:
    assert len(organisation.records) == len(organisation.listed)


def test_every_reference_points_to_a_record(organisation: Organisation) -> None:
    dangling = [
        (record.type, record.id, name, target)
        for record in organisation.listed
        for name, linkage in record.relationships.items()
        for target in identifiers(linkage)
        if target not in organisation.records
    ]
    assert dangling == []


def test_every_attribute_is_as_the_catalogue_has_it(organisation: Organisation, doubled: Organisation) -> None:
    wrong = [
        (record.type, record.id, name, fault)
        for record in (*organisation.listed, *doubled.listed)
        for name, value in record.attributes.items()
        if value is not None
        for fault in faults(resource_type(record.type).attributes.get(name), value)
    ]
    assert wrong == []


def test_every_relationship_is_embedded_and_points_to_a_type_it_may_have(organisation: Organisation) -> None:
    wrong: list[tuple[str, int, str]] = []
    for record in organisation.listed:
        for name, linkage in record.relationships.items():
            known = resource_type(record.type).relationships[name]
            is_many = isinstance(linkage, tuple) and not isinstance(linkage, Identifier)
            types = {target.type for target in identifiers(linkage)}
            if not known.embedded or known.many != is_many or not types <= set(known.types):
                wrong.append((record.type, record.id, name))
    assert wrong == []


def test_words_are_those_that_outreach_knows(organisation: Organisation) -> None:
    unknown = [
        (record.type, name, value)
        for record in organisation.listed
        for name, value in record.attributes.items()
        if value is not None
        and value not in WORDS.get((record.type, name), {value} if isinstance(value, str) else [value])
    ]
    assert unknown == []


def test_every_prospect_address_is_used_once(doubled: Organisation) -> None:
    counts = Counter(email for prospect in doubled.all("prospect") for email in prospect.attributes["emails"])
    assert [email for email, times in counts.items() if times > 1] == []


def test_prospects_list_the_addresses_and_numbers_that_have_records(organisation: Organisation) -> None:
    addresses: defaultdict[Identifier, set[str]] = defaultdict(set)
    for record in organisation.all("emailAddress"):
        addresses[identifiers(record.relationships["prospect"])[0]].add(record.attributes["email"])
    for record in organisation.all("phoneNumber"):
        addresses[identifiers(record.relationships["prospect"])[0]].add(record.attributes["number"])
    listed = {
        Identifier("prospect", record.id): {
            *record.attributes["emails"],
            *record.attributes["workPhones"],
            *record.attributes["mobilePhones"],
        }
        for record in organisation.all("prospect")
    }
    assert dict(addresses) == listed


def test_nothing_has_happened_today_or_later(organisation: Organisation) -> None:
    ahead = [
        (record.type, record.id, name, value)
        for record in organisation.listed
        for name, attribute in resource_type(record.type).attributes.items()
        if attribute.format == "date-time" and name not in PLANS
        if (value := record.attributes.get(name)) and value >= organisation.midnight
    ]
    assert ahead == []


def test_no_record_was_updated_before_it_was_created(organisation: Organisation) -> None:
    backwards = [
        (record.type, record.id)
        for record in organisation.listed
        if "updatedAt" in resource_type(record.type).attributes
        if record.attributes["createdAt"] > record.attributes["updatedAt"]
    ]
    assert backwards == []


@pytest.mark.parametrize(
    ("type_name", "relationship"),
    [
        ("prospect", "account"),
        ("prospect", "creator"),
        ("account", "creator"),
        ("sequence", "creator"),
        ("sequenceState", "prospect"),
        ("sequenceState", "sequence"),
        ("sequenceState", "mailbox"),
        ("mailing", "sequenceState"),
        ("mailing", "prospect"),
        ("task", "sequenceState"),
        ("task", "subject"),
        ("call", "sequenceState"),
        ("opportunity", "account"),
        ("opportunity", "primaryProspect"),
        ("opportunityProspectRole", "prospect"),
    ],
)
def test_nothing_is_older_than_what_it_belongs_to(
    organisation: Organisation, type_name: str, relationship: str
) -> None:
    older = [
        (record.type, record.id)
        for record in organisation.all(type_name)
        if record.relationships.get(relationship)
        and record.attributes["createdAt"] < organisation.to(record, relationship).attributes["createdAt"]
    ]
    assert older == []


def test_ids_run_with_the_time_of_creation(organisation: Organisation) -> None:
    for type_name in ("prospect", "account", "mailing", "task", "sequenceState", "event"):
        in_order = sorted(organisation.all(type_name), key=lambda record: record.id)
        moments = [record.attributes["createdAt"] for record in in_order]
        assert moments == sorted(moments), type_name


def test_the_audit_trail_covers_the_last_ninety_days(organisation: Organisation) -> None:
    days = [date.fromisoformat(record.attributes["timestamp"][:10]) for record in organisation.all("auditLog")]
    ages = [(organisation.today - day).days for day in days]
    assert (min(ages) <= 5, max(ages) >= 75, max(ages) <= 90) == (True, True, True)
