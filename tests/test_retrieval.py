"""The requests that the retrieval benchmark asks: well formed, over every tool, and split by their text alone."""

import json
import runpy
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from outreach_tools.toolsets import SALES, all_tools

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
BENCHMARK = runpy.run_path(str(BENCHMARKS / "retrieval"), run_name="retrieval")
ROWS: list[dict[str, Any]] = json.loads((BENCHMARKS / "retrieval_requests.json").read_text(encoding="utf-8"))
WANTED: list[Any] = BENCHMARK["requests"]()
TOOLS = {tool.name for tool in all_tools()}


def place(scores: dict[str, float], right: set[str]) -> int:
    """The place that the benchmark gives the right tools, where a search scores the tools so."""

    def build(_: Sequence[str]) -> Callable[[str], Sequence[float]]:
        return lambda _: list(scores.values())

    found: list[int] = list(BENCHMARK["ranks"](scores, [BENCHMARK["Wanted"]("anything", frozenset(right))], build))
    return found[0]


def test_there_are_at_least_150_requests_and_none_twice() -> None:
    requests = [row["request"].casefold() for row in ROWS]
    assert len(requests) >= 150
    assert [request for request, times in Counter(requests).items() if times > 1] == []


def test_every_row_is_a_request_and_the_tools_it_needs() -> None:
    assert {tuple(row) for row in ROWS} == {("round", "request", "needs")}
    assert all(isinstance(row["request"], str) and row["request"].strip() == row["request"] != "" for row in ROWS)
    assert all(isinstance(row["needs"], str) or len(set(row["needs"])) == len(row["needs"]) > 1 for row in ROWS)


def test_the_requests_need_every_tool_and_no_other() -> None:
    assert {name for wanted in WANTED for name in wanted.tools} == TOOLS


def test_the_tools_of_the_sales_preset_are_asked_for_more_often() -> None:
    asked = Counter(name for wanted in WANTED for name in wanted.tools)
    sales = sum(asked[name] for name in SALES) / len(SALES)
    assert sales > sum(asked[name] for name in TOOLS - set(SALES)) / len(TOOLS - set(SALES))


def test_no_request_names_a_tool() -> None:
    names = [name for name in TOOLS if "_" in name]  # a single word may be anybody's
    assert [row["request"] for row in ROWS if any(name in row["request"] for name in names)] == []


def test_each_part_holds_at_least_150_requests() -> None:
    parts = Counter(wanted.part for wanted in WANTED)
    assert parts.keys() == {"look", "score"}
    assert min(parts.values()) >= 150


def test_no_request_of_the_first_round_is_scored() -> None:
    rounds = {row["round"] for row in ROWS}
    assert {wanted.round for wanted in WANTED if wanted.part == "score"} == rounds - {1}


@pytest.mark.parametrize(
    ("request_", "part"),
    # SHA-256 begins with 0x30 and 0xbf: even is `look`, odd is `score`.
    [("any news from Acme?", "look"), ("her new number", "score")],
)
def test_the_first_byte_of_a_requests_hash_decides_its_part(request_: str, part: str) -> None:
    assert BENCHMARK["Wanted"](request_, frozenset()).part == part


def test_a_tie_counts_against_the_right_tool() -> None:
    assert place({"right": 2.0, "as_good": 2.0, "better": 3.0, "worse": 1.0}, {"right"}) == 3


def test_of_several_right_tools_the_best_placed_counts() -> None:
    assert place({"right": 1.0, "wrong": 2.0, "also_right": 3.0}, {"right", "also_right"}) == 1
