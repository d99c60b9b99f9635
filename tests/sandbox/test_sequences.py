"""Sequences and their templates: the actions that switch them."""

from typing import Any

import pytest

from tests.sandbox.service import NOW, RENEWAL, Api, problems, record, sandbox, to

OFF = {"enabled": False, "enabledAt": None, "locked": False, "lockedAt": None}
ON = {**OFF, "enabled": True, "enabledAt": NOW}
LOCKED = {**OFF, "locked": True, "lockedAt": NOW}


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("activate", OFF, ON), ("deactivate", ON, OFF), ("lock", ON, LOCKED), ("unlock", LOCKED, OFF)],
)
async def test_an_action_switches_a_sequence(action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    step = record("sequenceStep", 1, {"stepType": "call", "order": 1}, sequence=RENEWAL)
    async with sandbox([record("sequence", 1, {"name": "A", **before}), step]) as api:
        response = await api.send("POST", f"/sequences/1/actions/{action}")
        found = response.json()["data"]["attributes"]
        assert (response.status_code, {name: found[name] for name in after}) == (200, after)


@pytest.mark.parametrize(
    ("action", "before"),
    [("activate", ON), ("activate", LOCKED), ("deactivate", OFF), ("lock", LOCKED), ("unlock", OFF)],
)
async def test_a_sequence_refuses_to_be_what_it_is(action: str, before: dict[str, Any]) -> None:
    async with sandbox([record("sequence", 1, {"name": "A", **before})]) as api:
        assert len(problems(await api.send("POST", f"/sequences/1/actions/{action}"))) == 1


async def test_a_sequence_template_is_switched_off_and_on_again() -> None:
    async with sandbox([record("sequenceTemplate", 1, {"enabled": True})]) as api:
        off = await api.send("POST", "/sequenceTemplates/1/actions/deactivate")
        again = await api.send("POST", "/sequenceTemplates/1/actions/deactivate")
        on = await api.send("POST", "/sequenceTemplates/1/actions/activate")
        assert [off.status_code, again.status_code, on.status_code] == [200, 422, 200]
        assert on.json()["data"]["attributes"]["enabledAt"] == NOW


async def test_a_sequence_is_built_from_its_parts(api: Api) -> None:
    sequence = (await api.create("/sequences", "sequence", {"name": "Built"})).json()["data"]["id"]
    step = await api.create(
        "/sequenceSteps", "sequenceStep", {"stepType": "auto_email"}, {"sequence": to("sequence", sequence)}
    )
    template = await api.create("/templates", "template", {"name": "Hello", "bodyHtml": "<p>Hello</p>"})
    links = {
        "sequenceStep": to("sequenceStep", step.json()["data"]["id"]),
        "template": to("template", template.json()["data"]["id"]),
    }
    joined = await api.create("/sequenceTemplates", "sequenceTemplate", {"isReply": False}, links)
    assert (step.json()["data"]["attributes"]["order"], joined.status_code) == (1, 201)
    found = await api.get(f"/sequences/{sequence}")
    assert found["data"]["attributes"]["sequenceStepCount"] == 1
