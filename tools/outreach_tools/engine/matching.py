"""Finding what a name was meant to be: snake_case for camelCase, other case, a slip of the pen."""

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_LONGEST = 40  # characters of a name among others
_NAMES = 8192
"""Known names whose plain forms are kept: ten times as many as the catalogue has."""

_ALSO_CALLED = {"owner": "user", "user": "owner"}
"""Words that people take for each other: a mailing has a user, a task an owner."""

_BETWEEN_WORDS = re.compile(r"[\s_\-]+")
_UNDERSCORE = re.compile(r"(?<!_)_++([a-zA-Z0-9])")


def camel_case(name: str) -> str:
    """Turn `website_url` into `websiteUrl`; other names stay as they are."""
    return _UNDERSCORE.sub(lambda match: match.group(1).upper(), name)


def find(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` is another spelling of (case, underscores, spaces), or None."""
    names = list(known)
    if name in names:
        return name
    wanted = _plain(name)
    return next((each for each in names if _plain_of_known(each) == wanted), None)


def nearest(name: str, known: Iterable[str], limit: int | None = None) -> str:
    """Return `", did you mean 'title'?"` for the known name closest to `name`, or nothing when none is close.

    A known name is shown whole unless there is a `limit` of characters.
    """
    close = closest(name, known)
    if close is None:
        return ""
    return f", did you mean {repr(close) if limit is None else shorten(close, limit)}?"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is closest to `name`, None when none is close."""
    by_plain = {_plain(each): each for each in known}
    if _plain(name) not in by_plain and (same := _ALSO_CALLED.get(_plain(name))) in by_plain:
        return by_plain[same]
    close = difflib.get_close_matches(_plain(name), by_plain, n=1, cutoff=0.6)
    return by_plain[close[0]] if close else None


def shorten(value: object, limit: int = 80) -> str:
    """Show a value as given, cut to `limit` characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or nested without end
        text = f"a very long {type(value).__name__}"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def listed(names: Iterable[str]) -> str:
    """Join names for a sentence: `a, b, c`, or `none`."""
    return ", ".join(names) or "none"


def few(names: Sequence[str], most: int = 5) -> str:
    """Join the first of some names for a sentence, each shortened, and say how many more there are."""
    shown = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names[:most]]
    return listed(shown) + (f" and {len(names) - most} more" if len(names) > most else "")


def _plain(name: str) -> str:
    return _BETWEEN_WORDS.sub("", name).casefold()


# The same few hundred names are compared with each name that is given, and with each label of an organisation.
_plain_of_known = lru_cache(_NAMES)(_plain)
