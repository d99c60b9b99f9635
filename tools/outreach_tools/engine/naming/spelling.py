"""When two names are the same: case, Unicode form, blanks, and punctuation at the ends make no difference.

All else does. What is not seen is left out of names as well, as answers show them without it.
"""

from unicodedata import category, normalize
from urllib.parse import quote

from outreach_tools.engine.text import clean

LONGEST = 255
"""Characters that a name has at most: no attribute that names a record holds more."""


def plain(name: str) -> str:
    """Return a name in the form in which it is compared."""
    text = written(name)
    return core(text) or text


def written(name: str) -> str:
    """Return a name in the form in which it is compared, with the punctuation at its ends."""
    return normalize("NFC", " ".join(clean(normalize("NFC", name)).split()).casefold())


def core(name: str) -> str:
    """Return a name without blanks and punctuation at its ends; nothing where it has nothing else."""
    start, end = 0, len(name)
    while start < end and _is_edge(name[start]):
        start += 1
    while end > start and _is_edge(name[end - 1]):
        end -= 1
    return name[start:end]


def spellings(name: str) -> tuple[str, ...]:
    """Return the spellings of a name by which to ask a filter that finds whole texts only.

    It ignores case (assumed of Outreach's database). So that it finds all that are called so, it is asked for both
    Unicode forms, with the punctuation that names begin and end with, and with a blank more; as many as an address has
    room for.
    """
    given = " ".join(normalize("NFC", name).split())
    bare = core(given) or given
    gaps = [place for place, character in enumerate(bare) if character == " "][:_GAPS]
    plainest = (name.strip(), given, bare)
    ended = [*(f"{bare}{mark}" for mark in _ENDS), *(f"{first}{bare}{last}" for first, last in _AROUND)]
    begun = [f"{mark}{bare}" for mark in _BEGINNINGS]
    wider = [f"{bare[:place]} {bare[place:]}" for place in gaps]
    forms = [*plainest, normalize("NFD", bare), *ended, *begun, *wider, *(normalize("NFD", each) for each in ended)]
    found: list[str] = []
    room = _ADDRESS
    for form in dict.fromkeys(forms):
        room -= len(quote(form)) + _OF_EACH
        if room < 0 and found:
            break
        found.append(form)
    return tuple(found)


_ADDRESS = 4_000  # characters: half of what web servers take of an address
_OF_EACH = 24  # characters around each value
_ENDS = (".", "!", "?", "…", ",", ":", ";", "-", " -", "*")
_BEGINNINGS = ("-", "!", "*", "#", "@", "¡", "¿")
_AROUND = (('"', '"'), ("'", "'"), ("(", ")"), ("[", "]"), ("“", "”"), ("„", "“"), ("«", "»"))
_GAPS = 4  # blanks in a name of which one may be doubled


def _is_edge(character: str) -> bool:
    return character.isspace() or category(character).startswith("P")
