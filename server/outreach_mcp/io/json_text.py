"""Reads JSON from others, in one way wherever it comes from: checks its contents, and says what is wrong with them.

Python's own reader takes NaN and halves of surrogate pairs, and neither deep nesting nor long numbers end well in it.
"""

import json
import math
import re
from typing import Any, Literal, TypeAlias

import pydantic_core

MOST_DEEP = 200
"""How deep arrays and objects may be nested, about; what pydantic reads."""

MOST_DIGITS = 4300
"""Of an integer; more take Python longer than their length."""

MOST_VALUES = 20_000
"""In one text; of empty lists more take Python a hundred times the memory and time that the text does."""

_MOST_OUTLINE = 4096
"""Bytes that are kept of an outline: more than any envelope takes."""

_ENDS_TEXT, _BEGINS = re.compile(rb'["\\\\]'), re.compile(rb'["{}\[\]]')

_AS_ONE_KIND, _OTHERS = bytes.maketrans(b"{}", b"[]"), bytes(set(range(256)) - set(b"{}[]"))

_OPENS = ord("[")

_RUNS = re.compile(rb"\[+|\]+")

_PASSED_AT_ONCE = (4096, 256)
"""Bytes: as many as are passed over in one step, where none of them closes a bracket of the top level."""

_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A text, or what begins like one and has no end; it gives nothing back, so that it is linear."""

_WHOLE = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
"""All up to a text without an end."""

_BEFORE_VALUES = b",[{"

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Kind: TypeAlias = Literal["encoding", "size", "depth", "digits", "half", "constant", "syntax"]


class JsonError(Exception):
    """A text that cannot be read; the message says why, of "it".

    `value` is what a looser reading finds, None where that finds nothing either; it may hold what nobody can send on,
    and of what is nested too deep only the top level.
    """

    def __init__(self, kind: Kind, reason: str, value: object = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.value = value


class Outline:
    """The top level of a JSON text of any length and depth: what lies deeper is passed over.

    It is fed in pieces, takes time in proportion to them, and keeps little.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._depth = 0
        self._is_in_text = False
        self._is_escaped = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        at = 0
        while at < len(data) and len(self._kept) <= _MOST_OUTLINE:
            if passed := self._passed_over(data, at):
                at += passed
                continue
            if self._is_escaped:
                self._is_escaped = False
                self._keep(data[at : at + 1])
                at += 1
                continue
            found = (_ENDS_TEXT if self._is_in_text else _BEGINS).search(data, at)
            self._keep(data[at : found.start() if found else len(data)])
            if found is None:
                return
            self._pass(found.group())
            at = found.end()

    def read(self) -> object:
        """Return the value, everything in it that is nested empty; None where it cannot be read."""
        try:
            return json.loads(self._kept, parse_int=_integer) if len(self._kept) <= _MOST_OUTLINE else None
        except (ValueError, RecursionError):
            return None

    def _pass(self, byte: bytes) -> None:
        if self._is_in_text:
            self._is_escaped = byte == b"\\"
            self._is_in_text = self._is_escaped
        elif byte == b'"':
            self._is_in_text = True
        elif byte in b"{[":
            self._keep(byte)
            self._depth += 1
            return
        else:
            self._depth -= 1
        self._keep(byte)

    def _keep(self, data: bytes) -> None:
        # An opening and a closing bracket stand at the level around them.
        if self._depth <= 1:
            self._kept += data[: _MOST_OUTLINE + 1 - len(self._kept)]

    def _passed_over(self, data: bytes, at: int) -> int:
        """Pass over what is nested, without looking at each bracket; return how many bytes that were."""
        if self._is_in_text or self._depth <= 1:
            return 0
        for most in _PASSED_AT_ONCE:
            whole = _WHOLE.match(data, at, at + most)
            end = whole.end() if whole else at
            brackets = _TEXT.sub(b"", data[at:end]).translate(_AS_ONE_KIND, _OTHERS)
            for _ in range(3):  # what is left is an eighth, or in long runs
                brackets = brackets.replace(b"[]", b"")
            depth = lowest = self._depth
            for run in _RUNS.findall(brackets):
                depth += len(run) if run[0] == _OPENS else -len(run)
                lowest = min(lowest, depth)
            if lowest > 1 and end > at:
                self._depth = depth
                return end - at
        return 0


def read_json(data: bytes) -> Any:
    """Return the value that some UTF-8 spells. Raises `JsonError`."""
    if holds_more_values(data, MOST_VALUES):
        outline = Outline()
        outline.feed(data)
        raise JsonError("size", f"it holds more than {MOST_VALUES:,} values", outline.read())
    try:
        return pydantic_core.from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise _fault(data, str(error)) from None


def has_half_of_a_pair(value: object) -> bool:
    """Return whether there is half of a surrogate pair in a value, which UTF-8 cannot spell."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def holds_more_values(data: bytes, most: int) -> bool:
    """Return whether some JSON holds more than so many values, without reading it."""
    if len(data) <= most or _count(data) <= most:
        return False
    return _count(_TEXT.sub(b"", data)) > most  # a text may hold as many commas as it likes


def _count(data: bytes) -> int:
    return sum(data.count(mark) for mark in _BEFORE_VALUES)


def _fault(data: bytes, strict: str) -> JsonError:
    too_deep = f"it is nested more than {MOST_DEEP} deep"
    try:
        text, encoding = data.decode(), ""
    except UnicodeDecodeError:
        likely = "it looks like UTF-16" if data.startswith(_UTF_16) or b"\0" in data else "it is another encoding"
        text, encoding = data.decode(errors="replace"), f"it is not UTF-8 ({likely})"
    try:
        value: object = json.loads(text, parse_int=_integer)
    except RecursionError:
        outline = Outline()
        outline.feed(data)
        return JsonError("depth", too_deep, outline.read())
    except ValueError as error:
        return JsonError("encoding", encoding) if encoding else JsonError("syntax", f"it is not JSON: {error}")
    if encoding:
        return JsonError("encoding", encoding, value)
    if "recursion limit" in strict:
        return JsonError("depth", too_deep, value)
    if "number out of range" in strict:
        return JsonError("digits", f"it holds a number of more than {MOST_DIGITS:,} digits", value)
    if has_half_of_a_pair(value):
        half = "it holds half of a surrogate pair (\\ud800 to \\udfff), which no text can: send whole characters"
        return JsonError("half", half, value)
    return JsonError("constant", "NaN and Infinity are not JSON", value)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= MOST_DIGITS else math.inf
