"""Values of strangers inside a question: quoted so that none of them can end its quotation or pass for our words."""

import json
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeGuard

from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.text import clean, one_line
from outreach_tools.json_values import JsonObject, is_array, is_object

SHORT = 80
"""Characters of a value that is there for orientation."""

LONG = 1000
"""Characters of a value that a person has to see whole: an address, a list of them."""

_QUOTES = (
    "QUOTATION",
    "APOSTROPHE",
    "PRIME",
    "GERESH",
    "GERSHAYIM",
    "KORONIS",
    "PSILI",
    "DASIA",
    "HALF RING",
    "CORNER BRACKET",
    "DITTO",
    "ACUTE ACCENT",
    "GRAVE ACCENT",
    "TURNED COMMA",
    "REVERSED COMMA",
    "DOUBLE COMMA",
    "TONOS",
    "VARIA",
    "NIHSHVASA",
)
"""Words in the Unicode names of what looks like a quotation mark."""

_LIKE_QUOTES = frozenset("\u02c8\u02d1\u055b\u055d\u07f5\ua78b\ua78c")
"""Characters that look like one (UTS 39, confusables) although their names do not say so."""

_SECRETS = ("password", "passwd", "passphrase", "secret", "credential", "token", "apikey", "privatekey")

_MARKUP = dict(zip("<>[]*~|\\", "＜＞［］＊～｜＼", strict=True))
"""The characters that a client might take for Markdown or HTML, and their look-alikes without a meaning."""


class UnshowableError(ToolError):
    """A request holds what a question cannot show whole; nobody was asked, and nothing was sent."""


def quoted(value: object, limit: int = SHORT, *, exact: bool = False) -> str:
    """Show a value in double quotes, on one line, cut to `limit` characters; null, numbers, true and false bare.

    Where it is `exact`, lists and objects say that they are, as text may look like them.
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    given = plain_text(_without_secrets(value))
    text = one_line(_harmless(given), limit)
    # What is written from right to left would take along the words that follow it.
    shown = f'"\u2068{text}\u2069"' if any(map(_is_right_to_left, text)) else f'"{text}"'
    return f"{shown}{_form(value) if exact or text.endswith('…') else ''}{unseen_in(given)}"


def _form(value: object) -> str:
    """Return the mark, in brackets, that distinguishes a list or an object from text; links have only one form."""
    if is_array(value):
        if value and all(map(_is_linkage, value)):
            return f" ({len(value)} in all)" if len(value) > 1 else ""
        plain = all(isinstance(each, str) for each in value)
        what = "" if plain else " numbers" if all(map(_is_number, value)) else ", mixed"
        return f" (list of {len(value)}{what})"
    return f" (object of {len(value)})" if is_object(value) and not _is_linkage(value) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def unseen_in(text: str) -> str:
    """Return the number of invisible characters in a text, in brackets, nothing where there are none."""
    hidden = 0 if text.isascii() and text.isprintable() else len(text) - text.count("\r") - len(clean(text))
    return f" ({hidden} invisible character{'' if hidden == 1 else 's'})" if hidden > 0 else ""


def hidden(name: str) -> bool:
    """Return whether a member's value is a secret, by its name or path."""
    folded = name.casefold().replace("_", "").replace("-", "")
    return any(word in folded for word in _SECRETS)


def quoted_whole(value: object, what: str, *, exact: bool = False) -> str:
    """Show all of a value, as `quoted` does.

    Raises `UnshowableError` for one that is too long, or holds what is not seen.
    """
    if value is None:
        return "nothing"
    text = plain_text(value)
    if len(text) > LONG:
        raise UnshowableError(
            f"Refused: {what} has {len(text):,} characters, and a person has to see it whole before it is sent "
            f"({LONG:,} at most). Nothing was sent. Send less at once."
        )
    if clean(text) != text:
        raise UnshowableError(
            f"Refused: {what} holds invisible characters, so a person could not tell what they agree to. "
            "Nothing was sent. Leave them out."
        )
    return quoted(value, LONG, exact=exact)


def plain_text(value: object) -> str:
    """Return the text that stands for a value of JSON."""
    if isinstance(value, str):
        return value
    if _is_linkage(value):
        return f"{value['type']} {value['id']}"
    if is_array(value) and value and _is_row(value):
        return ", ".join(map(plain_text, value))
    if value is None:
        return "nothing"
    return json.dumps(value, ensure_ascii=False)


def _is_row(values: Sequence[object]) -> bool:
    """Return whether values can be put beside each other with commas and be told apart."""
    return (
        all(isinstance(each, str) and "," not in each for each in values)
        or all(map(_is_number, values))
        or all(map(_is_linkage, values))
    )


def _without_secrets(value: Any) -> Any:
    """Return a value in which what members hold that are secrets by their names is not shown."""
    if is_array(value):
        return [_without_secrets(each) for each in value]
    if is_object(value):
        return {name: "(not shown)" if hidden(name) else _without_secrets(each) for name, each in value.items()}
    return value


def _is_linkage(value: object) -> TypeGuard[JsonObject]:
    return is_object(value) and set(value) == {"type", "id"}


def _harmless(text: str) -> str:
    if text.isascii() and text.replace(" ", "").isalnum():
        return text
    # Composed, a letter with its accent is one letter; an accent that stands alone is left out.
    shown: list[str] = []
    for letter in unicodedata.normalize("NFC", clean(text)):
        if _is_quote(letter):
            if not (shown and shown[-1] == "'"):  # two of them look like the other kind
                shown.append("'")
        elif unicodedata.combining(letter) and not (shown and shown[-1][-1:].isalnum()):
            continue
        else:
            shown.append(_MARKUP.get(letter, letter))
    harmless = "".join(shown)
    return harmless.replace("__", "＿＿").replace("&", "＆")


@lru_cache(maxsize=4096)
def _is_quote(letter: str) -> bool:
    if letter in _LIKE_QUOTES:
        return True
    if letter.isalnum() and unicodedata.category(letter) != "Lm":
        return False
    if unicodedata.category(letter) in ("Pi", "Pf"):
        return True
    name = unicodedata.name(letter, "")
    return not unicodedata.combining(letter) and any(word in name for word in _QUOTES)


def _is_right_to_left(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL", "AN")


def members_text(value: Any) -> list[tuple[str, Any]]:
    """Return the parts of a JSON value, each with its path: `("data.attributes.url", "https://…")`."""
    if is_object(value) and value:
        return [
            (f"{name}.{path}" if path else name, found)
            for name, each in value.items()
            for path, found in members_text(each)
        ]
    return [("", value)]
