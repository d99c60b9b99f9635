"""The history of a person, an account or an opportunity, in one call: `get_timeline`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost, fit_rows
from outreach_tools.engine.arguments import TimelineArguments, read
from outreach_tools.engine.cursor import fingerprint
from outreach_tools.engine.dates import Calendar, nearest_date
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.finders import finds
from outreach_tools.engine.fitting import head
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import enum_schema, object_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.values import wire_time
from outreach_tools.engine.zones import shown_time
from outreach_tools.timeline.entries import Entry
from outreach_tools.timeline.gathering import Gathering
from outreach_tools.timeline.sources import OPERATIONS, SUBJECTS, Subject

_KEPT = "timeline"
"""The subject of the entries of the timeline that was read last, so that its next page costs no request."""

_MOST_KEPT = 2_000  # entries
_TOKEN = re.compile(r"(?P<check>[0-9a-f]{4})(?P<rest>(?P<mark>[0-9a-f]{4})~(?P<began>[0-9a-f]{1,9})\.(?P<at>-?\d{1,15})"
                    r"\.(?P<type>[A-Za-z]{1,40})\.(?P<id>\d{1,19})\.(?P<what>[0-9a-f]{4}))", re.ASCII)  # fmt: skip
_COLUMNS = ("at", "what", "by", "person", "text", "type", "id")


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The entries that were read for some arguments, with what is to be said on each of their pages."""

    mark: str
    called: str
    entries: tuple[Entry, ...]
    not_read: tuple[str, ...]
    notes: tuple[str, ...]


def get_timeline(listers: Listers) -> Tool:
    """Make the tool; `listers` name what finds the ids that it takes."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(TimelineArguments, arguments)
        subject = _subject(given.resource)
        number = await names.id_of(given.id, subject, "'id'", finds((subject,), listers))
        mark = fingerprint(_KEPT, subject, number, given.since)
        place = _place(given.page_after, mark)
        began, after = place or (context.now().replace(microsecond=0), None)
        since = None if given.since is None else _since(given.since, Calendar(began, context.zone))
        requests, found = 0, context.kept.held(_KEPT, _Timeline) if after else None
        if found is None or found.mark != mark:
            gathering = Gathering(context, names, subject, number, since, Budget(now=context.now))
            entries = tuple(sorted(await gathering.read(), key=_key))
            since_then = "" if given.since is None else f" since {shorten(given.since)}"
            notes = gathering.notes if entries else [*gathering.notes, f"nothing is known to have happened{since_then}"]
            found = _Timeline(mark, gathering.called, entries, tuple(gathering.not_read), tuple(notes))
            requests = gathering.requests
            _keep(context, found)
        answer = _answer(context, found, subject, after, given.page_size, began)
        return {"of": f"{found.called} ({subject} {number})".lstrip(), "requests": requests, **answer}

    return Tool(
        name="get_timeline",
        title="Get timeline",
        description=(
            "The history of one person (contact), company (account) or deal: everything that happened, all touches, "
            "what has been going on, newest first, in one call: mails with replies and opens, calls, tasks, notes, "
            "meetings, stage changes, enrolments; what cannot be read is named."
        ),
        input_schema=object_schema(
            {
                "resource": enum_schema(SUBJECTS),
                "id": {"type": "string"},
                "since": {"type": "string", "description": "-30d, 2026-07-01; else all"},
                "page_size": {"type": "integer"},
                "page_after": {"type": "string"},
            },
            ("resource", "id"),
        ),
        run=by_names(run),
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset="reports",
        operations=OPERATIONS,
        names=frozenset(SUBJECTS),
        alone=True,
        partial=True,
    )


_Key: TypeAlias = tuple[int, str, int, str]
"""The place of an entry in every timeline that has it: the newest first."""


def _answer(
    context: Context, found: _Timeline, subject: Subject, after: _Key | None, size: int, began: datetime
) -> JsonObject:
    """Return a page of a timeline, within the budget."""
    left = [each for each in found.entries if after is None or _key(each) > after]
    columns = [name for name in _COLUMNS if name != "person" or subject != "prospect"]
    frame: JsonObject = {"not_read": [*found.not_read]} if found.not_read else {}
    if note := head(". ".join(found.notes), context.max_result_tokens // 4):
        frame["note"] = note
    room = context.max_result_tokens - cost(frame)
    rows = fit_rows(columns, (_row(each, columns, context) for each in left[:size]), room)
    shown: JsonObject = {"total": len(found.entries), "returned": len(rows), "has_more": len(rows) < len(left)}
    if len(rows) < len(left):
        shown["page_after"] = _token(found.mark, began, left[len(rows) - 1])
    return {**shown, **frame, "columns": columns, "rows": rows}


def _row(entry: Entry, columns: Sequence[str], context: Context) -> list[str | int | None]:
    cells = {
        "at": shown_time(wire_time(entry.at), "minute", context.zone),
        "what": entry.what,
        "by": entry.by or None,
        "person": entry.person or None,
        "text": entry.text or None,
        "type": entry.type,
        "id": entry.id,
    }
    return [cells[name] for name in columns]


def _subject(text: str) -> Subject:
    """Return the type that a word spells, also in the plural. Raises `ArgumentError`."""
    words: dict[str, Subject] = {each: kind for kind in SUBJECTS for each in (kind, resource_type(kind).path)}
    known = find(text, words)
    if known is None:
        near = nearest(text, SUBJECTS)
        raise ArgumentError(f"'resource' is {shorten(text)}; there is a timeline of {listed(tuple(SUBJECTS))}{near}")
    return words[known]


def _since(text: str, calendar: Calendar) -> datetime:
    """Return the first moment of what a text names, and not one after the present. Raises `ArgumentError`."""
    plain = text.strip().removesuffix("..")
    found = calendar.span(plain)
    if found is None:
        raise ArgumentError(
            f"'since' is {shorten(text)}, which is not a date{nearest_date(text)}; it takes one like -30d, 2026-07-01, "
            "last_week"
        )
    first = calendar.moments(found).first
    if first > calendar.now:
        raise ArgumentError(f"'since' is {shorten(text)}, which is yet to come: a timeline tells what happened")
    return first


def _place(text: str | None, mark: str) -> tuple[datetime, _Key] | None:
    """Return when a timeline was begun and the entry after which it goes on. Raises `ArgumentError`."""
    if text is None:
        return None
    found = _TOKEN.fullmatch(text.strip())
    if found is None or found["check"] != fingerprint(found["rest"]):
        raise ArgumentError("'page_after' takes the page_after of an earlier answer, unchanged")
    if found["mark"] != mark:
        raise ArgumentError("this 'page_after' belongs to another timeline: repeat resource, id and since unchanged")
    key = (-int(found["at"]), found["type"], int(found["id"]), found["what"])
    return datetime.fromtimestamp(int(found["began"], 16), UTC), key


def _token(mark: str, began: datetime, last: Entry) -> str:
    at, kind, number, what = _key(last)
    rest = f"{mark}~{int(began.timestamp()):x}.{-at}.{kind}.{number}.{what}"
    return f"{fingerprint(rest)}{rest}"


def _key(entry: Entry) -> _Key:
    return (-round(entry.at.timestamp() * 1000), entry.type, entry.id, fingerprint(entry.what))


def _keep(context: Context, found: _Timeline) -> None:
    if len(found.entries) <= _MOST_KEPT:
        context.kept.put(_KEPT, found)
    else:
        context.kept.forget(_KEPT)
