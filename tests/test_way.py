"""The way of a call through the code: short enough for a reader, and told in docs/architecture.md."""

import re
import runpy

import pytest

from tests.support.processes import ROOT

BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "way"), run_name="way")
MOST_FILES = 40
"""Files on the way to HTTP: who reads them all knows what happens before Outreach is asked."""

MOST_ON_BOTH_WAYS = 56


@pytest.fixture(scope="module", name="ways")
def traced() -> tuple[list[str], list[str]]:
    """Return the files on the way of a `list_prospects` to HTTP, and those on its way back."""
    there, back = BENCHMARK["traced"]("list_prospects")
    return list(there), list(back)


def test_a_read_reaches_http_in_few_files(ways: tuple[list[str], list[str]]) -> None:
    there, _ = ways
    assert "outreach_mcp/stdio/wire.py" in there
    assert "outreach_mcp/api/layers/exchange.py" in there
    assert len(there) <= MOST_FILES, there


def test_the_answer_takes_few_more(ways: tuple[list[str], list[str]]) -> None:
    there, back = ways
    assert "outreach_tools/engine/answers.py" in back
    assert len({*there, *back}) <= MOST_ON_BOTH_WAYS, back


def test_the_document_names_every_file_on_the_way_to_http(ways: tuple[list[str], list[str]]) -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## The way of a call")[2]
    told = told.partition("\n## ")[0]
    named = set(re.findall(r"`([\w/]+\.py)`", told))
    missing = [name for name in ways[0] if not any(name.endswith(f"/{each}") for each in named)]
    assert missing == []
