"""Following links and raw requests: held to the API, whatever is asked."""

import json

import pytest

from outreach_sandbox.records import Record
from tests.support.workbench import API, workbench
from tests.tools.test_lists import people

ELSEWHERE = [
    "https://evil.example/api/v2/prospects",
    "http://api.outreach.io/api/v2/prospects",
    "https://api.outreach.io:8443/api/v2/prospects",
    "https://user:password@api.outreach.io/api/v2/prospects",
    "https://api.outreach.io/api/v2/../v1/prospects",
    "https://api.outreach.io/api/v2/%2e%2e/oauth/token",
    "https://api.outreach.io/api/v2/..%2fapp",
    "https://api.outreach.io/api/v2/%252e%252e/app",
    "https://api.outreach.io/api/v2/..\\app",
    "https://api.outreach.io/api/v3/prospects",
    "https://api.outreach.io/api/v2evil/prospects",
    "https://api.outreach.io.evil.example/api/v2/prospects",
    "https://api.outreach.io@evil.example/api/v2/prospects",
    "https://api.outreach.io/api/v2/prospects#x",
    "https://api.outreach.io/oauth/token",
    "https:///api/v2/prospects",
]


@pytest.mark.parametrize("link", ELSEWHERE)
async def test_a_link_that_leads_elsewhere_is_refused_and_nothing_is_sent(link: str) -> None:
    async with workbench(people(1)) as bench:
        await bench.refused("execute_link", link=link)
        assert bench.sent() == []


@pytest.mark.parametrize("path", [*ELSEWHERE, "//evil.example/x", "/../oauth/token", "/%2e%2e/app", "prospects"])
async def test_a_raw_request_that_leads_elsewhere_is_refused_and_nothing_is_sent(path: str) -> None:
    async with workbench(people(1)) as bench:
        await bench.refused("raw_http_request", method="GET", path=path)
        assert bench.sent() == []


async def test_a_link_to_a_record_answers_as_a_get() -> None:
    async with workbench(people(1)) as bench:
        followed = await bench.call("execute_link", link=f"{API}/prospects/100")
        read = await bench.call("get_prospect", prospect_id=100)
    names = {"account", "owner"}  # a link brings no related records along
    assert followed == {key: value for key, value in read.items() if key not in names}


async def test_a_link_to_a_list_can_be_walked() -> None:
    link = f"{API}/prospects?filter%5Baccount%5D%5Bid%5D=5&page%5Bsize%5D=4"
    async with workbench([*people(10), Record("prospect", 900, {"firstName": "Bob"})]) as bench:
        first = await bench.call("execute_link", link=link)
        second = await bench.call("execute_link", link=link, page_after=first["page_after"])
        third = await bench.call("execute_link", link=link, page_after=second["page_after"])
    assert [row[0] for answer in (first, second, third) for row in answer["rows"]] == list(range(100, 110))
    assert not third["has_more"]


async def test_a_next_link_goes_on_where_it_points() -> None:
    async with workbench(people(5)) as bench:
        query = {"page[size]": 3, "fields[prospect]": "title"}
        page = await bench.call("raw_http_request", method="GET", path="/prospects", query=query)
        followed = await bench.call("execute_link", link=page["body"]["links"]["next"])
    assert [row[0] for row in followed["rows"]] == [103, 104]


async def test_a_path_is_no_link() -> None:
    async with workbench([]) as bench:
        message = await bench.refused("execute_link", link="/prospects/1")
        assert bench.sent() == []
    assert message == "'link' takes an absolute link out of an answer; for a path use raw_http_request"


async def test_a_raw_request_sends_what_it_is_given() -> None:
    note = {
        "data": {
            "type": "prospectNote",
            "attributes": {"message": "Met at the fair"},
            "relationships": {"prospect": {"data": {"type": "prospect", "id": 456}}},
        }
    }
    async with workbench() as bench:
        created = await bench.call("raw_http_request", method="post", path="/prospectNotes", body=note)
        number = created["body"]["data"]["id"]
        read = await bench.call(
            "raw_http_request", method="GET", path=f"/prospectNotes/{number}", query={"fields[prospectNote]": "message"}
        )
        deleted = await bench.call("raw_http_request", method="DELETE", path=f"/prospectNotes/{number}")
    assert created["status"] == 201
    assert read["body"]["data"]["attributes"] == {"message": "Met at the fair"}
    assert deleted == {"status": 204, "body": None}


SENT = [("page[size]", "2"), ("filter[id][]", "101"), ("filter[id][]", "103")]
SAME_QUERIES: list[object] = [
    {"page[size]": 2, "filter[id][]": [101, 103]},
    '{"page[size]": 2, "filter[id][]": ["101", "103"]}',
    "page[size]=2&filter[id][]=101&filter[id][]=103",
    " ?page%5Bsize%5D=2&filter%5Bid%5D%5B%5D=101&filter%5Bid%5D%5B%5D=103",
]


@pytest.mark.parametrize("query", SAME_QUERIES)
async def test_a_raw_query_comes_as_an_object_or_as_the_text_behind_a_question_mark(query: object) -> None:
    async with workbench(people(5)) as bench:
        await bench.outcome("raw_http_request", {"method": "GET", "path": "/prospects", "query": query})
        assert bench.requests[-1].url.params.multi_items() == SENT


async def test_a_raw_body_comes_as_an_object_or_as_its_text() -> None:
    body = {"data": {"type": "persona", "attributes": {"name": "Zoë"}}}
    async with workbench([]) as bench:
        as_object = await bench.outcome("raw_http_request", {"method": "POST", "path": "/personas", "body": body})
        contents = bench.contents()
    async with workbench([]) as bench:
        arguments = {"method": "POST", "path": "/personas", "body": json.dumps(body)}
        assert await bench.outcome("raw_http_request", arguments) == as_object
        assert bench.contents() == contents
    assert not as_object[0]


@pytest.mark.parametrize(
    ("argument", "value", "wanted"),
    [
        ("query", "prospects", "takes name=value, joined by &, like 'page[size]=5', not 'prospects'"),
        ("query", "[1, 2]", "takes an object, as such or as its JSON text, not '[1, 2]'"),
        ("body", '{"data": ', "takes an object, as such or as its JSON text, not '{\"data\": '"),
        ("body", "[1]", "takes an object, as such or as its JSON text, not '[1]'"),
    ],
)
async def test_text_that_is_no_query_or_body_is_refused(argument: str, value: str, wanted: str) -> None:
    async with workbench([]) as bench:
        message = await bench.refused("raw_http_request", method="GET", path="/prospects", **{argument: value})
        assert bench.sent() == []
    assert message == f"'{argument}' {wanted}"


async def test_a_bulk_action_without_ids_is_never_sent() -> None:
    async with workbench() as bench:
        message = await bench.refused("raw_http_request", method="POST", path="/batches/actions/prospectsDestroyAll")
        assert bench.sent() == []
    assert "ids" in message


async def test_a_raw_list_that_is_too_long_leaves_out_whole_records() -> None:
    async with workbench(people(200), max_result_tokens=3000) as bench:
        answer = await bench.call("raw_http_request", method="GET", path="/prospects", query={"page[size]": 200})
    records = answer["body"]["data"]
    assert [record["id"] for record in records] == list(range(100, 100 + len(records)))
    assert answer["note"] == (
        f"{200 - len(records)} records and links.next, which leads past them, did not fit: "
        "ask for a smaller page[size] or fewer fields"
    )
    assert "next" not in answer["body"]["links"]
