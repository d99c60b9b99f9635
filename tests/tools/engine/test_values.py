"""Values: checked against the catalogue, given the form that goes on the wire."""

from typing import Any

import pytest

from outreach_tools.catalog import Attribute
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.values import check_value


@pytest.mark.parametrize(
    ("attribute", "given", "sent"),
    [
        (Attribute("name", "string"), "Acme", "Acme"),
        (Attribute("order", "integer"), "7", 7),
        (Attribute("score", "number"), "7.5", 7.5),
        (Attribute("named", "boolean"), "TRUE", True),
        (Attribute("tags", "array", items="string"), "vip", ["vip"]),
        (Attribute("tags", "array", items="string"), '["vip", "", "new"]', ["vip", "new"]),
        (Attribute("tags", "array", items="string"), "[vip]", ["[vip]"]),
        (Attribute("tags", "array", items="string"), '{"vip": 1}', ['{"vip": 1}']),
        (Attribute("payload", "object"), '{"a": ["b"]}', {"a": ["b"]}),
        (Attribute("name", "string"), '["vip"]', '["vip"]'),
    ],
)
def test_a_value_takes_the_form_that_outreach_takes(attribute: Attribute, given: Any, sent: Any) -> None:
    assert check_value(attribute, given) == sent


@pytest.mark.parametrize(
    ("attribute", "given", "message"),
    [
        (Attribute("name", "string"), 5, "'name' takes a string, not 5"),
        (Attribute("order", "integer"), "first", "'order' takes an integer, not 'first'"),
        (Attribute("order", "integer"), True, "'order' takes an integer, not True"),
        (Attribute("order", "integer"), 1.5, "'order' takes an integer, not 1.5"),
        (Attribute("score", "number"), "NaN", "'score' takes a number, not 'NaN'"),
        (Attribute("named", "boolean"), "yes", "'named' takes a boolean, not 'yes'"),
        (Attribute("tags", "array", items="string"), [1], "'tags' takes an array of strings; 1 is not one"),
        (Attribute("payload", "object"), "{a}", "'payload' takes an object, not '{a}'"),
        (Attribute("name", "string", max_length=3), "Acme", "'name' has 4 characters; Outreach takes at most 3"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(attribute: Attribute, given: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        check_value(attribute, given)
    assert str(refused.value) == message


def test_a_known_value_is_understood_in_any_case() -> None:
    known = {"Finish - Replied": "Finish - Replied"}
    assert check_value(Attribute("sequenceAction", "string"), "finish - replied", known=known) == "Finish - Replied"


def test_an_unknown_value_is_refused_with_the_nearest_one() -> None:
    known = {"inbound": "inbound", "outbound": "outbound"}
    with pytest.raises(ArgumentError) as refused:
        check_value(Attribute("direction", "string"), "outbond", known=known)
    assert str(refused.value) == "'direction' is 'outbond', not one of inbound, outbound, did you mean 'outbound'?"
