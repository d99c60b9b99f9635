"""Finds what is odd in a mail's text: variables that name no field, braces without a pair, a subject of two lines.

Outreach has variables that nobody has published, so that one that names no field is told and not refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach_tools.catalog import resource_type
from outreach_tools.catalog.operation_names import snake_case
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.labels.fields import is_key
from outreach_tools.engine.mail_variables import variables_of, without_variables
from outreach_tools.engine.matching import closest
from outreach_tools.engine.names import resolve_name

_MAILS = ("template", "mailing")
_TOLD = ("template", "snippet")
"""The types of whose text it is told; what becomes of a mailing's variables, its own tool says."""

_TEXTS = ("subject", "bodyHtml")
_WHOSE: Mapping[str, str] = {"": "prospect", "prospect": "prospect", "account": "account", "sender": "user"}
_ALSO = frozenset({("prospect", "email")})
_MOST, _LONGEST = 8, 100
_SINGLE = re.compile(r"(?<!\{)\{\s*([A-Za-z_.]{2,40})\s*\}(?!\})")


@dataclass(frozen=True, slots=True)
class Odd:
    """A part of a mail's text that is hardly meant so: as it is written, and what is likelier, empty where unknown."""

    written: str
    meant: str = ""

    @property
    def told(self) -> str:
        """As it is told."""
        return f"{self.written} (did you mean {self.meant}?)" if self.meant else self.written


def odd_in(*texts: object) -> tuple[Odd, ...]:
    """Return what is odd about texts, each once: `{{fist_name}}`, `{first_name}`, `{{first_name`."""
    found: dict[Odd, None] = {}
    for text in texts:
        if not isinstance(text, str):
            continue
        for variable in variables_of(text):
            if odd := _odd(variable):
                found[odd] = None
        rest = without_variables(text)
        for name in _SINGLE.findall(rest):
            if _is_field(name):
                found[Odd(f"{{{name}}}", f"{{{{{name}}}}}")] = None
        if "{{" in rest:  # what only closes may be a style sheet
            found[Odd("{{ that names nothing", "{{first_name}}")] = None
    return tuple(found)


def named(odd: Sequence[Odd]) -> str:
    """Return what is odd, the first of many, for a sentence."""
    shown = [each.told if len(each.told) <= _LONGEST else f"{each.told[: _LONGEST - 1]}…" for each in odd[:_MOST]]
    return ", ".join(shown) + (f" and {len(odd) - _MOST} more" if len(odd) > _MOST else "")


def told(odd: Sequence[Odd]) -> str:
    """Return the sentence that tells what is odd."""
    return f"not a field that is known, so it goes out as it is unless Outreach knows it: {named(odd)}"


def notes_on(kind: str, attributes: JsonObject) -> tuple[str, ...]:
    """Return what is to be said of the text in the attributes of a write."""
    odd = odd_in(*(attributes.get(name) for name in _TEXTS)) if kind in _TOLD else ()
    return (told(odd),) if odd else ()


def require_one_line(kind: str, name: str, value: object) -> None:
    """Raise `ArgumentError` for the subject of a mail that has a line break: what follows could pass for a header."""
    if kind in _MAILS and name == "subject":
        require_line("'subject'", value)


def require_line(where: str, value: object) -> None:
    """Raise `ArgumentError` for a text that has a line break."""
    if isinstance(value, str) and len(value.strip().splitlines()) > 1:
        raise ArgumentError(f"{where} has a line break, and takes one line. Nothing was sent")


def _odd(variable: str) -> Odd | None:
    whose, dot, name = variable.rpartition(".")
    kind = _WHOSE.get(whose)
    if kind is None:  # of something else that Outreach may have, or a slip
        likelier = f"{closest(whose, filter(None, _WHOSE))}.{name}"
        return Odd(f"{{{{{variable}}}}}", f"{{{{{likelier}}}}}") if _is_field(likelier) else None
    if _is_field(variable):
        return None
    near = closest(name, (snake_case(each) for each in resource_type(kind).attributes if not is_key(each)))
    return Odd(f"{{{{{variable}}}}}", f"{{{{{whose}{dot}{near}}}}}" if near else "")


def _is_field(variable: str) -> bool:
    whose, _, name = variable.rpartition(".")
    kind = _WHOSE.get(whose)
    return kind is not None and ((kind, name) in _ALSO or resolve_name(resource_type(kind), name) is not None)
