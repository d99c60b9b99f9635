"""A number is judged by its value, in every argument of every tool: `456.0` is the integer 456, and 456.5 is none."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.client import Request, Response
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.tool import Context, Tool
from tests.tools.filling import (
    LISTS,
    TOOLS,
    UPDATES,
    WRITES,
    Path,
    enough_for,
    least,
    places,
    put,
    refusing,
    requests_of,
    writable,
)
from tests.tools.test_marks import TEXTLESS

WHOLE: tuple[Any, ...] = (456.0, 4.56e2, "456", " 456 ", "456.0", "4.56e2")
NOT_WHOLE: tuple[Any, ...] = (
    456.5, "456.5", True, False, 2**63, 10**30, -(10**30), 1e30, 2.0**53, "9" * 30,
    "1e400", "4_56", "٤٥٦", "0x1", [456.5], {"a": 456},
)  # fmt: skip

TRUE: tuple[Any, ...] = ("true", " TRUE ", "True")
NOT_TRUE: tuple[Any, ...] = (1, 0, 1.0, "yes", "on", "1", "t", [True])
INFINITE = (math.nan, math.inf, -math.inf)


class _NoOutreach:
    """A client for calls that are refused before anything is sent."""

    async def send(self, request: Request) -> Response:
        raise AssertionError(request)

    async def current_user_id(self) -> int:
        raise AssertionError


def integer_places() -> Iterator[tuple[Tool, Path]]:
    """Return every place of every tool that takes an integer: by its schema, and ids, which may be names as well."""
    for tool in TOOLS:
        for path, schema in places(tool.input_schema):
            one = schema.get("items") or schema
            if path == ("text_from",) and tool.resource in TEXTLESS:
                continue
            # Each kind of step takes its own, a plan ids or filters: test_build_sequence.py, tests/jobs.
            if path[0] == "steps" or (tool.borrows and path[0] == "ids"):
                continue
            if one.get("type") == "integer" or one.get("description") in ("id or name", "id, name or me"):
                yield tool, path


INTEGERS = list(integer_places())


def test_the_table_holds_the_integers_of_all_tools() -> None:
    assert len(INTEGERS) > 150
    assert {tool.name for tool in (*LISTS, *UPDATES)} <= {tool.name for tool, _ in INTEGERS}


async def test_a_whole_number_is_an_integer_in_every_argument_however_it_is_written() -> None:
    differing: list[Any] = []
    async with refusing() as bench:
        for tool, path in INTEGERS:
            arguments = enough_for(tool, path)
            wanted, text = await requests_of(bench, tool, put(arguments, path, 456))
            assert wanted, (tool.name, path, text)
            for form in WHOLE:
                sent, text = await requests_of(bench, tool, put(arguments, path, form))
                if sent != wanted:
                    differing.append((tool.name, path, form, text))
    assert differing == []


async def test_what_is_no_whole_number_is_refused_in_every_argument_and_nothing_is_sent() -> None:
    taken: list[Any] = []
    async with refusing() as bench:
        for tool, path in INTEGERS:
            arguments = enough_for(tool, path)
            for form in NOT_WHOLE:
                failed, text = await bench.outcome(tool.name, put(arguments, path, form))
                named = [part for part in path if isinstance(part, str) and part != "id"][-1]
                if not failed or named not in text or "takes" not in text:
                    taken.append((tool.name, path, form, text))
        assert bench.asked() == []
    assert taken == []


async def test_infinity_is_refused_in_every_argument_that_takes_an_integer() -> None:
    # A client's own JSON turns it into null; one that writes 1e400 sends it.
    context = Context(_NoOutreach())
    for tool, path in INTEGERS:
        if tool.borrows:  # without anything to keep plans they go no further: tests/jobs
            continue
        arguments = enough_for(tool, path)
        for form in INFINITE:
            with pytest.raises(ArgumentError, match="takes"):
                await tool.run(context, put(arguments, path, form))


async def test_a_whole_number_is_an_integer_in_every_attribute_that_is_one() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in WRITES:
            for attribute in writable(tool):
                if attribute.type not in ("integer", "number"):
                    continue
                number += 1
                arguments = enough_for(tool, ("attributes", attribute.name))
                path: Path = ("attributes", attribute.name)
                wanted, text = await requests_of(bench, tool, put(arguments, path, 456))
                assert wanted, (tool.name, path, text)
                for form in WHOLE:
                    sent, text = await requests_of(bench, tool, put(arguments, path, form))
                    if sent != wanted:
                        differing.append((tool.name, path, form, text))
                named = attribute.name.endswith("Id")  # takes names as well, which texts may be
                for form in (True,) if named else (True, "nan", "Infinity", "1e400", "1_0", "٤"):
                    sent, text = await requests_of(bench, tool, put(arguments, path, form))
                    if sent or attribute.name not in text:
                        differing.append((tool.name, path, form, text))
    assert number > 20
    assert differing == []


def filters_of_integers() -> Iterator[tuple[Tool, str]]:
    """Return every filter of every list that compares integers."""
    for tool in LISTS:
        resource = resource_type(tool.resource)
        for name in filter_names(resource):
            attribute = resource.attributes.get(name)
            if (
                (name == "id" and not resource.uuids)
                or name.endswith(".id")
                or (attribute and attribute.type == "integer")
            ):
                yield tool, name


async def test_a_whole_number_is_an_integer_in_every_filter() -> None:
    differing: list[Any] = []
    filters = list(filters_of_integers())
    async with refusing() as bench:
        for tool, name in filters:
            wanted, text = await requests_of(bench, tool, {"filters": [{"field": name, "criteria": "456"}]})
            assert wanted, (tool.name, name, text)
            for form in (456, *WHOLE, [456.0], ["456.0", ""], "[456.0]"):
                sent, text = await requests_of(bench, tool, {"filters": [{"field": name, "criteria": form}]})
                if sent != wanted:
                    differing.append((tool.name, name, form, text))
            for form in (456.5, "456.5", True, "1e400", 10**30, [456, 456.5], "[456.5]", "[1e400]"):
                sent, text = await requests_of(bench, tool, {"filters": [{"field": name, "criteria": form}]})
                if sent or "takes" not in text:
                    differing.append((tool.name, name, form, text))
    assert len(filters) > 100
    assert differing == []


@pytest.mark.parametrize(("given", "sent"), [(25.0, "25"), (2.5, "2.5"), (True, "true"), ("25.0", "25.0"), (7, "7")])
async def test_a_number_in_a_raw_query_is_written_by_its_value(given: Any, sent: str) -> None:
    async with refusing() as bench:
        query = {"filter[score]": given}
        await bench.outcome("raw_http_request", {"method": "GET", "path": "/prospects", "query": query})
        assert bench.requests[-1].url.params["filter[score]"] == sent


@pytest.mark.parametrize("given", ["1e400", "[1e400]", "[1, -1e400]", f"1{'0' * 400}"])
async def test_a_number_that_a_query_cannot_hold_is_refused(given: str) -> None:
    query = f'{{"page[size]": {given}}}'
    async with refusing() as bench:
        message = await bench.refused("raw_http_request", method="GET", path="/prospects", query=query)
        assert bench.sent() == []
    assert message.startswith(("'query", "'query.page[size]'"))
    assert " takes " in message


async def test_a_raw_body_goes_out_as_it_is_given() -> None:
    body: dict[str, Any] = {
        "data": {"type": "account", "attributes": {"custom1": 456.0, "custom2": "", "custom3": None, "a": []}}
    }
    async with refusing() as bench:
        await bench.outcome("raw_http_request", {"method": "POST", "path": "/accounts", "body": body})
        assert b'"custom1":456.0,"custom2":"","custom3":null,"a":[]' in bench.requests[-1].content


async def test_a_raw_body_that_json_cannot_hold_is_refused() -> None:
    async with refusing() as bench:
        message = await bench.refused(
            "raw_http_request", method="POST", path="/accounts", body='{"data": [{"n": 1e400}]}'
        )
        assert bench.sent() == []
    assert message.startswith("'body' takes ")


async def test_true_and_false_may_come_as_text_and_as_nothing_else() -> None:
    taken: list[Any] = []
    async with refusing() as bench:
        for tool in TOOLS:
            for path, schema in places(tool.input_schema):
                if schema.get("type") != "boolean" or tool.borrows or path[0] in ("steps", "dry_run"):
                    continue  # what plans, steps and dry runs take: tests/jobs, test_build_sequence.py, test_dry_run.py
                arguments = enough_for(tool, path)
                wanted, text = await requests_of(bench, tool, put(arguments, path, True))
                assert wanted, (tool.name, path, text)
                for form in TRUE:
                    sent, text = await requests_of(bench, tool, put(arguments, path, form))
                    if sent != wanted:
                        taken.append((tool.name, path, form, text))
                for form in NOT_TRUE:
                    sent, text = await requests_of(bench, tool, put(arguments, path, form))
                    if sent:
                        taken.append((tool.name, path, form, text))
    assert taken == []


async def test_an_id_too_long_to_be_exact_as_a_decimal_is_refused_with_what_to_do() -> None:
    tool = next(tool for tool in TOOLS if tool.name == "delete_prospect")
    async with refusing() as bench:
        message = await bench.refused("delete_prospect", **{**least(tool), "prospect_id": float(2**53)})
        assert bench.sent() == []
    assert message == (
        "'prospect_id' takes the integer id of a record, not 9007199254740992.0, which is not exact: write all its "
        "digits: list_prospects finds it"
    )
