"""Reads the records that a name may mean: as much of them as may be read, and never a part for the whole."""

from dataclasses import dataclass, replace

from outreach_tools.catalog import Relationship, resource_type
from outreach_tools.client import Client, MissingScope, Query, Request
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.criteria import is_word
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

_PARTS = ("firstName", "lastName")
_WORDS = 8  # of a person's name
_MOST_OWN = 2  # names without what follows an @ that are asked for as well
_FORMS = 8  # spellings of each
_LEAST = 3  # spellings of each part of a person's name, however many ways there are to part it
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

    A search for words overlooks what it will: which is documented nowhere. So where it finds nothing that is written
    like the name, Outreach is asked for that as well, and what it finds otherwise counts only beside that. A domain,
    which may be the name of an account as well, takes a second request.
    """
    if not NAMINGS[kind].searched:
        return await _read_by_name(client, kind, name)
    own = _own(kind, name)
    if kind == "prospect" and EMAIL.fullmatch(own):
        found = await _read(client, kind, _any_of("emails", (own,)), _FEW)
    else:
        found = await _searched(client, kind, own)
    if kind == "account" and "." in own and " " not in own:
        found = _both(found, await _by_domain(client, own))
    if found.whole and any(each.is_written(name) for each in found.candidates):
        return found
    exact = await (_read_by_parts(client, own) if kind == "prospect" else _read_by_name(client, kind, own))
    if exact is None:  # no filter finds it
        return replace(found, candidates=tuple(each for each in found.candidates if each.is_written(name)))
    return _both(found, exact) if found.whole else exact


async def _searched(client: Client, kind: str, text: str) -> Read:
    """Read the records that Outreach's search finds by a text."""
    # The text as such, without what stands at its ends: a search for words takes no punctuation.
    return await _read(client, kind, (("filter[q]", " ".join((core(text) or text).split())),), _FEW)


async def _by_domain(client: Client, domain: str) -> Read:
    """Read the accounts of a domain; none where no more of accounts may be read than what they are called."""
    try:
        return await _read(client, "account", _any_of("domain", (domain,)), _FEW)
    except MissingScope:
        return Read((), whole=True, seen=0)


def _both(first: Read, second: Read) -> Read:
    """Return what two requests found."""
    found = {each.id: each for each in (*first.candidates, *second.candidates)}
    unread = first.unread or second.unread
    return Read(tuple(found.values()), first.whole and second.whole, first.seen + second.seen, True, unread)


async def _read_by_name(client: Client, kind: str, name: str) -> Read | None:
    """Read the records that have just this name. Users are filtered by their address, and not by their name."""
    if is_word(name):
        return None
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


async def _read_by_parts(client: Client, name: str) -> Read | None:
    """Read the prospects whose first and last names make up a name; None where those cannot be asked for."""
    words = name.split()
    if not words or len(words) > _WORDS or any(map(is_word, words)):
        return None
    if len(words) == 1:
        alone = [await _read(client, "prospect", _any_of(key, spellings(name)), _FEW) for key in _PARTS]
        return _both(*alone)
    parts = [(" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words))]
    most = max(_LEAST, _FORMS * 3 // len(parts))
    forms = [[form for each in own for form in spellings(each)[:most]] for own in zip(*parts, strict=True)]
    first, last = (_any_of(key, tuple(dict.fromkeys(each))) for key, each in zip(_PARTS, forms, strict=True))
    return await _read(client, "prospect", (*first, *last[1:]), _FEW)


async def read_alike(client: Client, kind: str, name: str) -> Read:
    """Read records of a large type that are named like a name, for one that nothing is called."""
    if not NAMINGS[kind].searched:
        return await _read(client, kind, (), _PAGE)
    beginning = (core(_own(kind, name)).split() or [name])[0][:_BEGINNING]
    return await _searched(client, kind, beginning)


async def read_beginning(client: Client, kind: str, text: str) -> Read:
    """Read records of a type that Outreach's search finds by the beginning of a name; none where it has no search."""
    if not NAMINGS[kind].searched:
        return Read((), whole=False, seen=0)
    return await _searched(client, kind, text)


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
        request = Request("GET", target, (*query, *position.query(size)), looks_up=True)
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
