"""The explanation of an empty list never spoils it."""

from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Request, Response, Unread
from outreach_tools.engine.emptiness import related_types
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import RESOURCES, all_tools

LIST_PROSPECTS = next(tool for tool in all_tools() if tool.name == "list_prospects")


class Nobody:
    """A client that finds no record."""

    async def send(self, request: Request) -> Response:
        return Response(200, {"data": []} if request.method == "GET" else None)

    async def current_user_id(self) -> int:
        return 1


async def explained(body: Any) -> tuple[JsonObject, list[Request]]:
    """List prospects of a stage; return the answer, and what was read on the side, which brings a body, or nothing."""
    requests: list[Request] = []

    async def attempt(request: Request) -> Response | Unread:
        requests.append(request)
        return Unread("no answer", passing=True) if body is None else Response(200, body)

    context = Context(Nobody(), attempt=attempt)
    return await LIST_PROSPECTS.run(context, {"filters": {"stage.name": "Won"}}), requests


@pytest.mark.parametrize(
    "body",
    [None, "no document", {"data": 5}, {"data": [5, {"id": 7}]},
     {"data": [{"id": 7, "attributes": {"name": ["odd"]}}, {"attributes": None}]}],
)  # fmt: skip
async def test_a_read_that_brings_nothing_leaves_the_answer_as_it_is(body: Any) -> None:
    answer, _ = await explained(body)
    assert (answer["returned"], answer["rows"]) == (0, [])
    assert answer["note"].startswith("stage.name is matched as a whole")


async def test_a_read_on_the_side_lets_others_go_ahead() -> None:
    _, requests = await explained({"data": []})
    assert [(each.target, each.background) for each in requests] == [("/stages", True)]


@pytest.mark.parametrize("kind", [declared.type for declared in RESOURCES])
def test_a_list_looks_only_at_the_types_that_its_filters_name(kind: str) -> None:
    resource = resource_type(kind)
    named = {path.partition(".")[0] for path in filter_names(resource) if "." in path}
    types = {target for name in named for target in resource.relationships[name].types}
    assert related_types(resource) <= types
