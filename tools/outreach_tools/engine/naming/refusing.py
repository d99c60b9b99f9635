"""Words the refusal of a name that does not mean one record: who could be meant, in few tokens."""

from collections.abc import Sequence

from outreach_tools.engine.brevity import first_that_fits
from outreach_tools.engine.likeness import like
from outreach_tools.engine.literal import fold
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming.candidates import Candidate
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.lookup import Read
from outreach_tools.engine.text import clean, one_line

MOST_CANDIDATES = 5

_FEW = 12
"""Records of a type of which some are named where nothing is like the name that was given."""

_WIDTHS = ((40, 40), (40, 24), (24, 16), (16, 10), (10, 0), (6, 0))
"""Characters of a name and of what tells it from others, from what is best to what always fits."""


def several(where: str, name: str, kind: str, matches: Sequence[Candidate]) -> str:
    """Return the refusal of a name that several records have: each with its id and what tells it from the others."""
    more = "" if len(matches) <= MOST_CANDIDATES else f" and {len(matches) - MOST_CANDIDATES} more"
    shown = matches[:MOST_CANDIDATES]

    def written(width: int, room: int) -> str:
        alike = len({fold(each.label) for each in shown}) == 1
        listed = "; ".join(_candidate(each, "" if alike else _cut(each.label, width), room) for each in shown)
        what = f"{len(matches)} {words_of(kind, many=True)}"
        return f"{where} {shorten(name, width)} is {what}: {listed}{more}. Give the id. Nothing was sent."

    return first_that_fits(map(written, *zip(*_WIDTHS, strict=True)))


def none(where: str, name: str, kind: str, read: Read, found: str) -> str:
    """Return the refusal of a name that no record has, with the nearest; `found` says what finds the id.

    Of what was read those are named that are like it: others may be as like it where that is not the whole. Where
    nothing is like it, and there are but few records of the type, it is one of them that may be meant.
    """
    nearest = _nearest(name, read.candidates)
    is_few = read.whole and not read.filtered and len(read.candidates) <= _FEW
    shown = nearest or (read.candidates[:MOST_CANDIDATES] if is_few else ())
    first = ("Nearest" if read.whole else "Like it") if nearest else "There are"
    more = "" if nearest or len(shown) == len(read.candidates) else f" and {len(read.candidates) - len(shown)} more"

    def written(width: int, room: int) -> str:
        listed = "; ".join(_candidate(each, _cut(each.label, width), room) for each in shown)
        named = f"{first}: {listed}{more}. " if shown else ""
        return f"{where}: no {words_of(kind)} is called {shorten(name, width)}. {named}Nothing was sent{found}"

    return first_that_fits(map(written, *zip(*_WIDTHS, strict=True)))


def _nearest(name: str, known: Sequence[Candidate]) -> list[Candidate]:
    """Return the records whose names are most like one: of a name that several have, each of them."""
    labels = [(each.label, each.id) for each in known]
    if near := list(dict.fromkeys(fold(text) for text, _ in like([name], labels))):
        found = [each for text in near for each in known if fold(each.label) == text]
    else:
        names = [(text, each.id) for each in known for text in each.names]
        found = [each for text, _ in like([name], names) for each in known if text in each.names]
    return list({each.id: each for each in found}.values())[:MOST_CANDIDATES]


def too_many(where: str, name: str, kind: str, number: int) -> str:
    """Return the refusal of a name for which not all records that it may mean were read."""
    instead = "the id or the whole e-mail address" if kind in ("prospect", "user") else "the id"
    meant = f"at least {number:,} {words_of(kind, many=True)} could be meant, and not all were read"
    return f"{where} {shorten(name, 40)}: {meant}. Give {instead}. Nothing was sent."


def unreadable(where: str, name: str, kind: str, reason: str) -> str:
    """Return the refusal of a name that may not be looked up, or cannot; an id needs no look-up."""

    def written(width: int, _: int) -> str:
        return (
            f"{where} {shorten(name, min(width, 24))}: {words_of(kind, many=True)} cannot be looked up by name: "
            f"{one_line(clean(reason).rstrip('.'), width * 6)}. Give the id. Nothing was sent."
        )

    return first_that_fits(map(written, *zip(*_WIDTHS, strict=True)))


def told(candidate: Candidate) -> str:
    """Return a record as an answer names it: `'Maya Okafor' (17)`, `'Tom Brennan' (18, locked)`."""
    return f"{_cut(candidate.label, 40)!r} ({', '.join((str(candidate.id), *candidate.marks))})"


def _candidate(each: Candidate, label: str, room: int) -> str:
    about = [*((label,) if label else ()), *(_cut(detail, room) for detail in each.details[:3] if room), *each.marks]
    return f"{each.id} {', '.join(about)}".rstrip()


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text on one line, without what stands between the candidates of a list."""
    return one_line(clean(text).replace(";", ","), most)
