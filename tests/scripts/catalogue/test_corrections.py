"""The corrections of the official files: each explained, each in effect, none outliving its fault."""

import pytest

from catalogue.corrections import CORRECTIONS, Correction
from catalogue.official import OfficialSchemaError, build
from tests.scripts.catalogue.synthetic import Files, Json, attribute
from tests.tools.catalog.test_loader import committed


def _name(correction: Correction) -> str:
    return f"{correction.type}.{correction.member}".rstrip(".")


def _corrected(catalog: Json, correction: Correction) -> Json:
    """Return the part of a catalogue's entry that a correction is about."""
    entry: Json = catalog[correction.type]
    if correction.member:
        entry = {**entry["attributes"], **entry.get("relationships", {})}[correction.member]
    return {key: entry.get(key, type(value)()) for key, value in correction.change.items()}


@pytest.mark.parametrize("correction", CORRECTIONS, ids=_name)
def test_a_correction_says_why_and_where_from(correction: Correction) -> None:
    assert correction.reason.endswith(".")
    assert "://" in correction.source or "OpenAPI" in correction.source or "hyper-schema" in correction.source


@pytest.mark.parametrize("correction", CORRECTIONS, ids=_name)
def test_the_committed_data_is_corrected(correction: Correction) -> None:
    assert _corrected(committed(), correction) == correction.change


@pytest.mark.parametrize("correction", CORRECTIONS, ids=_name)
def test_a_correction_changes_what_the_files_say(correction: Correction) -> None:
    files = Files()
    corrected = _corrected(build(files.openapi, files.hyper_schema), correction)
    assert corrected == correction.change


def test_a_correction_that_the_files_no_longer_need_stops_the_build() -> None:
    files = Files()
    table = 'schemaRef="#/components/schemas/account" /> Custom Filters\n\n| q | string| single| N/A|\n'
    files.openapi["tags"].append({"name": "Account", "description": table})
    with pytest.raises(OfficialSchemaError, match=r"the correction of account\. is no longer needed"):
        build(files.openapi, files.hyper_schema)


def test_a_type_beside_the_corrected_ones_is_left_as_the_files_have_it() -> None:
    files = Files().add("widget", "widgets", attributes={"name": attribute("string", "filterable")})
    assert build(files.openapi, files.hyper_schema)["widget"] == {
        "path": "widgets",
        "operations": ["list"],
        "attributes": {"name": {"type": "string", "filterable": True}},
    }
