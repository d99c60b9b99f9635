"""Names that somebody may be about to write: those that would then mean one record, as tools resolve them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from outreach_tools.engine.naming.candidates import Candidate
from outreach_tools.engine.naming.kept import names_of
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.lookup import read_all, read_beginning
from outreach_tools.engine.naming.spelling import LONGEST, plain
from outreach_tools.engine.reading import ME
from outreach_tools.engine.text import clean
from outreach_tools.engine.tool import Context

MOST = 100
"""Names that one completion has at most (MCP)."""


async def suggestions(context: Context, kind: str, text: str) -> list[str]:
    """Return names of records of a type that a text is the beginning of, or of a word in them; the best first.

    Where several records have a name, what each belongs to follows it (`Ann Lee @ Acme`); where that does not tell them
    apart, their ids come last. What was read for tools counts here, too. Raises what the client raises.
    """
    if len(text) > LONGEST:
        return []
    known = await _known(context, kind, text.strip())
    names = {ME: ME} if kind == "user" else {}
    return _fitting({**names, **_told_apart(known, NAMINGS[kind].within)}, text)[:MOST]


async def _known(context: Context, kind: str, text: str) -> Sequence[Candidate]:
    """Return the records that may be meant: of large types those that Outreach's search finds by a text."""
    if not NAMINGS[kind].searched:
        held = await context.kept.get(names_of(kind), lambda: read_all(context.client, kind))
        if held.value.whole:
            return held.value.candidates
    return (await read_beginning(context.client, kind, text)).candidates if text else ()


def _told_apart(known: Sequence[Candidate], within: str) -> dict[str, str]:
    """Return names that each mean one record, and ids of those that no name tells apart, by which text finds each."""
    labels = {each.id: " ".join(clean(each.label).split()) for each in known}
    longer = {each.id: f"{labels[each.id]} @ {place}" for each in known if (place := _place(each, within))}
    alone, apart = Counter(map(plain, labels.values())), Counter(map(plain, longer.values()))
    found: dict[str, str] = {}
    for each in known:
        name, long = labels[each.id], longer.get(each.id, "")
        shown = name
        if name.isdecimal():  # as a name that would be an id
            shown = str(each.id)
        elif name and alone[plain(name)] > 1:
            shown = long if long and apart[plain(long)] == 1 else str(each.id)
        if shown:
            found[shown] = name if shown == str(each.id) else shown
    return found


def _place(each: Candidate, within: str) -> str:
    """Return the name of what a record belongs to, as its details have it."""
    return next((text.removeprefix(f"{within} ") for text in each.details if text.startswith(f"{within} ")), "")


def _fitting(names: Mapping[str, str], text: str) -> list[str]:
    wanted = plain(text) if text.strip() else ""
    found = [(plain(written), name) for name, written in names.items()]
    first = [name for known, name in found if known.startswith(wanted)]
    later = [name for known, name in found if not known.startswith(wanted) and f" {wanted}" in f" {known}"]
    return sorted((*first, *later), key=str.isdecimal)
