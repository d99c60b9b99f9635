"""The variables of a mail's text, such as `{{first_name}}`: finds them, and puts values in their place.

Outreach fills in what is left when the mail goes out. A value that has braces itself would be filled in there once
more, so it is none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape

_VARIABLE = re.compile(r"\{\{([^{}]{1,200})\}\}")
_SPACE = re.compile(r"[\s\u00a0]+")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with values in the place of variables: those that were known and had none, and those that were left."""

    text: str
    empty: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


Value = Callable[[str], str | None]
"""The value of a variable by its name: empty for one that is known and has none, None for one that is not known."""


def variables_of(*texts: object) -> list[str]:
    """Return the variables of texts, each once, as they are written but for spaces."""
    found = (_name(each) for text in texts if isinstance(text, str) for each in _VARIABLE.findall(text))
    return list(filter(None, dict.fromkeys(found)))


def without_variables(text: str) -> str:
    """Return a text with its variables left out, but for those without a name."""
    return _VARIABLE.sub(lambda found: "" if _name(found[1]) else found[0], text)


def filled(text: str, value: Value, *, html: bool) -> Filled:
    """Return a text with its variables filled in; in HTML a value is text, in a subject one line."""
    empty: dict[str, None] = {}
    left: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        name = _name(found[1])
        known = value(name)
        if known is None:
            left[name] = None
            return found[0]
        if not known.strip() or "{{" in known or "}}" in known:
            empty[name] = None
            return found[0]
        return escape(known, quote=True) if html else _SPACE.sub(" ", known).strip()

    return Filled(_VARIABLE.sub(put, text), tuple(empty), tuple(left))


def _name(written: str) -> str:
    return _SPACE.sub(" ", unescape(written)).strip()
