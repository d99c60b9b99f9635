"""How the demo shows a call on a terminal."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module

from outreach_mcp.io.streams import show
from outreach_tools.client import JsonObject

_LINES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Measure:
    """How large a text is: the unit, and what counts it."""

    unit: str
    count: Callable[[str], int]


def measure() -> Measure:
    """Count tokens where the tokenizer is installed, bytes otherwise."""
    try:
        # Not imported by name: it is a development tool, and nobody needs it to serve.
        encoding = import_module("bpe_openai").get_encoding("o200k_base")
    except ModuleNotFoundError:
        return Measure("bytes (bpe-openai, which counts tokens, is not installed)", lambda text: len(text.encode()))
    return Measure("o200k tokens", lambda text: len(encoding.encode_ordinary(text)))


@dataclass(slots=True)
class Report:
    """Prints calls with their answers and sizes, and adds the sizes up; `width` is the terminal's."""

    width: int
    measure: Measure
    _ours: int = field(default=0, init=False)
    _raw: int = field(default=0, init=False)

    def say(self, sentence: str) -> None:
        """Print a sentence."""
        show(sentence)

    def call(self, why: str, tool: str, arguments: JsonObject, answer: str, raw_answer: str) -> None:
        """Print one call: why, with what, what it answers, and how large that is beside the API's own answer."""
        ours, raw = self.measure.count(answer), self.measure.count(raw_answer)
        self._ours += ours
        self._raw += raw
        show(
            f"\n{why}\n"
            f"{self._block('> ', f'{tool} {json.dumps(arguments, ensure_ascii=False)}')}\n"
            f"{self._block('  ', answer)}\n"
            f"  = {self._compared(ours, raw, 'the raw API answer to the same request')}"
        )

    def total(self) -> None:
        """Print what all calls cost together."""
        show(f"\nTogether: {self._compared(self._ours, self._raw, 'the raw API answers to the same requests')}")

    def _compared(self, ours: int, raw: int, other: str) -> str:
        share = f" ({ours / raw:.0%})" if raw else ""
        return f"{ours:,} {self.measure.unit}; {other}: {raw:,}{share}"

    def _block(self, indent: str, text: str) -> str:
        lines = list(_wrapped(text, self.width - len(indent)))
        if len(lines) > _LINES_SHOWN + 1:
            lines = [*lines[:_LINES_SHOWN], f"... {len(lines) - _LINES_SHOWN} more lines"]
        return "\n".join(indent + line for line in lines)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Break a text into lines after commas and spaces: compact JSON has few spaces."""
    line = ""
    for piece in re.findall(r"[^\s,]*[\s,]?", text):
        if line and len(line) + len(piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece
    if line:
        yield line
