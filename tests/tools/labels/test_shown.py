"""The names that answers give custom fields: where labels mean something else or nothing, and cannot be read."""

from collections.abc import Mapping

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation.custom_fields import CustomField
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import resource_type
from outreach_tools.engine.labels.fields import CustomField as Field
from outreach_tools.engine.labels.fields import custom_fields
from tests.support.workbench import workbench
from tests.tools.labels.world import ONE, WORLD, organisation
from tests.tools.naming.world import ME, one

UNREADABLE = "the labels of custom fields cannot be read (GET /types): they go by custom1, custom2, …"


def shown(**labels: str) -> Mapping[str, str]:
    """Return what prospects' fields with some labels are called."""
    found = custom_fields(resource_type("prospect"), [Field(key, label) for key, label in labels.items()])
    return {key: each.shown for key, each in found.by_key.items()}


@pytest.mark.parametrize(
    "label",
    [
        "Title", "title ", "TITLE?", "First name", "account", "owner_id", "id", "Note", "q", "*", "links",
        "account.name", "custom12", "Custom 12", "Region (custom3)", "attributes", "(title)",
    ],
)  # fmt: skip
def test_a_label_that_means_something_else_is_shown_with_its_key(label: str) -> None:
    assert shown(custom7=label) == {"custom7": f"{label.strip()} (custom7)"}


def test_a_label_of_two_fields_is_shown_with_their_keys_and_others_as_they_are() -> None:
    assert shown(custom1="Region", custom2="Buying role", custom30="« region »") == {
        "custom1": "Region (custom1)",
        "custom2": "Buying role",
        "custom30": "« region » (custom30)",
    }


def test_a_label_that_is_what_another_field_is_shown_as_is_shown_with_its_key() -> None:
    assert shown(custom1="Region", custom2="Region", custom3="Region (custom1)") == {
        "custom1": "Region (custom1)",
        "custom2": "Region (custom2)",
        "custom3": "Region (custom1) (custom3)",
    }


def test_no_two_fields_are_shown_alike_and_each_is_found_by_what_it_is_shown_as() -> None:
    labels = ["Region", "REGION", "Region (custom1)", "x" * 300, "x" * 301, "Title", "a\u200bb", "ab", "?", "!"]
    labels += ["E\u0301t\u00e9", "\u00c9t\u00e9"]
    fields = custom_fields(
        resource_type("prospect"), [Field(f"custom{place}", label) for place, label in enumerate(labels, 1)]
    )
    names = [each.shown for each in fields.by_key.values()]
    assert len({name.casefold() for name in names}) == len(labels)
    assert max(map(len, names)) <= 80
    assert [fields.key(name) for name in names] == list(fields.by_key)


async def test_a_label_of_several_fields_is_refused_with_what_tells_them_apart() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        told = await bench.refused("update_account", account_id=ONE, attributes={"region": "North"})
        assert told == (
            "'region' is the label of 2 fields: write 'Region (custom11)' or 'Region (custom12)'. Nothing was sent."
        )
        assert bench.changes() == []
        answer = await bench.call("update_account", account_id=ONE, attributes={"Region (custom12)": "North"})
    assert answer["Region (custom12)"] == "North"


async def test_an_attribute_goes_before_a_custom_field_of_that_label() -> None:
    async with workbench(WORLD, custom_fields=organisation()) as bench:
        answer = await bench.call(
            "update_account", account_id=ONE, attributes={"Industry": "Wind", "industry (custom10)": "Power"}
        )
    assert (answer["industry"], answer["Industry (custom10)"]) == ("Wind", "Power")


async def test_custom_fields_of_related_records_are_taken_and_shown_by_label() -> None:
    person = Record("prospect", 7, {"firstName": "Ann", "lastName": "Lee"}, {"account": Identifier("account", ONE)})
    world = (ME, one("account", custom1="12"), person)
    async with workbench(world) as bench:
        listed = await bench.call("list_prospects", fields=["account.field technicians"])
        read = await bench.call("get_prospect", prospect_id=7, fields=["account.Field technicians"])
    assert (listed["columns"], listed["rows"]) == (["id", "account.Field technicians"], [[7, "12"]])
    assert read == {"id": 7, "account.Field technicians": "12"}


async def test_a_link_shows_labels_as_well() -> None:
    async with workbench((ME, one("account", custom1="12"))) as bench:
        read = await bench.call("execute_link", link=f"https://api.outreach.io/api/v2/accounts/{ONE}")
    assert read["Field technicians"] == "12"


async def test_a_long_text_in_a_custom_field_is_read_on_by_label() -> None:
    async with workbench((ME, one("prospect", custom1="word " * 6000))) as bench:
        first = await bench.call("get_prospect", prospect_id=ONE, fields=["assistant"])
        rest = await bench.call(
            "get_prospect", prospect_id=ONE, fields=["Assistant"], text_from=first["more"]["text_from"]
        )
    assert (first["Assistant"] + rest["Assistant"]).count("word") > 6000 - 1
    assert first["untrusted"] == ["Assistant"]


async def test_a_name_like_a_label_is_refused_with_the_label() -> None:
    async with workbench(WORLD) as bench:
        told = [
            await bench.refused("update_prospect", prospect_id=ONE, attributes={"Buyng role": "Champion"}),
            await bench.refused("update_prospect", prospect_id=ONE, clear=["buyingroles"]),
            await bench.refused("list_prospects", filters={"Byuing role": "Champion"}),
            await bench.refused("list_prospects", fields=["buying-roles"]),
            await bench.refused("update_prospect", prospect_id=ONE, **{"buying role s": "x"}),
        ]
        assert bench.asked() == []
    assert {each.partition(", ")[2] for each in told} == {"did you mean 'Buying role'? Nothing was sent."}


async def test_a_filter_by_label_goes_on_after_a_rename_and_by_key() -> None:
    fields = CustomFields()
    people = [one("prospect", number, custom2="Champion") for number in range(10, 16)]
    async with workbench((ME, *people), custom_fields=fields) as bench:
        first = await bench.call("list_prospects", filters={"buying role": "Champion"}, fields=["id"], page_size=4)
        rest = await bench.call(
            "list_prospects",
            filters={"custom2": "Champion"},
            fields=["id"],
            page_size=4,
            page_after=first["page_after"],
        )
    assert sorted(row[0] for row in [*first["rows"], *rest["rows"]]) == list(range(10, 16))
    assert first["note"] == "Outreach cannot filter by Buying role: the rows were filtered here"


async def test_where_labels_cannot_be_read_keys_are_taken_and_it_is_said_once() -> None:
    async with workbench(WORLD, switches=Switches(forbidden=frozenset({"types"}))) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"custom2": "Champion"})
        assert (answer["custom2"], answer["note"]) == ("Champion", UNREADABLE)
        listed = await bench.call("list_prospects", fields=["custom2"], filters={"custom2": "Champion"})
        assert listed["columns"] == ["id", "custom2"]
        assert listed["note"] == "Outreach cannot filter by custom2: the rows were filtered here"
        assert "note" not in await bench.call("get_prospect", prospect_id=ONE)
        assert bench.sent().count("GET /types") == 1
        told = await bench.refused("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        assert told == f"prospect has no field 'buying role'; {UNREADABLE}. Nothing was sent."


async def test_labels_of_excluded_types_are_not_read_and_others_are() -> None:
    guard = Guard(Policy.of(excluded=["list_accounts", "get_account"]), "never")
    async with workbench(WORLD, guard=guard) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        assert answer["Buying role"] == "Champion"
        told = await bench.refused("update_account", account_id=ONE, attributes={"field technicians": "3"})
        assert "'Field technicians'" not in told
        assert UNREADABLE in told


async def test_a_tool_that_is_chosen_alone_reads_the_labels_of_its_type_and_no_others() -> None:
    guard = Guard(Policy.of(["update_prospect"]), "never")
    async with workbench(WORLD, guard=guard) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"buying role": "Champion"})
        assert answer["Buying role"] == "Champion"


async def test_strange_answers_to_types_are_no_labels() -> None:
    strange = {
        "prospect": {"custom1": CustomField("string", "  "), "custom2": CustomField("string", "\u200b")},
        "account": {},
    }
    async with workbench(WORLD, custom_fields=CustomFields(strange)) as bench:
        answer = await bench.call("update_prospect", prospect_id=ONE, attributes={"custom1": "x", "custom2": "y"})
    assert (answer["custom1"], answer["custom2"]) == ("x", "y")
