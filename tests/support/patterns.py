"""Finds every regular expression of the product, how it is used, and text that could keep it busy."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import outreach_mcp
import outreach_sandbox
import outreach_tools

Text: TypeAlias = str | bytes

# Where a pattern's parts are known; it has no types.
parser: Any = importlib.import_module("re._parser")

METHODS = frozenset({"match", "fullmatch", "search", "sub", "subn", "findall", "finditer", "split"})
FROM_ANYWHERE = METHODS - {"match", "fullmatch"}
"""Methods that begin again at every character."""

_PROBES = "a0A _-.,:;/<>\"'=&%\t\n\u00e9\u200b"
_DEPTH = 6  # of containers in containers


@dataclass(frozen=True, slots=True)
class Use:
    """A pattern, the name it goes by, and the methods that are called on that name."""

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


def all_uses() -> list[Use]:
    """Return every pattern: those that modules hold, in whatever, and those that stand in a call."""
    modules = list(_modules())
    called, literal = _calls(Path(each.__file__) for each in modules if each.__file__)
    found: dict[tuple[Text, int], Use] = {}
    for module in modules:
        for name, pattern in _held(module):
            last = name.rpartition(".")[2]
            own = called.get((module.__file__ or "", last))
            methods = own or called.get(("", last), frozenset({"match", "fullmatch", "search"}))
            _add(found, Use(f"{module.__name__}.{name}", pattern, methods))
    for use in literal:
        _add(found, use)
    return sorted(found.values(), key=lambda use: use.where)


def inputs(pattern: str, flags: int, *, anywhere: bool) -> Iterator[tuple[str, str, str]]:
    """Yield texts that could keep a pattern busy, each as a beginning, what is repeated, and an end."""
    pieces = set(_PROBES)
    begins = {""}
    _collect(parser.parse(pattern, flags), "", pieces, begins)
    pairs = {first + second for first in _few(pieces) for second in _few(pieces)}
    ends = ("\x01",) if anywhere else ("\x01", "")
    for begin in sorted(begins, key=len)[:10]:
        for piece in sorted(pieces if begin else pieces | pairs):
            for end in ends:
                yield begin, piece, end


def _few(pieces: Iterable[str]) -> list[str]:
    return sorted((each for each in pieces if len(each) == 1), key=_PROBES.find)[:10]


def _collect(parsed: Any, before: str, pieces: set[str], begins: set[str]) -> str:
    """Gather what a pattern repeats, and what must stand before it; return a text that it matches."""
    text = before
    for code, argument in parsed:
        name = str(code)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = argument
            once = _collect(inner, text, pieces, begins)[len(text) :]
            if high > 20 and once:
                begins.add(text)
                pieces.update({text, f"{text} "} - {""})
                pieces.update({once, *_others(inner)})
            text += once * max(low, 1)
        elif name == "SUBPATTERN":
            text = _collect(argument[-1], text, pieces, begins)
        elif name == "ATOMIC_GROUP":
            text = _collect(argument, text, pieces, begins)
        elif name == "BRANCH":
            texts = [_collect(each, text, pieces, begins) for each in argument[1]]
            text = max(texts, key=len)
        elif name in ("ASSERT", "ASSERT_NOT"):
            _collect(argument[1], text, pieces, begins)
        else:
            text += _one(name, argument)
    if text:
        begins.add(text)
        pieces.update({text, text[: len(text) // 2 + 1], text[:-1]} - {""})
    return text


def _others(inner: Any) -> set[str]:
    """Return several characters that one repeated item may be."""
    if len(inner) == 1 and str(inner[0][0]) in ("IN", "NOT_LITERAL", "ANY"):
        return {each for each in _PROBES if _may_be(inner, each)}
    return set()


def _may_be(inner: Any, character: str) -> bool:
    return re.compile(_written(inner), re.DOTALL).fullmatch(character) is not None


def _written(inner: Any) -> str:
    """Write one item as a pattern again."""
    ((code, argument),) = inner
    if str(code) == "ANY":
        return "."
    if str(code) == "NOT_LITERAL":
        return f"[^{re.escape(chr(argument))}]"
    out = ""
    for kind, value in argument:
        match str(kind):
            case "NEGATE":
                out += "^"
            case "LITERAL":
                out += re.escape(chr(value))
            case "RANGE":
                out += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
            case _:
                out += _CATEGORIES[str(value)]
    return f"[{out}]"


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip


def _one(name: str, argument: Any) -> str:
    """Return a character that an item matches, empty where it matches a place."""
    if name == "LITERAL":
        return chr(argument)
    if name == "ANY":
        return "a"
    if name in ("IN", "NOT_LITERAL"):
        item = [(parser.IN if name == "IN" else parser.NOT_LITERAL, argument)]
        return next((each for each in _PROBES + "xzXZ19" + "".join(map(chr, range(128))) if _may_be(item, each)), "")
    return ""


def _add(found: dict[tuple[Text, int], Use], use: Use) -> None:
    key = (use.pattern.pattern, use.pattern.flags)
    earlier = found.get(key)
    found[key] = Use(earlier.where, use.pattern, earlier.methods | use.methods) if earlier else use


def _modules() -> Iterator[ModuleType]:
    for package in (outreach_mcp, outreach_sandbox, outreach_tools):
        yield package
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not each.name.endswith("__main__"):
                yield importlib.import_module(each.name)


def _held(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in vars(module).items():
        if not isinstance(value, type | ModuleType):
            yield from _within(name, value, _DEPTH)


def _within(name: str, value: Any, depth: int) -> Iterator[tuple[str, re.Pattern[Any]]]:
    held: Any = value
    if isinstance(value, re.Pattern):
        yield name, held
    elif depth == 0 or isinstance(value, str | bytes | int | type):
        return
    elif isinstance(value, Mapping | tuple | list | frozenset | set):
        for each in held.values() if isinstance(value, Mapping) else held:
            yield from _within(name, each, depth - 1)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _within(f"{name}.{each.name}", getattr(value, each.name, None), depth - 1)


def _calls(files: Iterable[Path]) -> tuple[dict[tuple[str, str], frozenset[str]], list[Use]]:
    """Return which methods are called on which names, in a file and anywhere (""), and the patterns in the calls."""
    called: dict[tuple[str, str], set[str]] = {}
    literal: list[Use] = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            method, owner = node.func.attr, node.func.value
            if isinstance(owner, ast.Name) and owner.id == "re":
                first = node.args[0] if node.args else None
                if method in METHODS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    flags = sum(map(_flag, ast.walk(node)))
                    where = f"{file.name}:{node.lineno}"
                    literal.append(Use(where, re.compile(first.value, flags), frozenset({method})))
            elif method in METHODS:
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                for place in (str(file), ""):
                    called.setdefault((place, name), set()).add(method)
    return {name: frozenset(methods) for name, methods in called.items()}, literal


def _flag(node: ast.AST) -> int:
    """Return the flag of regular expressions that a part of a call names, 0 where it names none."""
    flag = getattr(re, node.attr, None) if isinstance(node, ast.Attribute) else None
    return flag.value if isinstance(flag, re.RegexFlag) else 0
