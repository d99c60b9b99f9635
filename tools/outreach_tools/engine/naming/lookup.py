"""Reads the records that a name may mean: as much of them as may be read, and never a part for the whole."""

from dataclasses import dataclass, replace

from outreach_tools.catalog import Relationship, resource_type
from outreach_tools.client import Client, MissingScope, Query, Request
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.cursor import FIRST, next_page
from outreach_tools.engine.fetching import json_object, records_of
from outreach_tools.engine.included import index_included
from outreach_tools.engine.naming.candidates import Candidate, candidate, own_names, related_fields
from outreach_tools.engine.naming.kinds import NAMINGS, fields_of
from outreach_tools.engine.naming.spelling import core, spellings
from outreach_tools.engine.values import EMAIL

_PAGE = 1_000
_PAGES_OF_USERS = 5
"""Pages of users that are read, as no filter finds them by name; of other types one."""

_FEW = 100
"""Records that one name may find: where there are more, it does not distinguish them."""

_WORDS = 4  # of a person's name
_MOST_OWN = 2  # names without what follows an @ that are asked for as well
_FORMS = 8  # spellings of each
_BEGINNING = 3  # letters of a name by which others like it are looked for


@dataclass(frozen=True, slots=True)
class Read:
    """The records that were read, whether those are the `whole` of what was asked for, and how many were seen.

    What is `filtered` is not the whole of a type. `unread` says why what may follow an @ could not be read.
    """

    candidates: tuple[Candidate, ...]
    whole: bool
    seen: int
    filtered: bool = False
    unread: str = ""


async def read_all(client: Client, kind: str) -> Read:
    """Read every record of a type; none of one that has more than can be read at once."""
    read = await _read(client, kind, (), _PAGE, _PAGES_OF_USERS if kind == "user" else 1)
    return read if read.whole else replace(read, candidates=())


async def read_found(client: Client, kind: str, name: str) -> Read | None:
    """Read those records of a large type that a filter finds by a name, in one request; None where none can.

    A domain, which may be the name of an account as well, takes a second request.
    """
    if not NAMINGS[kind].searched:
        return await _read_by_name(client, kind, name)
    own = _own(kind, name)
    if kind == "prospect" and EMAIL.fullmatch(own):
        return await _read(client, kind, _any_of("emails", (own,)), _FEW)
    # The name as such, without what stands at its ends: a search for words takes no punctuation.
    found = await _read(client, kind, (("filter[q]", " ".join((core(own) or own).split())),), _FEW)
    if kind == "account" and "." in own and " " not in own:
        by_domain = await _read(client, kind, _any_of("domain", (own,)), _FEW)
        both = {each.id: each for each in (*found.candidates, *by_domain.candidates)}
        found = Read(tuple(both.values()), found.whole and by_domain.whole, found.seen + by_domain.seen, filtered=True)
    return found


async def _read_by_name(client: Client, kind: str, name: str) -> Read | None:
    """Read the records that have just this name. Users are filtered by their address, and not by their name."""
    if kind == "user":
        return await _read(client, kind, _any_of("email", (name,)), _FEW) if EMAIL.fullmatch(name) else None
    key = NAMINGS[kind].keys[0]
    if not resource_type(kind).attributes[key].filterable:
        return None
    owns = own_names(name)[:_MOST_OWN] if NAMINGS[kind].within else ()
    forms = [form for each in (name, *owns) for form in spellings(each)[: _FORMS if owns else None]]
    return await _read(client, kind, _any_of(key, tuple(dict.fromkeys(forms))), _FEW)


def _own(kind: str, name: str) -> str:
    """Return the part of a name by which to search for words: all that a longer one would find is found by it."""
    return (own_names(name) or (name,))[0] if NAMINGS[kind].within else name


async def read_by_parts(client: Client, kind: str, name: str) -> Read | None:
    """Read the prospects whose first and last names make up a name; None for anything else.

    What the search for words makes of two words is documented nowhere; these filters are.
    """
    words = _own(kind, name).split()
    if kind != "prospect" or not 1 < len(words) <= _WORDS or EMAIL.fullmatch(_own(kind, name)):
        return None
    parts = [(" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words))]
    first = tuple(dict.fromkeys(form for each, _ in parts for form in spellings(each)))
    last = tuple(dict.fromkeys(form for _, each in parts for form in spellings(each)))
    return await _read(client, kind, (*_any_of("firstName", first), *_any_of("lastName", last)[1:]), _FEW)


async def read_alike(client: Client, kind: str, name: str) -> Read:
    """Read records of a large type that are named like a name, for one that nothing is called."""
    if not NAMINGS[kind].searched:
        return await _read(client, kind, (), _PAGE)
    beginning = (core(_own(kind, name)).split() or [name])[0][:_BEGINNING]
    return await _read(client, kind, (("filter[q]", beginning),), _FEW)


async def read_beginning(client: Client, kind: str, text: str) -> Read:
    """Read records of a type that Outreach's search finds by the beginning of a name; none where it has no search."""
    if not NAMINGS[kind].searched:
        return Read((), whole=False, seen=0)
    return await _read(client, kind, (("filter[q]", " ".join((core(text) or text).split())),), _FEW)


async def _read(client: Client, kind: str, asked: Query, size: int, pages: int = 1) -> Read:
    """Read records with what tells them apart; where some of that may not be read, with the rest.

    Raises `MissingScope`, `ToolError` and whatever else the client does where not even names may be read.
    """
    resource, naming = resource_type(kind), NAMINGS[kind]
    fields, related, unread = fields_of(resource, naming), naming.relationships, ""
    while True:
        try:
            read = await _pages(client, kind, (*_brought(kind, fields, related), *asked), size, pages)
            return replace(read, unread=unread)
        except MissingScope as error:
            fewer = tuple(each for each in related if not _is_of(resource.relationships[each], error))
            if error.scope.startswith(f"{resource.scope}.") or (not related and len(fields) <= 1):
                raise
            if naming.within in related and naming.within not in fewer:
                unread = error.reason
            if not related:
                fields = tuple(each for each in fields if each == label_of(kind))
            related = fewer if fewer != related else ()


def _is_of(relationship: Relationship, error: MissingScope) -> bool:
    """Return whether records that a relationship leads to are what may not be read."""
    scope = error.scope.partition(".")[0]
    return any(each in error.types or resource_type(each).scope == scope for each in relationship.types)


def _brought(kind: str, fields: tuple[str, ...], names: tuple[str, ...]) -> Query:
    """Return what to ask for of each record, and of the records that some relationships lead to."""
    own: Query = ((f"fields[{kind}]", ",".join((*fields, *names))),)
    brought = ((f"fields[{target}]", wanted) for target, wanted in related_fields(kind, names).items())
    return (*own, *brought, ("include", ",".join(names))) if names else own


async def _pages(client: Client, kind: str, query: Query, size: int, pages: int) -> Read:
    target, naming = f"/{resource_type(kind).path}", NAMINGS[kind]
    found: dict[int, Candidate] = {}
    filtered = any(name.startswith("filter") for name, _ in query)
    position = FIRST
    for _ in range(pages):
        request = Request("GET", target, (*query, *position.query(size)))
        document = json_object((await client.send(request)).body, target)
        included = index_included(document)
        made = (candidate(record, included, naming) for record in records_of(document, target, kind))
        found.update((each.id, each) for each in made if each is not None)
        following = next_page(document)
        if following is None:
            return Read(tuple(found.values()), whole=True, seen=len(found), filtered=filtered)
        position = following
    return Read(tuple(found.values()), whole=False, seen=len(found), filtered=filtered)


def _any_of(name: str, values: tuple[str, ...]) -> Query:
    """Return a filter by any of some texts, whatever those hold."""
    return (("newFilterSyntax", "true"), *((f"filter[{name}][]", value) for value in values))
