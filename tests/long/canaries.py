"""Excludes each type in turn and looks for what its records hold in all that can still be asked.

Two organisations differ in nothing but what the records of the excluded type hold (and of what is a part of it): other
words, numbers, days, in another order. Whatever is asked of both, by every tool, raw request and link, filtered,
sorted, included and spelled in many ways, the two answers must be the same: then neither a value nor a count nor an
order gives anything away. A word that stands in hidden records alone must stand in no answer.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Linkage, Record
from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type, resource_types
from outreach_tools.catalog.belonging import COPIES, with_parts
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import OPT_IN, all_tools
from tests.long.canary_questions import CANARY, Question, questions_of_any_type
from tests.support.workbench import API, NOW, Workbench, workbench

Mode: TypeAlias = Literal["excluded", "unchosen"]
"""Whether a type's tools are excluded by name, or merely not chosen: of those a list still names records."""

_RECORDS = 3  # of each type
_OF_NAMES = ("firstName", "lastName")
_OF_ITS_OWN = re.compile(r'"plan_id":"[^"]*"|"(?:file|bytes)":(?:"[^"]*"|\d+)')
"""The parts that differ from answer to answer."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A question whose answers differ, or hold what is hidden."""

    hidden: str
    question: Question
    answers: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Walked:
    """How many questions were asked, how many of those were answered, and what leaked."""

    asked: int
    answered: int
    leaks: tuple[Leak, ...]


def excludable() -> list[str]:
    """Return the types that have tools which read them, so that a setting can exclude them."""
    return sorted({kind for tool in all_tools() for kind, what in tool.operations if what in ("get", "list")})


def choosable() -> list[str]:
    """Return those of them that a choice without their tools closes: what only a choice offers closes nothing."""
    usual = (tool for tool in all_tools() if tool.name not in OPT_IN and not tool.figures and not tool.partial)
    return sorted({kind for tool in usual for kind, what in tool.operations if what in ("get", "list")})


async def walk(
    kind: str,
    mode: Mode = "excluded",
    *,
    most: int | None = None,
    seed: int = 0,
    policy: Policy | None = None,
    further: int = 0,
) -> Walked:
    """Ask both organisations everything with a type kept from the caller, or `most` questions chosen by a `seed`.

    Half of those are plain. Another `policy` shows what the walk would find under it. As many `further` ones are asked
    of the tools that are of no type.
    """
    tools = [tool.name for tool in all_tools() if tool.resource == kind]
    if mode == "excluded":
        keeping, hidden = Policy.of(excluded=tools), with_parts(frozenset({kind}))
    else:
        keeping = Policy.of([tool.name for tool in all_tools() if tool.name not in tools])
        hidden = frozenset({kind})
    policy = policy or keeping
    questions = list(questions_about(kind, policy.offered()))
    if most is not None:
        questions = _some(questions, most, random.Random(seed))
    if further:
        questions += _some(list(questions_of_any_type(kind, policy.offered(), mode)), further, random.Random(seed))
    leaks: list[Leak] = []
    answered = 0
    async with AsyncExitStack() as stack:
        folders = [Path(stack.enter_context(TemporaryDirectory())) for _ in range(2)]
        benches = [
            await stack.enter_async_context(
                workbench(
                    organisation(hidden, mode, other=other),
                    guard=Guard(policy, "never"),
                    files=LocalFiles(Folder(folder)),
                )
            )
            for other, folder in zip((False, True), folders, strict=True)
        ]
        for question in questions:
            (failed, first), (_, second) = [
                await _asked(bench, question, folder) for bench, folder in zip(benches, folders, strict=True)
            ]
            answered += not failed
            # A refusal may repeat what was asked, and so may what is made of it; an answer may not hold it.
            holds = CANARY in first.casefold() and CANARY not in json.dumps(question.arguments)
            if first != second or (not failed and holds):
                leaks.append(Leak(kind, question, (first, second)))
    return Walked(len(questions), answered, tuple(leaks))


def _some(questions: list[Question], most: int, chance: random.Random) -> list[Question]:
    parts = [[each for each in questions if each.plain is plain] for plain in (True, False)]
    return [each for part in parts for each in chance.sample(part, min(len(part), most // 2))]


async def _asked(bench: Workbench, question: Question, folder: Path) -> tuple[bool, str]:
    """Ask, and return whether that failed, and what was told: in the answer, and in a file where one was written."""
    failed, text = await bench.outcome(question.tool, question.arguments)
    if question.tool == "export_records":
        for file in sorted(folder.iterdir()):  # noqa: ASYNC240 - small, and on this disk
            text += file.read_text()
            file.unlink()
    return failed, _OF_ITS_OWN.sub("", text)


def organisation(hidden: frozenset[str], mode: Mode, *, other: bool) -> list[Record]:
    """Return a few records of every type, each related to one of every kind; the `other` holds other hidden values."""
    return [
        Record(
            resource.type,
            number,
            {
                name: _value(resource.type, attribute, number, _is_hidden(resource.type, name, hidden, mode), other)
                for name, attribute in resource.attributes.items()
                if not name.startswith("custom") or name == "custom1"
            },
            dict(_relations(resource, number)),
        )
        for resource in resource_types().values()
        for number in range(1, _RECORDS + 1)
    ]


def _is_hidden(kind: str, name: str, hidden: frozenset[str], mode: Mode) -> bool:
    """Return whether an attribute holds canaries: one of a hidden type, and one that repeats what such a type holds."""
    repeats = mode == "excluded" and not hidden.isdisjoint(COPIES.get((kind, name), ()))
    return repeats or kind in _with_values(hidden, mode, name)


def _with_values(hidden: frozenset[str], mode: Mode, name: str) -> frozenset[str]:
    """Return the types whose attribute of a name holds canaries: a name of what was not chosen is not a secret.

    People's names are made of two.
    """
    return frozenset(kind for kind in hidden if mode == "excluded" or name not in (label_of(kind), *_OF_NAMES))


def _relations(resource: ResourceType, number: int) -> Iterator[tuple[str, Linkage]]:
    for relationship in resource.relationships.values():
        kind = relationship.types[number % len(relationship.types)]
        if kind in resource_types() and relationship.embedded and not relationship.many:
            yield relationship.name, Identifier(kind, number % _RECORDS + 1)


def _value(kind: str, attribute: Attribute, number: int, canary: bool, other: bool) -> Any:
    """Return a value: of canaries those of the other organisation are others, in the opposite order."""
    place = _RECORDS - number if canary and other else number
    word = f"{CANARY}{'B' if other else 'A'}" if canary else "plain"
    step = place + 10 * (canary and other)
    text = f"{step}{word} {kind} {attribute.name}"
    if attribute.name == "named":
        return True
    if attribute.name == "orgId":  # the organisation's own, which the API's root tells as well
        return "5c7f1f3e-0000-4000-8000-000000000000"
    if attribute.type == "array":
        return [_email(text) if attribute.format == "email" else text]
    if attribute.type == "object":
        return {"note": text}
    if attribute.type == "boolean":
        return bool(step % 2)
    if attribute.type in ("integer", "number"):
        return 1000 + step
    if attribute.format in ("date-time", "date"):
        moment = NOW - timedelta(days=step)
        return str(moment.date()) if attribute.format == "date" else moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return _email(text) if attribute.format == "email" else text


def _email(text: str) -> str:
    return f"{text.replace(' ', '.').casefold()}@x.example"


def questions_about(kind: str, tools: Sequence[Tool]) -> Iterator[Question]:
    """Yield the questions that might tell something of a type's records."""
    for tool in tools:
        yield from _by_tool(tool, kind)
    for resource in resource_types().values():
        for target in (f"/{resource.path}", f"/{resource.path}/1"):
            yield from _by_path(target, "", plain=kind in _related(resource))
            for query in _plain_queries(resource, kind):
                yield from _by_path(target, query, plain=target.endswith("s"))
            for query in _queries(resource, kind):
                yield from _by_path(target, query)
    for path in ("/", "/types", "/schema.json", f"/{resource_type(kind).path}", f"/{resource_type(kind).path}/1"):
        for spelled in _spelled_paths(path):
            yield from _by_path(spelled, "", plain=spelled == path)


def _related(resource: ResourceType) -> set[str]:
    return {kind for each in resource.relationships.values() for kind in each.types}


def _by_tool(tool: Tool, kind: str) -> Iterator[Question]:
    """Yield calls of a reading tool that reach for a type by fields, filters and orders."""
    if tool.name == "summarize_records":
        yield from _summaries(kind)
    if not tool.read_only or not tool.operations or not tool.resource:
        return
    resource, what = resource_type(tool.resource), {operation for _, operation in tool.operations}
    related = kind in _related(resource)
    own: dict[str, Any] = dict.fromkeys((each for each in tool.input_schema.get("required", [])), 1)
    yield Question(tool.name, own, plain=related)
    if tool.toolset == "options":
        yield Question(tool.name, {"q": "1canary"})
        return
    yield Question(tool.name, {**own, "fields": ["*"]}, plain=related)
    yield Question(tool.name, {**own, "fields": ["links"]})
    for each in resource.relationships.values():
        for path in _paths(each, kind):
            yield Question(tool.name, {**own, "fields": [path]}, plain=each.embedded and path.endswith(_PLAIN))
            for criteria in ("canary", "11canaryB", "1001", "null", "..2026-11-17") if "list" in what else ():
                arguments = {"filters": [{"field": path, "criteria": criteria}], "count": True}
                yield Question(tool.name, arguments, plain=path.partition(".")[2] in each.filter_by)
    for name in resource.attributes if "list" in what else ():
        yield Question(tool.name, {"sort": name, "fields": ["id"]})


def _summaries(kind: str) -> Iterator[Question]:
    """Yield summaries that reach for a type: of its records, by links to them, by what those hold or others repeat."""

    def question(resource: str, *, plain: bool = False, **arguments: Any) -> Question:
        return Question("summarize_records", {"resource": resource, **arguments}, plain)

    for name in _telling(resource_type(kind)):
        yield question(kind, group_by=[name])
        yield question(kind, measures=[f"max({name})", f"distinct({name})"])
    for resource in resource_types().values():
        held = [name for owner, name in COPIES if owner == resource.type]
        for relationship in resource.relationships.values():
            if kind in relationship.types:
                held += _paths(relationship, kind)
        for name in held:
            plain = "." not in name or name.endswith(_PLAIN)
            yield question(resource.type, plain=plain, group_by=[name], sort=name)
            yield question(resource.type, plain=plain, measures=[f"distinct({name})", f"max({name})"])
            yield question(resource.type, plain=plain, measures=[f"rate({name} ..1002)", f"count({name} not null)"])
            yield question(resource.type, filters=[{"field": name, "criteria": "..1002"}])
            yield question(resource.type, group_by=["id"], filters=[{"field": name, "criteria": "not null"}])


_PLAIN = ("ame", "mail", "umber", "note", "ubject", "tate")
"""How the names of attributes end that most types have one of."""


def _paths(relationship: Relationship, kind: str) -> Iterator[str]:
    if kind in relationship.types:
        yield relationship.name
        names = dict.fromkeys((*_telling(resource_type(kind)), *relationship.filter_by))
        yield from (f"{relationship.name}.{name}" for name in names)


def _telling(resource: ResourceType) -> Iterator[str]:
    """Yield the names of a type's attributes, of its custom fields one."""
    yield from (name for name in resource.attributes if not name.startswith("custom") or name == "custom1")


def _plain_queries(resource: ResourceType, kind: str) -> Iterator[str]:
    """Yield queries of the contract's own that reach from one type to another."""
    yield from (f"filter[{name}]=canary&count=true" for (owner, name) in COPIES if owner == resource.type)
    yield from (f"sort={name}" for (owner, name) in COPIES if owner == resource.type)
    for relationship in resource.relationships.values():
        if kind in relationship.types:
            name = relationship.parameter
            yield f"include={relationship.name}"
            yield f"include={relationship.name}&fields[{kind}]={','.join(list(_telling(resource_type(kind)))[:9])}"
            yield from (f"filter[{name}][{each}]=1001&count=true" for each in relationship.filter_by)
            for each in relationship.filter_by:
                yield f"filter[{name}][{each}][gte]=1002&newFilterSyntax=true&count=true"


def _queries(resource: ResourceType, kind: str) -> Iterator[str]:
    """Yield queries that might reach from one type to another, in spellings of every kind."""
    for first in _ways(resource, kind):
        yield from _spelled("include", first)
        yield f"include={first}&fields[{kind}]=*"
    for relationship in resource.relationships.values():
        if kind not in relationship.types:
            continue
        name = relationship.parameter
        for attribute in ("id", *_telling(resource_type(kind))):
            yield f"filter[{name}][{attribute}]=1001&count=true"
            yield f"filter[{name}][{attribute}][gte]=1002&newFilterSyntax=true&count=true"
            yield f"sort={name}.{attribute}"
            yield f"sort=-{name}[{attribute}]"
        for attribute in ("name", "email", "firstName"):
            for value in (f"1{CANARY}A {kind} {attribute}", "neginf..inf", f"{CANARY}"):
                yield from _spelled(f"filter[{name}][{attribute}]", value)
    yield f"fields[{kind}]=name"
    yield f"filter[{kind}][id]=1&count=true"
    yield f"filter[{kind}][name]={CANARY}&count=true"


def _ways(resource: ResourceType, kind: str) -> Iterator[str]:
    """Yield the ways to include a type: straight, and over one type between."""
    for name, relationship in resource.relationships.items():
        if kind in relationship.types:
            yield name
            yield f"{name}.{name}"
        for between in relationship.types:
            other = resource_types().get(between)
            through = (each.name for each in other.relationships.values() if kind in each.types) if other else ()
            if (inner := next(iter(through), None)) is not None:
                yield f"{name}.{inner}"


def _spelled(name: str, value: str) -> Iterator[str]:
    """Yield one query parameter in spellings that some server might read as the same."""
    given = quote(value, safe="")
    yield f"{name}={given}"
    yield f"{quote(name, safe='')}={given}"
    yield f"%{ord(name[0]):02x}{name[1:]}={given}"
    yield f"%25{ord(name[0]):02x}{name[1:]}={given}"
    yield f"{name.upper()}={given}"
    yield f"{name.capitalize()}={given}"
    yield f"{name}[]={given}"
    yield f"{name}[0]={given}"
    yield f"{name}%5B%5D={given}"
    yield f"+{name}={given}"
    yield f"{name}%20={given}"
    yield f"{name}%00={given}"
    yield f"page[size]=2&{name}={given}&{name}={given}"
    yield f"page[size]=2;{name}={given}"
    yield f"page[size]=2%26{name}={given}"
    yield f"{name}={given},{given}"
    yield f"{name}=,{given}"
    yield f"{name}=%20{given}"
    yield f"{name}={quote(json.dumps([value]))}"
    yield f"{name.replace('[', '.').replace(']', '')}={given}"
    yield f"{name.replace('[', '%5b').replace(']', '%5d')}={given}"
    yield f"q[{name}]={given}"


def _spelled_paths(path: str) -> Iterator[str]:
    """Yield a path in spellings that some server might read as the same."""
    yield path
    letter = path[1:2] or "x"
    for form in ("{}/", "{}.json", "{};x", "{}%00", "/{}", "/.{}", "/x/..{}", "/x/%2e%2e{}", "{}//1", "{}/./1", "{}#x",
                 "{}\\1", "{}/1/relationships/owner", "{}/1/owner", "/api/v2{}", "//x@api.outreach.io{}", "{}%2f1",
                 "{}/01", "{}/1.0", "{}/+1", "{}/١"):  # fmt: skip
        yield form.format(path)
    yield path.upper()
    yield f"/%{ord(letter):02x}{path[2:]}"
    yield f"/{letter.upper()}{path[2:]}"


def _by_path(target: str, query: str, *, plain: bool = False) -> Iterator[Question]:
    """Yield a read by the raw request and by a link."""
    address = f"{target}{'?' if query else ''}{query}"
    yield Question("raw_http_request", {"method": "GET", "path": address}, plain)
    yield Question("execute_link", {"link": f"{API}{address}"}, plain)
