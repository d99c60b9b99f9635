"""Random summaries, each asked of the tool and reckoned by SQL, while requests fail and other records change."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import anyio
import httpx
from mcp import Client
from mcp_types import TextContent
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.protocol.server import build_server
from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_tools.catalog import Attribute, ResourceType, resource_type, resource_types
from outreach_tools.engine.values import WHOLE_DAYS
from outreach_tools.toolsets import all_tools
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW, OPEN, organisation
from tests.tools.figures.oracle import Grouped, Measured, Result, Wanted, bucket_sql, summary_of

KINDS = (
    "account", "call", "event", "mailbox", "mailing", "opportunity", "opportunityProspectRole", "phoneNumber",
    "prospect", "recipient", "sequence", "sequenceState", "sequenceStep", "task", "template", "user",
)  # fmt: skip
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
UNITS = ("day", "week", "month", "quarter")

_LONGEST = 100  # characters of texts that are grouped by: an answer shows no more of longer ones
_PAGE = 40  # records of a page, whatever is asked for
_LABELS = {
    "prospect": {"Buying role": "custom2", "Assistant": "custom1"},
    "account": {"Field technicians": "custom1", "Current scheduling tool": "custom2"},
}
_OUTSIDE = 10_000_000  # ids of records that no selection holds: they were made before all others
_SINCE = "2001-01-01T00:00:00Z.."


class Unruly(httpx.AsyncBaseTransport):
    """Serves small pages, lets some requests fail, and others change records that are in no selection."""

    def __init__(self, inner: httpx.AsyncBaseTransport, store: Store, chance: Random) -> None:
        self._inner, self._store, self._chance = inner, store, chance
        self.kind = ""
        self.faults = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.kind:
            self._change()
        if self._chance.random() < self.faults:
            status = self._chance.choice((500, 502, 503, 504, 0))
            if not status:
                raise httpx.ReadError("the connection was lost", request=request)
            return httpx.Response(status, json={"errors": []}, request=request)
        size = request.url.params.get("page[size]", "1")
        if int(size) > _PAGE:
            request.url = request.url.copy_set_param("page[size]", str(_PAGE))
        return await self._inner.handle_async_request(request)

    def _change(self) -> None:
        """Let a record outside of the selection come, go or change."""
        number = _OUTSIDE + self._chance.randint(1, 30) * (1 if self._chance.random() < 0.5 else -1)
        if self._store.exists(self.kind, number):
            self._store.delete(self.kind, number)
        else:
            self._store.load([Record(self.kind, number, {"createdAt": "1999-05-05T05:05:05.000Z"})])


@dataclass(slots=True)
class Bench:
    """A server on a sandbox that is unruly, in one zone."""

    client: Client
    store: Store
    unruly: Unruly
    chance: Random
    zone: str
    calls: int = 0
    partial: int = 0
    failed: int = 0
    told: list[str] = field(default_factory=list[str])
    attributes: dict[str, list[Attribute]] = field(default_factory=dict[str, list[Attribute]])

    async def summary(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return a whole summary, asked for again where it failed or was stopped."""
        more: dict[str, Any] = {}
        for _ in range(60):
            self.calls += 1
            result = await self.client.call_tool("summarize_records", {**arguments, **more})
            (content,) = result.content
            assert isinstance(content, TextContent)
            if result.is_error:
                assert self.unruly.faults, (content.text, arguments)
                self.failed, more = self.failed + 1, {}
                self.told.append(content.text[:200])
                continue
            answer: dict[str, Any] = json.loads(content.text)
            if answer["whole"]:
                return answer
            assert "PARTIAL" in answer["note"], answer
            assert answer["has_more"], answer
            self.partial += 1
            more = {"page_after": answer["page_after"]}
        raise AssertionError(f"no whole summary of {arguments} in 60 calls: {self.told[-3:]}")


async def _instantly(_: float) -> None:
    await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def unruly_bench(seed: int, zone: str = "") -> AsyncGenerator[Bench]:
    """Open a server on a demo organisation in which numbers, currencies and times were made odd; in any zone."""
    chance = Random(seed)
    store = sandbox_store(organisation())
    _make_odd(store, chance)
    zone = zone or chance.choice(ZONES)
    try:
        app = build_sandbox(store, tokens={"sandbox": Access(scopes=None)}, clock=lambda: NOW)
        unruly = Unruly(httpx.ASGITransport(app), store, chance)
        outreach = OutreachClient(
            API,
            BearerToken(SecretStr("sandbox")),
            transport=unruly,
            clock=Clock(now=lambda: NOW, sleep=_instantly),
        )
        server = build_server(all_tools(), outreach, OPEN, max_result_tokens=400_000, time_zone=zone, now=lambda: NOW)
        async with Client(server) as client:
            yield Bench(client, store, unruly, chance, zone)
        await outreach.aclose()
    finally:
        store.close()


def _make_odd(store: Store, chance: Random) -> None:
    for (number,) in store.rows("SELECT id FROM opportunity"):
        precise = None if chance.random() < 0.2 else f"{chance.randint(0, 10**7)}.{chance.randint(0, 99):02}"
        amount = None if precise is None or chance.random() < 0.2 else round(Decimal(precise))
        if precise is not None and chance.random() < 0.2:
            precise, amount = None, chance.randint(0, 10**9)
        store.update(
            "opportunity",
            number,
            {
                "amountPrecise": precise,
                "amount": None if amount is None else int(amount),
                "currencyType": chance.choice(("USD", "EUR", "GBP", None)),
            },
        )
    edges = ("2026-03-29T00:59:59.999Z", "2026-03-29T01:00:00.000Z", "2026-10-25T00:30:00.000Z", "2026-11-01T05:59:59Z",
             "2026-04-04T15:00:00.000Z", "2025-12-31T23:30:00.000Z", "2026-01-04T23:59:59.000Z")  # fmt: skip
    for kind in KINDS:
        resource = resource_type(kind)
        times = [
            each.name for each in resource.attributes.values() if _form(each) == "time" and each.name != "createdAt"
        ]
        for (number,) in store.rows(f'SELECT id FROM "{kind}" ORDER BY id'):
            if times and chance.random() < 0.3:
                store.update(kind, number, {chance.choice(times): chance.choice((None, *edges))})


@dataclass(frozen=True, slots=True)
class Case:
    """One random summary: the tool's arguments, and what SQL is to reckon."""

    arguments: dict[str, Any]
    wanted: Wanted
    having: tuple[int, int, int] | None = None


def random_case(bench: Bench) -> Case:
    """Return one random summary."""
    chance = bench.chance
    kind = chance.choice(KINDS)
    resource = resource_type(kind)
    groups = tuple(
        {each.asked: each for each in (_group(bench, resource) for _ in range(chance.choice((0, 1, 1, 1, 2))))}.values()
    )
    measures = tuple(
        {each.asked: each for each in (_measure(bench, resource) for _ in range(chance.randint(1, 4)))}.values()
    )
    if any(each.kind == "rate" for each in measures) and not any(each.asked == "count" for each in measures):
        measures = (Measured("count", "count"), *measures)
    filters, where = _filters(bench, resource)
    currency = ""
    if any(each.is_money for each in measures):
        currency = 't."currencyType"'
    arguments: dict[str, Any] = {
        "resource": chance.choice((kind, resource.path)),
        "filters": filters,
        "group_by": [each.asked for each in groups],
        "measures": [each.asked for each in measures],
        "top": 1000,
        "max_requests": chance.choice((1000, 1000, 7)),
    }
    having = None
    counted = [number for number, each in enumerate(measures) if each.asked == "count"]
    if groups and counted and chance.random() < 0.3:
        low, high = chance.randint(1, 5), chance.randint(5, 50)
        arguments["having"] = [f"count {low}..{high}"]
        having = (counted[0], low, high)
    if chance.random() < 0.4:
        arguments["sort"] = f"{chance.choice(('', '-'))}{chance.choice(measures).asked}"
    return Case(arguments, Wanted(kind, where, groups, measures, currency), having)


async def differences(bench: Bench, case: Case) -> list[str]:
    """Return in what the tool's summary differs from that of SQL."""
    answer = await bench.summary(case.arguments)
    rows, totals = summary_of(bench.store, case.wanted, bench.zone)
    if case.having is not None:
        place, low, high = case.having
        rows = {key: values for key, values in rows.items() if low <= values[place] <= high}
    columns: list[str] = answer["columns"]
    apart = any(each == "currencyType" for each in columns[: len(columns) - len(case.wanted.measures)])
    apart = apart and all(each.asked != "currencyType" for each in case.wanted.groups)
    found = {_key(case, row, apart): _values(row, len(case.wanted.measures)) for row in answer["rows"]}
    problems: list[str] = []
    if len(answer["rows"]) >= 1000:
        found, rows = {key: found[key] for key in found}, {key: rows[key] for key in rows if _bare(key, apart) in found}
    expected = {_bare(key, apart): values for key, values in rows.items()}
    if not case.wanted.groups and not expected:
        expected = {_bare((None,), apart): _empty(case)}
    if found != expected:
        problems.append(f"rows {_unlike(found, expected)}")
    if case.wanted.groups:
        given = answer["total"]
        listed = given if given and isinstance(given[0], list) else [given]
        told = [number for number, each in enumerate(columns) if each == "currencyType"] if case.wanted.currency else []
        got = {row[told[0]] if told else None: _values(row, len(case.wanted.measures)) for row in listed}
        want = {key[-1] if told else None: values for key, values in totals.items()} or {None: _empty(case)}
        if got != want:
            problems.append(f"totals {got} != {want}")
    if sort := case.arguments.get("sort"):
        problems += _disorder(case, answer, sort)
    return problems


def _disorder(case: Case, answer: dict[str, Any], sort: str) -> list[str]:
    place = [each.asked for each in case.wanted.measures].index(sort.removeprefix("-"))
    if case.wanted.measures[place].form != "number":
        return []
    values = [_values(row, len(case.wanted.measures))[place] for row in answer["rows"]]
    there = [each for each in values if each is not None]
    in_order = there == sorted(there, reverse=sort.startswith("-")) and None not in values[: len(there)]
    return [] if in_order else [f"not in the order of {sort}: {values[:10]}"]


def _empty(case: Case) -> tuple[Any, ...]:
    return tuple(Decimal(0) if each.kind in ("count", "distinct") else None for each in case.wanted.measures)


def _unlike(found: Result, expected: Result) -> str:
    keys = [key for key in {**found, **expected} if found.get(key) != expected.get(key)]
    return "; ".join(f"{key}: {found.get(key)} != {expected.get(key)}" for key in keys[:3])


def _bare(key: tuple[Any, ...], apart: bool) -> tuple[Any, ...]:
    return key if apart else (*key[:-1], None)


def _key(case: Case, row: list[Any], apart: bool) -> tuple[Any, ...]:
    cells = list(row)
    keys: list[Any] = []
    for each in case.wanted.groups:
        if each.type_sql:
            kind, _, number = cells[:3]
            keys.append(None if number is None else f"{kind} {number}")
            del cells[:3]
        elif each.is_link:
            keys.append(cells[1])
            del cells[:2]
        else:
            value = cells.pop(0)
            keys.append(int(value) if isinstance(value, bool) else value)
    return (*keys, cells[0] if apart else None)


def _values(row: list[Any], count: int) -> tuple[Any, ...]:
    return tuple(Decimal(str(value)) if isinstance(value, int | float) else value for value in row[len(row) - count :])


# What is asked


def _form(attribute: Attribute) -> str:
    if attribute.type == "string" and attribute.format == "date-time":
        return "day" if attribute.name in WHOLE_DAYS else "time"
    if attribute.type == "string" and attribute.format == "date":
        return "day"
    return {"integer": "number", "number": "number", "boolean": "boolean", "string": "text", "array": "list"}.get(
        attribute.type, "object"
    )


def _attributes(bench: Bench, resource: ResourceType) -> list[Attribute]:
    """Return the attributes that a summary may go by, of which some record has a value."""
    found: list[Attribute] = []
    for each in resource.attributes.values():
        usable = not each.write_only and not each.recorded and _form(each) != "object"
        if not usable or each.name.startswith("custom") or each.name == "contactHistogram":
            continue
        rows = bench.store.rows(f'SELECT MAX(LENGTH("{each.name}")) FROM "{resource.type}"')
        if (rows[0][0] or 0) and (_form(each) != "text" or rows[0][0] <= _LONGEST):
            found.append(each)
    return found


def _known(bench: Bench, resource: ResourceType) -> list[Attribute]:
    if resource.type not in bench.attributes:
        bench.attributes[resource.type] = _attributes(bench, resource)
    return bench.attributes[resource.type]


def _links(resource: ResourceType) -> list[str]:
    return [
        each.name
        for each in resource.relationships.values()
        if not each.many and each.embedded and all(kind in resource_types() for kind in each.types)
    ]


def _group(bench: Bench, resource: ResourceType) -> Grouped:
    chance = bench.chance
    links = _links(resource)
    if resource.type in _LABELS and chance.random() < 0.15:
        label, key = chance.choice(sorted(_LABELS[resource.type].items()))
        if label != "Field technicians":
            return Grouped(label, f"NULLIF(t.\"{key}\", '')")
    if links and chance.random() < 0.4:
        name = chance.choice(links)
        relationship = resource.relationships[name]
        if len(relationship.types) > 1:
            both = f't."{name}.type" || \' \' || t."{name}.id"'
            return Grouped(name, both, is_link=True, type_sql=f't."{name}.type"')
        # The rest is administration, which is not open to what only reads.
        kind = next(iter(relationship.types))
        if kind in KINDS and chance.random() < 0.35:
            target = resource_type(kind)
            plain = [
                each
                for each in _known(bench, target)
                if _form(each) in ("text", "boolean", "number") and not each.name.startswith("amount")
            ]
            if plain:
                each = chance.choice(plain)
                sql = f'(SELECT r."{each.name}" FROM "{target.type}" r WHERE r.id = t."{name}.id")'
                return Grouped(f"{name}.{each.name}", f"NULLIF({sql}, '')")
        return Grouped(name, f't."{name}.id"', is_link=True)
    attribute = chance.choice(_known(bench, resource))
    column, form = f't."{attribute.name}"', _form(attribute)
    if form in ("time", "day"):
        unit = chance.choice(UNITS)
        return Grouped(f"{attribute.name}:{unit}", bucket_sql(column, unit, bench.zone, days=form == "day"))
    if form == "list":
        alias = f"j{attribute.name}"
        return Grouped(
            attribute.name,
            f"NULLIF({alias}.value, '')",
            join=f'LEFT JOIN (SELECT DISTINCT l.id AS owner, e.value FROM "{resource.type}" l, '
            f'json_each(l."{attribute.name}") e '
            f"WHERE e.value <> '') {alias} ON {alias}.owner = t.id",
        )
    if attribute.name in ("amount", "amountPrecise"):  # one of them is text
        return Grouped("name", "NULLIF(t.name, '')")
    return Grouped(attribute.name, f"NULLIF({column}, '')")


def _measure(bench: Bench, resource: ResourceType) -> Measured:
    chance = bench.chance
    kind = chance.choice(("count", "count", "sum", "avg", "median", "min", "max", "distinct", "rate"))
    if kind == "count":
        return Measured("count", "count")
    if kind == "rate":
        asked, sql = _condition(bench, resource)
        return Measured(f"rate({asked})", "rate", f"COALESCE({sql}, 0)")
    known = _known(bench, resource)
    if kind == "distinct":
        links = [name for name in _links(resource) if len(resource.relationships[name].types) == 1]
        if links and chance.random() < 0.5:
            name = chance.choice(links)
            return Measured(f"distinct({name})", kind, f't."{name}.id"')
        plain = [each for each in known if _form(each) in ("text", "number", "boolean") and each.name != "amount"]
        each = chance.choice(plain)
        return Measured(f"distinct({each.name})", kind, f"NULLIF(t.\"{each.name}\", '')")
    if kind in ("min", "max") and chance.random() < 0.5:
        dated = [each for each in known if _form(each) in ("time", "day")]
        if dated:
            each = chance.choice(dated)
            return Measured(f"{kind}({each.name})", kind, f't."{each.name}"', form=_form(each))
    if resource.type == "opportunity" and chance.random() < 0.7:
        name = chance.choice(("amount", "amountPrecise"))
        sql = 'COALESCE(t."amountPrecise", t.amount)' if name == "amount" else 't."amountPrecise"'
        return Measured(f"{kind}({name})", kind, sql, is_money=True)
    if resource.type == "account" and chance.random() < 0.3:
        return Measured(f"{kind}(Field technicians)", kind, 't."custom1"')
    numbers = [each.name for each in known if _form(each) == "number" and each.name != "amount"]
    if not numbers:
        return Measured("count", "count")
    name = chance.choice(numbers)
    return Measured(f"{kind}({name})", kind, f't."{name}"')


def _condition(bench: Bench, resource: ResourceType) -> tuple[str, str]:
    """Return a condition as the tool takes it, and as SQL."""
    chance = bench.chance
    known = [each for each in _known(bench, resource) if _form(each) != "list" and each.name != "amount"]
    if resource.type == "prospect" and chance.random() < 0.2:
        return "Buying role Champion", "t.custom2 = 'Champion'"
    each = chance.choice(known)
    return _criteria(bench, resource, each)


def _criteria(bench: Bench, resource: ResourceType, each: Attribute) -> tuple[str, str]:
    chance, column, form = bench.chance, f't."{each.name}"', _form(each)
    negated = chance.random() < 0.5
    if chance.random() < 0.3:
        empty = f"({column} IS NULL OR {column} = '')"
        return (f"{each.name} {'not null' if negated else 'null'}", f"NOT {empty}" if negated else empty)
    if form in ("time", "day"):
        low, high = sorted((_time(chance), _time(chance)))
        if form == "day":
            low, high = low[:10], high[:10]
            return f"{each.name} {low}..{high}", f"substr({column}, 1, 10) BETWEEN '{low}' AND '{high}'"
        return f"{each.name} {low}..{high}", f"{column} BETWEEN '{low}' AND '{high}'"
    if form == "boolean":
        return f"{each.name} {'true' if negated else 'false'}", f"{column} = {int(negated)}"
    if form == "number":
        rows = bench.store.rows(f'SELECT "{each.name}" FROM "{resource.type}" WHERE "{each.name}" IS NOT NULL LIMIT 50')
        low, high = sorted((chance.choice(rows)[0], chance.choice(rows)[0]))
        if each.name == "id" or each.name.endswith("Id"):
            return f"{each.name} {low}", f"{column} = {low}"
        return f"{each.name} {low}..{high}", f"{column} BETWEEN {low} AND {high}"
    values = _plain_values(bench, resource, each)
    if not values:
        return f"{each.name} not null", f"NOT ({column} IS NULL OR {column} = '')"
    value = chance.choice(values)
    return f"{each.name} {value}", f"fold({column}) = fold('{value}')"


def _plain_values(bench: Bench, resource: ResourceType, each: Attribute) -> list[str]:
    """Return values that mean nothing but themselves in a filter."""
    rows = bench.store.rows(
        f'SELECT DISTINCT "{each.name}" FROM "{resource.type}" WHERE "{each.name}" IS NOT NULL LIMIT 50'
    )
    return [text for (text,) in rows if isinstance(text, str) and text.replace("_", "").isalpha() and text.isascii()]


def _time(chance: Random) -> str:
    return (
        f"{chance.randint(2024, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        f"T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00.000Z"
    )


def _filters(bench: Bench, resource: ResourceType) -> tuple[list[dict[str, Any]], str]:
    """Return filters and the SQL for them; with one by when records were made, others may change meanwhile."""
    chance = bench.chance
    filters: list[dict[str, Any]] = []
    where = ["t.named IS NOT 0"] if resource.type == "account" else []
    created = resource.attributes.get("createdAt")
    bench.unruly.kind = ""
    if created is not None and created.filterable and chance.random() < 0.6:
        filters.append({"field": "createdAt", "criteria": _SINCE})
        where.append("t.\"createdAt\" >= '2001-01-01T00:00:00.000Z'")
        bench.unruly.kind = resource.type
    bench.unruly.faults = chance.choice((0.0, 0.05, 0.2))
    known = [
        each
        for each in _known(bench, resource)
        if _form(each) != "list" and each.name not in ("amount", "createdAt", "named")
    ]
    for each in chance.sample(known, min(len(known), chance.choice((0, 0, 1, 1, 2)))):
        text, sql = _criteria(bench, resource, each)
        filters.append({"field": each.name, "criteria": text.removeprefix(f"{each.name} ")})
        where.append(sql)
    owner = resource.relationships.get("owner")
    if owner is not None and "id" in owner.filter_by and chance.random() < 0.15:
        filters.append({"field": "owner", "criteria": "Maya Okafor"})
        where.append('t."owner.id" = 17')
    return filters, " AND ".join(f"({each})" for each in where) or "1"


@dataclass(frozen=True, slots=True)
class Walked:
    """The outcome of a walk: what differs, the types summarized, the calls, failed ones, and parts of summaries."""

    problems: list[str]
    kinds: frozenset[str]
    calls: int
    failed: int
    partial: int


async def walk(seed: int, cases: int, zone: str = "") -> Walked:
    """Compare so many random summaries, in a time zone that chance chooses unless it is given."""
    problems, kinds = list[str](), set[str]()
    async with unruly_bench(seed, zone) as bench:
        for _ in range(cases):
            case = random_case(bench)
            kinds.add(case.wanted.table)
            problems += [
                f"seed {seed}, {bench.zone}: {case.arguments}: {each}" for each in await differences(bench, case)
            ]
            bench.unruly.kind, bench.unruly.faults = "", 0.0
        return Walked(problems, frozenset(kinds), bench.calls, bench.failed, bench.partial)
