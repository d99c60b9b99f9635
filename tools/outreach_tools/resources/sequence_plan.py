"""Reads a whole sequence as it is asked for: its steps, how long each waits, and the mails that they send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import given_items, given_members, is_given
from outreach_tools.engine.json_text import as_meant, decoded
from outreach_tools.engine.mail_text import require_line
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.numbers import number
from outreach_tools.engine.twice import Spelled
from outreach_tools.engine.values import boolean
from outreach_tools.json_values import is_array, is_object
from outreach_tools.resources.sequence_step import STEP_TYPES

MAILS = frozenset({"auto_email", "manual_email"})
MOST_STEPS = 40

_OTHER_WORDS: Mapping[str, str] = {"email": "auto_email", "linkedin": "linkedin_other"}
_TAKES = ("kind", "wait_days", "wait_hours", "subject", "body", "reply", "variants", "note")
_OF_MAILS = ("subject", "body", "reply", "variants")
_UNITS: Mapping[str, int] = {"wait_days": 86_400, "wait_hours": 3_600}
_LONGEST_WAIT = 2**31 - 1  # seconds
_LONGEST_SUBJECT = 998  # characters of a line of a mail (RFC 5322)
_TAG = re.compile(r"<(?:p|br|div|a|b|i|ul|ol|table|span|strong|em|h[1-6])\b[^<>]*>", re.IGNORECASE)
_SUBJECT = re.compile(r"subject:\s*(.*)", re.IGNORECASE)
_PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of a step; of several variants each goes to a part of the people."""

    subject: str
    html: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `wait` is the seconds before it; a `reply` goes into the thread of the mail before."""

    kind: str
    wait: int
    note: str = ""
    mails: tuple[Mail, ...] = ()
    reply: bool = False


def steps_of(value: Any) -> tuple[Step, ...]:
    """Read the steps of a sequence. Raises `ArgumentError` that names the place, what it takes and what was given."""
    found = as_meant(value, is_array)
    items = _given("steps", found) if is_array(found) else given_items([found])
    if not items:
        raise ArgumentError("'steps' is required: an array of objects, each with a kind")
    if len(items) > MOST_STEPS:
        raise ArgumentError(f"'steps' has {len(items)} steps; it takes at most {MOST_STEPS}")
    steps: list[Step] = []
    for place, item in enumerate(items, 1):
        step = _step(f"steps[{place}]", item)
        if step.reply and not any(each.mails for each in steps):
            raise ArgumentError(f"'steps[{place}].reply' is true, and no mail comes before it: leave it out")
        steps.append(step)
    return tuple(steps)


def _step(where: str, value: Any) -> Step:
    given = _members(where, value, _TAKES)
    kind = _kind(where, given.get("kind"))
    if kind not in MAILS and (wrong := [name for name in _OF_MAILS if name in given]):
        raise ArgumentError(f"'{where}.{wrong[0]}' is of a mail, and this step is a {kind}: 'note' says what to do")
    wait = sum(_wait(f"{where}.{name}", given[name], unit) for name, unit in _UNITS.items() if name in given)
    if wait > _LONGEST_WAIT:
        raise ArgumentError(f"'{where}' waits longer than Outreach can count: at most 24,855 days")
    note = _text(f"{where}.note", given.get("note", ""), 65_535)
    if kind not in MAILS:
        return Step(kind, wait, note)
    reply = boolean(given.get("reply", False))
    if reply is None:
        raise ArgumentError(f"'{where}.reply' takes true or false, not {shorten(given['reply'])}")
    variants = as_meant(given.get("variants", []), is_array)
    if not is_array(variants):
        raise ArgumentError(f"'{where}.variants' takes an array of objects, not {shorten(given['variants'])}")
    first = _mail(where, {name: given[name] for name in ("subject", "body") if name in given}, reply=reply)
    others = [
        _mail(f"{where}.variants[{place}]", _variant(each, given), reply=reply)
        for place, each in enumerate(_given(f"{where}.variants", variants), 1)
    ]
    return Step(kind, wait, note, (first, *others), reply)


def _given(where: str, items: list[Any]) -> list[Any]:
    """Return the items of an array, none where all are empty. Raises `ArgumentError` for an empty one among others."""
    given = given_items(items)
    if given and len(given) < len(items):
        place = next(place for place, each in enumerate(items, 1) if not is_given(each))
        raise ArgumentError(f"'{where}[{place}]' is empty: give it, or leave it out")
    return given


def _members(where: str, value: Any, takes: tuple[str, ...]) -> JsonObject:
    """Return the members that are given, under their own names."""
    value = decoded(value, is_object)
    if not is_object(value):
        raise ArgumentError(f"'{where}' takes an object with {listed(takes)}, not {shorten(value)}")
    found: JsonObject = {}
    spelled = Spelled()
    for name, each in given_members(value).items():
        known = find(name, takes)
        if known is None:
            raise ArgumentError(f"unknown member '{where}.{name}'{nearest(name, takes)}; it takes {listed(takes)}")
        spelled.note(known, f"{where}.{name}", each)
        found[known] = each
    return found


def _kind(where: str, value: Any) -> str:
    if value is None:
        raise ArgumentError(f"'{where}.kind' is required: one of {listed(STEP_TYPES)}")
    known = find(value, (*STEP_TYPES, *_OTHER_WORDS)) if isinstance(value, str) else None
    if known is None:
        hint = nearest(value, STEP_TYPES) if isinstance(value, str) else ""
        raise ArgumentError(f"'{where}.kind' is {shorten(value)}, not one of {listed(STEP_TYPES)}{hint}")
    return _OTHER_WORDS.get(known, known)


def _wait(where: str, value: Any, unit: int) -> int:
    found = number(value)
    if found is None or found < 0:
        raise ArgumentError(f"'{where}' takes a number from 0, not {shorten(value)}")
    return round(found * unit)


def _mail(where: str, value: Any, *, reply: bool) -> Mail:
    given = _members(where, value, ("subject", "body"))
    if "body" not in given:
        raise ArgumentError(f"'{where}.body' is required: the text of the mail, or its HTML")
    if "subject" not in given and not reply:
        raise ArgumentError(f"'{where}.subject' is required, but for a reply")
    subject = _text(f"{where}.subject", given.get("subject", ""), _LONGEST_SUBJECT)
    require_line(f"'{where}.subject'", subject)
    return Mail(subject, as_html(_text(f"{where}.body", given["body"], 16_777_215)))


def _variant(value: Any, step: JsonObject) -> Any:
    """Return a variant that comes as text as an object: its body, after a first line that may be a subject of its own.

    Without one it has that of its step.
    """
    found = decoded(value, is_object)
    if not isinstance(found, str):
        return found
    first, _, rest = found.strip().partition("\n")
    own = _SUBJECT.fullmatch(first.strip())
    body, subject = (rest.strip(), own[1]) if own else (found, step.get("subject"))
    return {"body": body} if subject is None else {"subject": subject, "body": body}


def _text(where: str, value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"'{where}' takes text, not {shorten(value)}")
    if len(value) > most:
        raise ArgumentError(f"'{where}' has {len(value):,} characters; Outreach takes at most {most:,}")
    return value


def as_html(text: str) -> str:
    """Return a mail's text as HTML, its blank lines as paragraphs; what is HTML already stays as it is."""
    if _TAG.search(text):
        return text
    paragraphs = (escape(each, quote=False).strip("\n") for each in _PARAGRAPHS.split(text.replace("\r\n", "\n")))
    return "".join(f"<p>{each.replace(chr(10), '<br>')}</p>" for each in paragraphs if each.strip())
