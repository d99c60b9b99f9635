"""Odd input by the million at everything that takes input from outside, then a walk for what excluded types give away.

Nothing may raise what is not a refusal of ours, nothing may be changed, since the person who is asked says everything
but a plain yes, and every request stays within the API. One seed leads to the same inputs again.
"""

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio
from mcp_types import ElicitResult

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.engine.text import clean
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import is_object
from outreach_tools.toolsets import all_tools
from tests.long.canaries import choosable, excludable, walk
from tests.long.oddities import changed, one_of, value
from tests.long.surfaces import SURFACES
from tests.support.workbench import Era, workbench

_PERCENT_OF_CALLS = 1
_SECONDS_FOR_ONE = 2.0
"""Of the processor's time, for any one input; most take less than a thousandth."""

_MOST_SHOWN = 50
_TOOLS_OF_A_SERVER = 500
"""Calls after which the next server begins: what is kept of them does not grow for ever."""


@dataclass(slots=True)
class Figures:
    """The outcome of a run; `breaches` are sentences, each about something that must not happen."""

    inputs: Counter[str] = field(default_factory=Counter[str])
    slowest: dict[str, float] = field(default_factory=dict[str, float])
    questions: int = 0
    breaches: list[str] = field(default_factory=list[str])

    def note(self, surface: str, seconds: float, breach: str | None) -> None:
        """Count an input of a surface, which took so many seconds of the processor."""
        self.inputs[surface] += 1
        self.slowest[surface] = max(self.slowest.get(surface, 0), seconds)
        if breach is None and seconds > _SECONDS_FOR_ONE:
            breach = f"took {seconds:.1f} s"
        if breach is not None:
            self.breaches.append(f"{surface}: {breach}")


def fuzz(inputs: int, seed: int, figures: Figures) -> None:
    """Put so many odd inputs to the surfaces, and some of them to the tools."""
    names, shares = list(SURFACES), [share for share, _ in SURFACES.values()]
    random = Random(seed)
    calls = inputs * _PERCENT_OF_CALLS // 100
    for name in random.choices(names, shares, k=inputs - calls):
        surface = SURFACES[name][1]
        begun = time.process_time()
        try:
            breach = surface(random)
        except Exception as error:
            breach = f"raised {_told(error)}"
        figures.note(name, time.process_time() - begun, breach)
    for start in range(0, calls, _TOOLS_OF_A_SERVER):
        era: Era = "auto" if start // _TOOLS_OF_A_SERVER % 2 else "legacy"
        anyio.run(_call_tools, min(_TOOLS_OF_A_SERVER, calls - start), era, random, figures)


async def _call_tools(calls: int, era: Era, random: Random, figures: Figures) -> None:
    async def person(context: object, params: object) -> ElicitResult:
        figures.inputs["answers to questions"] += 1
        answer = one_of(random, ("true", "yes", "false", "", 1, 0, -1, 1.5, False, None, ["true"], [""]))
        return ElicitResult(action="accept", content={"confirm": answer})

    guard = Guard(Policy.of([tool.name for tool in all_tools()]), "writes")
    async with workbench(era=era, guard=guard, person=person, max_result_tokens=2000) as bench:
        for _ in range(calls):
            tool = one_of(random, all_tools())
            arguments = _arguments(random, tool)
            begun = time.process_time()
            try:
                breach = _breach_of(await bench.outcome(tool.name, arguments))
            except Exception as error:
                breach = f"raised {_told(error)}"
            if breach is None and bench.changes():
                breach = f"changed something: {bench.changes()}"
                bench.requests.clear()
            shown = None if breach is None else f"{tool.name} {json.dumps(arguments)[:300]} {breach}"
            figures.note("calls of tools", time.process_time() - begun, shown)
        strange = [str(request.url) for request in bench.requests if not request.url.path.startswith("/api/v2")]
        figures.breaches.extend(f"calls of tools: sent to {url}" for url in strange)


def _arguments(random: Random, tool: Tool) -> dict[str, Any]:
    given = changed(random, _good(tool), 0.1)
    odd = {name: value(random) for name in _some(random, [*tool.input_schema["properties"]])}
    # Half a surrogate pair comes no further than the reader of messages, which has inputs of its own.
    text = json.dumps({**(given if is_object(given) else {}), **odd}, ensure_ascii=False)
    arguments: dict[str, Any] = json.loads(text.encode(errors="replace"))
    return arguments


def _some(random: Random, names: list[str]) -> list[str]:
    """Return the names of arguments that are made odd, few: of the calls with more none gets far."""
    return random.sample(names, min(len(names), one_of(random, (0, 1, 1, 2))))


def _good(tool: Tool) -> Any:
    kinds: dict[str, Any] = {"integer": 1, "string": "2026-11-18", "array": [], "object": {}, "boolean": True}
    properties = tool.input_schema["properties"]
    return {name: kinds.get(str(properties[name].get("type")), 1) for name in tool.input_schema.get("required", [])}


def _breach_of(outcome: tuple[bool, str]) -> str | None:
    _, text = outcome
    if "fault in this server" in text:
        return "ended in a fault of ours"
    return None if clean(text) == text else "answered with characters that nobody sees"


def _told(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno} of {place.filename}: {str(error)[:200]}"


async def _walk(most: int, seed: int, figures: Figures) -> None:
    for mode in ("excluded", "unchosen"):
        for kind in excludable() if mode == "excluded" else choosable():
            # To the tools of no type fewer: each takes some requests.
            walked = await walk(kind, mode, most=most, seed=seed, further=most // 4)
            figures.questions += walked.asked
            figures.breaches.extend(f"{kind} {mode}: {leak.question}" for leak in walked.leaks)


def main(arguments: list[str]) -> int:
    """Run the suite, print its figures, and return 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="check_long attack", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="odd inputs (1000000)")
    parser.add_argument("--questions", type=int, default=1_000, help="of the walk, for each type and mode (1000)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (1)")
    given = parser.parse_args(arguments)
    figures = Figures()
    stages: list[tuple[str, Callable[[], object]]] = [
        ("inputs", lambda: fuzz(given.inputs, given.seed, figures)),
        ("walk", lambda: anyio.run(_walk, given.questions, given.seed, figures) if given.questions else None),
    ]
    for name, stage in stages:
        begun = time.perf_counter()
        stage()
        print(f"{name}: {time.perf_counter() - begun:.0f} s; seed {given.seed}")
    for name, count in figures.inputs.most_common():
        print(f"  {name:24} {count:9,}  slowest {figures.slowest.get(name, 0) * 1000:8.1f} ms")
    print(f"  {'questions of the walk':24} {figures.questions:9,}")
    print(f"\nbreaches: {len(figures.breaches)}")
    for breach in figures.breaches[:_MOST_SHOWN]:
        print(f"  {breach}")
    return 1 if figures.breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
