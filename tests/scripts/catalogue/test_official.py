"""How the official files are read, on small files of their form."""

import re
from typing import Any

import pytest

from catalogue.official import OfficialSchemaError, build
from outreach_tools.catalog.recorded import RECORDED, Recorded
from tests.scripts.catalogue.synthetic import Files, Json, attribute, link_only, to_many, to_one


def built(files: Files, name: str) -> Json:
    """Build the catalogue and return one type's entry."""
    entry: Json = build(files.openapi, files.hyper_schema)[name]
    return entry


def attributes_of(**attributes: Json) -> Json:
    return dict(built(Files().add("widget", "widgets", attributes=attributes), "widget")["attributes"])


def relationships_of(files: Files | None = None, **relationships: Json) -> Json:
    files = files or Files()
    files.add("widget", "widgets", relationships=relationships)
    return dict(built(files, "widget")["relationships"])


def test_a_type_is_read_with_its_path_and_nothing_that_is_empty() -> None:
    assert built(Files().add("widget", "widgets"), "widget") == {
        "path": "widgets",
        "operations": ["list"],
        "attributes": {},
    }


def test_the_path_is_that_of_the_routes_answering_with_the_type() -> None:
    assert built(Files().add("persona", "personae"), "persona")["path"] == "personae"


def test_a_type_without_a_route_stops_the_build() -> None:
    files = Files().add("widget", "widgets")
    del files.openapi["paths"]["/widgets"]
    with pytest.raises(OfficialSchemaError, match="no route answers with 'widget'"):
        build(files.openapi, files.hyper_schema)


def test_operations_come_from_the_routes_in_their_usual_order() -> None:
    files = Files().add("widget", "widgets").route("delete", "/widgets/{id}", "widget")
    files.route("patch", "/widgets/{id}", "widget").route("post", "/widgets", "widget")
    assert built(files, "widget")["operations"] == ["list", "create", "update", "delete"]


def test_operations_open_to_server_tokens_are_marked() -> None:
    both: list[Json] = [{"bearerAuth": [], "s2sAuthToken": []}]
    files = Files().add("widget", "widgets").route("get", "/widgets/{id}", "widget", security=both)
    assert built(files, "widget")["s2s"] == ["get"]


def test_attributes_keep_type_format_and_length() -> None:
    found = attributes_of(
        name=attribute("string", maxLength=255),
        dueAt=attribute("string", format="date-time"),
        score=attribute("number", format="float"),
    )
    assert found == {
        "name": {"type": "string", "max_length": 255},
        "dueAt": {"type": "string", "format": "date-time"},
        "score": {"type": "number", "format": "float"},
    }


@pytest.mark.parametrize(
    ("badge", "flag"),
    [("readonly", "read_only"), ("writeonly", "write_only"), ("filterable", "filterable"), ("sortable", "sortable")],
)
def test_a_badge_in_the_prose_is_a_flag(badge: str, flag: str) -> None:
    assert attributes_of(name=attribute("string", badge)) == {"name": {"type": "string", flag: True}}


def test_an_array_keeps_the_type_of_its_items_and_their_email_format() -> None:
    found = attributes_of(
        tags=attribute("array", items={"type": "string"}),
        emails=attribute("array", items={"type": "string", "format": "email"}),
        histogram=attribute("array", items={"format": "contact histogram"}),
    )
    assert found == {
        "tags": {"type": "array", "items": "string"},
        "emails": {"type": "array", "items": "string", "format": "email"},
        "histogram": {"type": "array"},
    }


def test_flags_that_the_hyper_schema_gives_an_arrays_items_are_the_arrays() -> None:
    emails = attribute("array", "filterable", items={"type": "string"})
    files = Files().add("widget", "widgets", attributes={"emails": emails})
    files.define("widget", emails={"type": "array", "items": {"type": "string", "filterable": True}})
    assert built(files, "widget")["attributes"]["emails"]["filterable"] is True


@pytest.mark.parametrize(
    ("badges", "hyper", "message"),
    [
        ((), {"filterable": True}, "filterable is False in the OpenAPI and True in the hyper-schema"),
        (("filterable",), {"filterable": False}, "filterable is True in the OpenAPI and False in the hyper-schema"),
        (("sortable",), {"sortable": False}, "sortable is True in the OpenAPI and False in the hyper-schema"),
        ((), {"readOnly": True}, "read_only is False in the OpenAPI and True in the hyper-schema"),
        (("writeonly",), {}, "write_only is True in the OpenAPI and False in the hyper-schema"),
        (
            (),
            {"type": "array", "items": {"sortable": True}},
            "sortable is False in the OpenAPI and True in the hyper-schema",
        ),
    ],
)
def test_a_contradiction_between_the_files_stops_the_build(
    badges: tuple[str, ...], hyper: dict[str, Any], message: str
) -> None:
    files = Files().add("widget", "widgets", attributes={"name": attribute("string", *badges)})
    files.define("widget", name={"type": "string", **hyper})
    with pytest.raises(OfficialSchemaError, match=f"widget.name: {message}"):
        build(files.openapi, files.hyper_schema)


def test_files_that_agree_are_no_contradiction() -> None:
    name = attribute("string", "readonly", "filterable", "sortable")
    files = Files().add("widget", "widgets", attributes={"name": name})
    files.define("widget", name={"type": "string", "readOnly": True, "filterable": True, "sortable": True})
    assert built(files, "widget")["attributes"] == {
        "name": {"type": "string", "read_only": True, "filterable": True, "sortable": True}
    }


def test_custom_fields_are_folded_into_one_entry() -> None:
    custom = {f"custom{number}": attribute("string", maxLength=32000) for number in (1, 10, 2, *range(3, 10))}
    assert attributes_of(name=attribute("string"), **custom) == {
        "name": {"type": "string"},
        "custom1..10": {"type": "string", "max_length": 32000},
    }


@pytest.mark.parametrize(
    "custom",
    [
        {"custom1": attribute("string"), "custom2": attribute("integer")},
        {"custom1": attribute("string"), "custom3": attribute("string")},
        {"custom2": attribute("string")},
    ],
)
def test_custom_fields_that_are_not_alike_or_not_in_a_row_stop_the_build(custom: Json) -> None:
    with pytest.raises(OfficialSchemaError, match="the custom fields of widget are not alike"):
        attributes_of(**custom)


def test_relationships_keep_their_types_and_number() -> None:
    assert relationships_of(
        owner=to_one("user"),
        subject=to_one("account", "opportunity", "prospect"),
        teams=to_many("team"),
        creator=to_one("user", prose="<img src=https://developers.outreach.io/badges/readonly.svg>\n\nWho made it."),
    ) == {
        "owner": {"types": ["user"]},
        "subject": {"types": ["account", "opportunity", "prospect"]},
        "teams": {"types": ["team"], "many": True},
        "creator": {"types": ["user"], "read_only": True},
    }


def test_a_link_only_relationship_has_the_target_that_the_hyper_schema_names() -> None:
    files = Files().define(
        "widget",
        calls={"type": "array", "data": False, "items": {"$ref": "#/definitions/call"}},
        host={"data": False, "$ref": "#/definitions/user"},
        subjects={
            "type": "array",
            "items": {"anyOf": [{"$ref": "#/definitions/call"}, {"$ref": "#/definitions/user"}]},
        },
    )
    assert relationships_of(files, calls=link_only(), host=link_only(), subjects=link_only()) == {
        "calls": {"types": ["call"], "many": True, "embedded": False},
        "host": {"types": ["user"], "embedded": False},
        "subjects": {"types": ["call", "user"], "many": True, "embedded": False},
    }


def test_a_link_only_relationship_unknown_to_the_hyper_schema_has_the_target_of_its_name() -> None:
    files = Files().add("gadget", "gadgets")
    assert relationships_of(files, gadgets=link_only()) == {
        "gadgets": {"types": ["gadget"], "many": True, "embedded": False}
    }


def test_a_relationship_whose_ids_the_hyper_schema_denies_is_not_embedded() -> None:
    files = Files().define("widget", owner={"data": False, "$ref": "#/definitions/user"})
    assert relationships_of(files, owner=to_one("user")) == {"owner": {"types": ["user"], "embedded": False}}


def test_a_member_with_neither_ids_nor_link_is_left_out() -> None:
    assert relationships_of(owner=to_one("user"), ccEntitiesId={"description": "Some ids."}) == {
        "owner": {"types": ["user"]}
    }


@pytest.mark.parametrize(
    ("prose", "filters"),
    [
        ("You can use only the attribute id to filter widgets by owner (e.g. filter[owner][id]=X).", ["id"]),
        ("You can use attributes id and name to filter widgets by owner (e.g. filter[owner][id]=X).", ["id", "name"]),
        (
            "Its owner. You can use attributes id, email and firstName to filter widgets by owner.",
            ["id", "email", "firstName"],
        ),
    ],
)
def test_the_prose_of_a_relationship_names_what_it_may_be_filtered_by(prose: str, filters: list[str]) -> None:
    assert relationships_of(owner=to_one("user", prose=prose))["owner"]["filter_by"] == filters


def test_a_filter_that_is_called_otherwise_than_its_relationship_keeps_that_name() -> None:
    prose = "You can use only the attribute id to filter widgets by stage (e.g. filter[stage][id]=X)."
    assert relationships_of(widgetStage=to_one("stage", prose=prose))["widgetStage"] == {
        "types": ["stage"],
        "filter_by": ["id"],
        "filter_name": "stage",
    }


@pytest.mark.parametrize(
    ("declared", "uuids"),
    [({"type": "integer"}, False), ({"type": "string", "description": "As a UUID"}, True), ({}, False)],
)
def test_a_type_whose_ids_are_uuids_says_so(declared: Json, uuids: bool) -> None:
    files = Files().add("widget", "widgets")
    files.openapi["components"]["schemas"]["widgetResponse"]["properties"]["id"] = declared
    assert built(files, "widget").get("uuids", False) is uuids


def test_ids_of_an_unknown_kind_stop_the_build() -> None:
    files = Files().add("widget", "widgets")
    files.openapi["components"]["schemas"]["widgetResponse"]["properties"]["id"] = {"type": "string"}
    with pytest.raises(OfficialSchemaError, match="widget: its id is neither an integer nor a UUID"):
        build(files.openapi, files.hyper_schema)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: f"{each.type}: {each.source[:12]}")
def test_what_the_files_come_to_name_is_no_longer_only_recorded(recorded: Recorded) -> None:
    name, _ = next(recorded.entries())
    files = Files()
    files.openapi["components"]["schemas"][recorded.type]["properties"][name] = attribute("string")
    with pytest.raises(OfficialSchemaError, match=f"the files name {recorded.type}.{name}"):
        build(files.openapi, files.hyper_schema)


@pytest.mark.parametrize("prose", ["Relationship owner cannot be used as a filter.", "The owner of this widget."])
def test_a_relationship_whose_prose_offers_no_filter_has_none(prose: str) -> None:
    assert relationships_of(owner=to_one("user", prose=prose)) == {"owner": {"types": ["user"]}}


def test_any_filterable_attribute_stands_for_the_id_and_the_targets_filterable_attributes() -> None:
    files = Files().add(
        "gadget",
        "gadgets",
        attributes={"name": attribute("string", "filterable"), "colour": attribute("string")},
    )
    found = relationships_of(files, gadget=to_one("gadget", prose="You can use any filterable attribute of gadget."))
    assert found["gadget"]["filter_by"] == ["id", "name"]


def test_unknown_filter_prose_stops_the_build() -> None:
    prose = "Widgets can be filtered by some attributes of the owner."
    with pytest.raises(OfficialSchemaError, match=re.escape(f"widget.owner: cannot read the filters in {prose!r}")):
        relationships_of(owner=to_one("user", prose=prose))


def test_custom_filters_are_read_from_the_table_of_the_types_tag() -> None:
    table = (
        '<SchemaDefinition schemaRef="#/components/schemas/widget" />\n\n## Widget Custom Filters\n\n'
        "| **NAME**| **VALUE TYPE** |\n| --- | --- |\n| agentEmail | string| single|\n| agentName | string| single|\n\n"
        "## Widget Actions\n| notAFilter | string| single|\n"
    )
    files = Files().add("widget", "widgets")
    files.openapi["tags"].append({"name": "Widget", "description": table})
    assert built(files, "widget")["filters"] == ["agentEmail", "agentName"]


def test_an_actions_parameters_are_those_of_both_files() -> None:
    parameters: list[Json] = [
        {"name": "id", "in": "path", "schema": {"type": "integer"}},
        {"name": "actionParams", "in": "query", "schema": {"properties": {"note": {}, "dueAt": {}}}},
    ]
    files = Files().add("widget", "widgets")
    files.route("post", "/widgets/{id}/actions/snooze", "widget", parameters=parameters)
    link = {"href": "/api/v2/widgets/{:id}/actions/snooze", "method": "POST", "requiredParams": ["dueAt"]}
    files.define("widget", {**link, "optionalParams": ["urgent"]})
    assert built(files, "widget")["actions"] == {"snooze": {"required": ["dueAt"], "optional": ["urgent", "note"]}}


def test_a_collection_action_keeps_the_members_of_its_body() -> None:
    attributes = {"properties": {"ids": {"type": "array"}, "tags": {"type": "array"}}}
    schema = {"properties": {"data": {"properties": {"attributes": attributes}}}}
    body = {"content": {"application/vnd.api+json": {"schema": schema}}}
    files = Files().add("widget", "widgets")
    files.route("post", "/widgets/actions/addTags", "widget", requestBody=body)
    assert built(files, "widget")["actions"] == {"addTags": {"collection": True, "attributes": ["ids", "tags"]}}


def test_operations_and_actions_that_only_the_hyper_schema_has_are_added() -> None:
    files = (
        Files()
        .add("widget", "widgets")
        .define(
            "widget",
            {"href": "/api/v2/widgets/{:id}", "method": "PATCH"},
            {"href": "/api/v2/widgets/{:id}/actions/lock", "method": "POST"},
        )
    )
    entry = built(files, "widget")
    assert (entry["operations"], entry["actions"]) == (["list", "update"], {"lock": {}})
