"""A scripted assistant: follows a playbook's text call by call, as it is written, and keeps what came back."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
from mcp_types import TextContent

from outreach_tools.playbooks.playbook import CALL, Playbook
from tests.support.workbench import Workbench

O200K = bpe_openai.get_encoding("o200k_base")
_PLACE = re.compile(r"<([a-z_]+)>")
_MANY = re.compile(r"at most (three|five)", re.IGNORECASE)
_NUMBERS = {"three": 3, "five": 5}


@dataclass(slots=True)
class Followed:
    """The answers of each tool in the order of its calls, and what they cost."""

    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    calls: int = 0
    tokens: int = 0
    changed: list[str] = field(default_factory=list[str])

    def rows(self, tool: str, number: int = 0) -> list[dict[str, Any]]:
        """Return the rows of one answer by the names of its columns."""
        answer = self.answers[tool][number]
        return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


def steps(text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the calls of the steps of a text: the line, the tool and the arguments."""
    section = text.partition("## Steps\n")[2].partition("\n## ")[0]
    yield from calls(section)


def calls(text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield all calls that stand in a text."""
    for line in text.splitlines():
        for found in CALL.finditer(line):
            yield line, found["tool"], json.loads(found["arguments"])


async def follow(bench: Workbench, playbook: Playbook, given: Mapping[str, str]) -> Followed:
    """Get the prompt from the server and make the calls of its steps; a place takes what an earlier answer has."""
    prompt = await bench.client.get_prompt(playbook.name, dict(given))
    (message,) = prompt.messages
    followed = Followed()
    assert isinstance(message.content, TextContent)
    for line, tool, arguments in steps(message.content.text):
        places = _PLACE.findall(json.dumps(arguments))
        if not places:
            await _call(bench, followed, tool, arguments)
            continue
        many = _MANY.search(line)
        assert many is not None, f"{line} does not say how often"
        (place,) = set(places)
        ids = [row["id"] for row in _latest(followed)][: _NUMBERS[many[1].lower()]]
        for number in ids:
            await _call(bench, followed, tool, _filled(arguments, place, str(number)))
    followed.changed = bench.changes()
    return followed


async def _call(bench: Workbench, followed: Followed, tool: str, arguments: dict[str, Any]) -> None:
    failed, text = await bench.outcome(tool, arguments)
    assert not failed, f"{tool} {arguments}: {text}"
    followed.calls += 1
    followed.tokens += len(O200K.encode(text))
    followed.answers.setdefault(tool, []).append(json.loads(text))


def _latest(followed: Followed) -> list[dict[str, Any]]:
    for answers in reversed(followed.answers.values()):
        answer = answers[-1]
        if "columns" in answer and answer["columns"][0] == "id":
            return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    return []


def _filled(arguments: dict[str, Any], place: str, value: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(arguments).replace(f"<{place}>", value))
    return found
