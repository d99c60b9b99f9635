"""The two tools that chat products ask of connectors: `search` gives results, `fetch` one of them as a document.

Their form is that of OpenAI's documentation for connectors: results with id, title and url; a document with id, title,
text, url and metadata.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Query, Request, Unread
from outreach_tools.engine.arguments import FetchArguments, FindArguments, read
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.literal import fold
from outreach_tools.engine.marks import UNTRUSTED, marked
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.engine.names import kind_named
from outreach_tools.engine.numbers import whole
from outreach_tools.engine.operations.making import Contract
from outreach_tools.engine.pages import page_of
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import array_at, is_object, member

TOOLSET = "search"
_MOST = 10
"""Results of each type."""

_PAGE = 1_000
"""Records whose names are looked through, of a type that Outreach cannot search: the newest ones."""

_LONGEST_TITLE = 100
_SHORTEST = 4  # letters of a word that is no plural
_MOST_WORDS = 4  # that are looked for one by one
_PUNCTUATION = ",;:!?.()\"'*%"

_SMALL = frozenset(
    """
    a about all an and any anything are at by do everything find for from in is me my of on or our show the their to us
    we what which who whose with
    account accounts cadence cadences campaign campaigns client clients companies company contact contacts customer
    customers deal deals email emails lead leads mail mails named opportunities opportunity people person prospect
    prospects sequence sequences template templates
    """.split()  # noqa: SIM905 - words read better than a list of them
)
"""Words that say nothing, or which type is meant: where no name has the whole query, they are left out of it."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """How one type is searched: by Outreach (`q`), or its names here; `more` is told beside the name.

    Words may stand in `also` as well.
    """

    searched: bool = False
    more: str = ""
    also: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that words may stand in."""
        return tuple(filter(None, ("name", self.more, self.also)))


_SOUGHT: Mapping[str, _Sought] = {
    "prospect": _Sought(searched=True, more="title", also="company"),
    "account": _Sought(searched=True, more="domain"),
    "opportunity": _Sought(),
    "sequence": _Sought(),
    "template": _Sought(more="subject"),
}


def search_tools(contract: Callable[[], Contract]) -> tuple[Tool, Tool]:
    """Make the two tools; `contract` gives what reads one record."""
    return _search(), _fetch(contract)


def _search() -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(FindArguments, arguments)
        words = [word for each in fold(given.query).split() if (word := each.strip(_PUNCTUATION))]
        looked = [_Looked(kind, sought) for kind, sought in _SOUGHT.items()]
        for each in looked if words else ():
            await each.look(context, " ".join(words))
        found = [(each, record) for each in looked for record in each.with_all(words)[:_MOST]]
        notes: list[str] = []
        telling = [_singular(word) for word in words if word not in _SMALL]
        if not found and telling and (len(words) > 1 or telling != words):  # one word was looked for already
            for word in telling[:_MOST_WORDS]:
                for each in looked:
                    await each.look_further(context, word)
            found, has_all = _by_words(looked, telling)
            if found and not has_all:
                notes.append(f"nothing has all of the words {listed(telling)}: these have some")
        if not found:
            notes.append("nothing is called so: try one word of a name, an e-mail address or a domain")
        part = [resource_type(each.kind).path for each in looked if each.cut]
        if part:
            notes.append(f"of {listed(part)} only the newest {_PAGE:,} were looked through")
        closed = [resource_type(each.kind).path for each in looked if each.closed]
        if closed:
            notes.append(f"not looked for, as they are closed: {listed(closed)}")
        results = [_result(context, each.kind, each.sought, record) for each, record in found]
        return {"results": results, **({"note": ". ".join(notes)} if notes else {})}

    return Tool(
        name="search",
        title="Search",
        description=(
            "Look for anything about a word in everything: people, companies, deals, sequences and templates whose "
            "name has it. Results: id, title, url."
        ),
        input_schema=object_schema({"query": {"type": "string"}}, ("query",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset=TOOLSET,
    )


def _fetch(contract: Callable[[], Contract]) -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(FetchArguments, arguments)
        name, _, text = given.id.strip().rstrip("/").rpartition("/")
        number, kind = whole(text), kind_named(re.split("[/:]", name)[-1], _SOUGHT)
        if kind is None or number is None or number < 1:
            raise ArgumentError(f"'id' takes the id of a result, like 'prospect/456', not {shorten(given.id)}")
        if why := context.refusal(kind, "get"):
            raise ToolError(why)
        record = await contract().tool(f"get_{kind}").run(context, {"id": number, "fields": ["*"]})
        title = record.get(label_of(kind) or "") or given.id
        lines = [_line(name, value) for name, value in record.items() if name not in ("id", "url", UNTRUSTED)]
        document: JsonObject = {
            "id": f"{kind}/{number}",
            "title": one_line(clean(str(title)), _LONGEST_TITLE),
            "text": "\n".join(lines),
            "url": _url(context, kind, number),
            "metadata": {"type": kind},
        }
        return marked(document)

    return Tool(
        name="fetch",
        title="Fetch",
        description="Open (load, read) the whole document behind a result or hit, by its id.",
        input_schema=object_schema({"id": {"type": "string"}}, ("id",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset=TOOLSET,
        labels=True,
    )


def _line(name: str, value: Any) -> str:
    """Return a field as a line; the further lines of a text are indented, so that none passes for another field."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{name}: " + "\n  ".join(text.splitlines())


@dataclass(slots=True)
class _Looked:
    """The records found of one type: `closed` where it cannot be read, `cut` where there are more than were read."""

    kind: str
    sought: _Sought
    records: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    closed: bool = False
    cut: bool = False

    async def look(self, context: Context, query: str) -> None:
        """Read the records that Outreach finds for a query, or those whose names are looked through here."""
        self.closed = bool(context.refusal(self.kind, "list"))
        if self.sought.searched:
            await self._read(context, _searched(query))
        else:
            await self._read(context, (("sort", "-createdAt"), ("page[size]", str(_PAGE))))

    async def look_further(self, context: Context, word: str) -> None:
        """Read the records that Outreach finds for one of the words; the names of others were read already."""
        if self.sought.searched:
            await self._read(context, _searched(word))

    async def _read(self, context: Context, asked: Query) -> None:
        if self.closed:
            return
        fields = ",".join(self.sought.names)
        path = f"/{resource_type(self.kind).path}"
        response = await context.attempt(Request("GET", path, ((f"fields[{self.kind}]", fields), *asked)))
        if isinstance(response, Unread):
            self.closed = True
            return
        self.cut = not self.sought.searched and member(response.body, "links", "next") is not None
        self.records |= {str(each.get("id")): each for each in array_at(response.body, "data") if is_object(each)}

    def with_all(self, words: list[str]) -> list[JsonObject]:
        """Return the records for the whole query: what Outreach found, or what has all of the words."""
        every = list(self.records.values())
        return every if self.sought.searched else [each for each in every if self.count(words, each) == len(words)]

    def count(self, words: list[str], record: JsonObject) -> int:
        """Return how many of some words a record has."""
        text = fold(" ".join(str(value_of(record, name) or "") for name in self.sought.names))
        return sum(word in text for word in words)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > _SHORTEST and word.endswith("s") else word


def _searched(query: str) -> Query:
    return (("newFilterSyntax", "true"), ("filter[q][]", query), ("page[size]", str(_MOST)))


def _by_words(looked: list[_Looked], words: list[str]) -> tuple[list[tuple[_Looked, JsonObject]], bool]:
    """Return the records that have most of some words, and whether those are all of them."""
    counted = [(each.count(words, record), each, record) for each in looked for record in each.records.values()]
    best = max((count for count, _, _ in counted), default=0)
    return [(each, record) for count, each, record in counted if count == best > 0][: 2 * _MOST], best == len(words)


def _result(context: Context, kind: str, sought: _Sought, record: JsonObject) -> JsonObject:
    number: Any = record.get("id")
    held = [str(value) for name in ("name", sought.more) if name and (value := value_of(record, name))]
    title = one_line(clean(", ".join(held) or f"{kind} {number}"), _LONGEST_TITLE)
    return {"id": f"{kind}/{number}", "title": title, "url": _url(context, kind, number)}


def _url(context: Context, kind: str, number: object) -> str:
    """Return the record's page; a name that cannot be opened where the web application is not known."""
    return page_of(context, kind, number) or f"outreach:{kind}/{number}"
