"""The contract's grammar: a path or a query parameter that is not in it is not sent, however it is spelled."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.places import place_of
from outreach_mcp.guard.grammar import fault_of
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import resource_types
from tests.guard.test_confirmation import Person
from tests.support.workbench import API, Workbench, workbench
from tests.tools.test_lists import people

PATHS = (
    "/prospects/", "//prospects", "/prospects//7", "/./prospects", "/prospects/.", "/prospects/..", "/x/../prospects",
    "/prospects.json", "/prospects/7.json", "/prospects;x", "/prospects;x=1", "/prospects/7;x", "/Prospects",
    "/PROSPECTS", "/prospect", "/pros-pects", "/sequence_states", "/sequencestates", "/sequenceState", "/%70rospects",
    "/prospects%2f7", "/prospects/%37", "/prospects\\7", "/prospects/7/", "/prospects/7#x", "/prospects#",
    "/prospects/٧",
    "/prospects/07", "/prospects/00700", "/prospects/00", "/tasks/07/actions/snooze",
    "/tasks/7/actions/Snooze", "/tasks/7/actions/SNOOZE", "/sequences/1/actions/Activate",
    "/batches/actions/ProspectsDestroyAll", "/batches/actions/prospectsdestroyall",
    "/prospects/+7", "/prospects/-7", "/prospects/7.0", "/prospects/0x7", "/prospects/7e0", "/prospects/ 7",
    "/prospects/7/account", "/prospects/7/relationships/account", "/prospects/7/actions", "/prospects/7/actions/",
    "/prospects/actions", "/prospects/7/actions/x/y", "/tasks/7/Actions/snooze", "/tasks/7/actions/snooze.json",
    "/prospects/" + "7" * 19, "/prospects/7?", "/customObjects/x.json", "/customObjects/a/b/c/d/e", "/customObjects//x",
    "@evil.example/prospects", "/@evil.example", "/prospects/me", "/types/1", "/types.json", "/schema", "", "prospects",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_not_in_the_contract_leads_nowhere(path: str) -> None:
    place = place_of(path)
    assert place is None or place.kind == "unknown"
    if place is not None:  # of an unknown type only the form is known, and that is not a spelling of a known one
        assert path.strip("/").partition("/")[0].casefold() not in {each.casefold() for each in resource_types()}


def test_every_action_leads_somewhere_in_its_own_spelling_alone() -> None:
    for resource in resource_types().values():
        for action in resource.actions.values():
            path = f"/{resource.path}{'' if action.collection else '/7'}/actions/"
            assert place_of(f"{path}{action.name}") is not None
            for other in (action.name.upper(), action.name.lower(), action.name.capitalize(), action.name.swapcase()):
                assert (place_of(path + other) is None) == (other != action.name), path + other


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/prospects/0100"), ("POST", "/sequences/1/actions/Activate")])
async def test_a_change_in_another_spelling_is_neither_asked_about_nor_sent(method: str, path: str) -> None:
    person = Person("decline")
    async with workbench(people(1), guard=Guard(Policy.of()), person=person) as bench:
        message = await bench.refused("raw_http_request", method=method, path=path)
        assert (bench.sent(), person.questions) == ([], [])
    assert "the contract has no such path" in message


@pytest.mark.parametrize("path", [path for path in PATHS if path])
async def test_a_path_in_another_spelling_reaches_outreach_as_the_plain_one_or_not_at_all(path: str) -> None:
    async with workbench(people(1)) as bench:
        await bench.outcome("raw_http_request", {"method": "GET", "path": path})
        await bench.outcome("execute_link", {"link": f"{API}{path}"})
        # A slash at the end changes nothing, and is not sent.
        assert {request.url.raw_path.partition(b"?")[0] for request in bench.requests} <= {
            b"/api/v2/prospects",
            b"/api/v2/prospects/7",
        }


NAMES = (
    "include[]", "include[0]", "include[a]", "Include", "INCLUDE", " include", "include ", "include\t", "include\n",
    "include\0", "include;x", "x;include", "inc\u200blude", "ｉnclude", "filter", "filter[]", "filter[a", "filter]a[",
    "filter[a]b", "filter[a][b][c][d]", "filter[a.b]", "filter[a b]", "filter[[a]]", "filter.a", "q[filter]",
    "a[include]",
    "fields", "fields[]", "fields[a][b]", "fields[a]x", "page", "page[number]", "page[Size]", "page[size][]",
    "per_page",
    "limit", "offset", "sort[]", "sort[a]", "order", "count[]", "Count", "_method", "_Method", "_METHOD", "%5fmethod",
    "_method[]", "x_method", "__method", "access_token", "utf8", "format", "callback", "newfiltersyntax", "",
    "filter[account][name];include", "actionParams", "actionParams[]", "authenticity_token", "filter[ａccount][name]",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_query_parameter_that_is_not_in_the_contract_is_refused(name: str) -> None:
    for method, path in (("GET", "/prospects"), ("GET", "/prospects/7"), ("GET", "/somethings"), ("PATCH", "/tasks/7")):
        assert fault_of(Outgoing(method, path, ((name, "account"),), None)).startswith(
            ("there is no query", "the query")
        )


def spellings(name: str, value: str) -> Iterator[str]:
    """Yield a parameter in every writing that some server might read as it."""
    yield f"{quote(name, safe='')}={value}"
    yield f"{name};x={value}"
    yield f"x;{name}={value}"
    yield f"page[size]=2;{name}={value}"
    yield f"page[size]=2;%20{name}={value}"
    yield f"filter[title]=CEO;{name}={value}"
    yield f"filter[title]=CEO;%20{name}={value}"
    yield f"page[after]=x;{name}={value}"
    yield f"{name}={value};{name}={value}"
    yield f"%{ord(name[0]):02x}{name[1:]}={value}"
    yield f"{'%' + '25' * 3}{ord(name[0]):02x}{name[1:]}={value}"
    yield f"&&{name}={value}"
    yield f"+{name}={value}"
    yield f"{name}+={value}"
    yield f"{name}={value}&{name}={value}"
    yield f"?{name}={value}"
    yield f"page[size]=2?{name}={value}"


async def reached(bench: Workbench, query: str) -> list[bytes]:
    """Ask with a query in all ways there are, and return what reached Outreach of it."""
    before = len(bench.requests)
    await bench.outcome("raw_http_request", {"method": "GET", "path": f"/prospects?{query}"})
    await bench.outcome("raw_http_request", {"method": "GET", "path": "/prospects", "query": query})
    await bench.outcome("execute_link", {"link": f"{API}/prospects?{query}"})
    await bench.outcome("execute_link", {"link": f"{API}/prospects/100?{query}"})
    return [request.url.query for request in bench.requests[before:]]


@pytest.mark.parametrize(
    ("name", "value"), [("_method", "delete"), ("Include", "account"), ("filter[account.name]", "Acme"), ("x", "1")]
)
async def test_no_spelling_of_a_parameter_outside_the_contract_is_sent(name: str, value: str) -> None:
    async with workbench(people(1)) as bench:
        for query in spellings(name, value):
            for sent in await reached(bench, query):
                # What is left of it is the text of a value, which no server takes for a parameter.
                assert b";" not in sent
                assert b"?" not in sent
                names = [pair.partition(b"=")[0] for pair in sent.split(b"&") if pair]
                families = {each.partition(b"%5B")[0].partition(b"[")[0] for each in names}
                assert families <= {b"page", b"fields", b"filter"}


@given(st.text(max_size=12))
def test_what_is_in_the_grammar_is_plain(text: str) -> None:
    for path in (f"/{text}", f"/prospects/{text}", f"/tasks/7/actions/{text}", f"/{text}/actions/{text}"):
        if place_of(path) is not None:
            assert path.isascii()
            assert set(path) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.")
            assert "//" not in path
            assert "/." not in path
    if not fault_of(Outgoing("GET", "/prospects", ((text, "true"),), None)):
        assert re.fullmatch(r"(filter|fields)(\[[A-Za-z0-9_.-]+\])+(\[\])?", text, re.ASCII) or text in {
            "include",
            "sort",
            "count",
            "newFilterSyntax",
            "provideAuthorizationMeta",
            "provideDataConnections",
        }


BODIES: tuple[dict[str, Any], ...] = (
    {"_method": "delete"}, {"_Method": "delete"}, {"data": {}, "_method": "delete"}, {"filter": {}}, {"ids": [1]},
    {"data": {}, "included": []},
)  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_with_other_members_than_a_documents_is_not_sent(body: dict[str, Any]) -> None:
    async with workbench(people(1)) as bench:
        message = await bench.refused("raw_http_request", method="POST", path="/prospects", body=body)
        assert bench.sent() == []
    assert "a body has the member 'data'" in message


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/prospects/7"), ("PATCH", "/prospects"), ("DELETE", "/prospects"), ("GET", "/tasks/7/actions/snooze"),
     ("DELETE", "/tasks/7/actions/snooze"), ("POST", "/types"), ("DELETE", "/"), ("PATCH", "/batches/actions/x")],
)  # fmt: skip
async def test_a_method_that_a_path_does_not_take_is_not_sent(method: str, path: str) -> None:
    async with workbench(people(1)) as bench:
        await bench.refused("raw_http_request", method=method, path=path)
        assert bench.sent() == []


async def test_what_is_wrong_is_said_with_what_is_allowed() -> None:
    async with workbench(people(1)) as bench:
        query = await bench.refused("raw_http_request", method="GET", path="/prospects", query={"include[0]": "owner"})
        path = await bench.refused("raw_http_request", method="GET", path="/Prospects")
    assert query == (
        "GET /prospects is refused: there is no query parameter 'include[0]'; there are page[…], filter[…], fields[…], "
        "include, sort, count, newFilterSyntax, actionParams[…], provideAuthorizationMeta, provideDataConnections. "
        "Nothing was sent."
    )
    assert path == (
        "GET /Prospects is refused: the contract has no such path, did you mean /prospects?; paths are like "
        "/prospects, /prospects/7, /tasks/7/actions/snooze and /batches/actions/prospectsAddTags. Nothing was sent."
    )


async def test_a_path_that_nobody_knows_is_sent_where_nothing_is_excluded() -> None:
    async with workbench(people(1)) as bench:
        await bench.outcome("raw_http_request", {"method": "GET", "path": "/customObjects/car/7"})
        assert bench.sent() == ["GET /customObjects/car/7"]
