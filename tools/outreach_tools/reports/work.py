"""The work of people: mail, replies, calls, conversations, meetings and tasks, by person or by day, week or month.

Each counts when it happened. A task that was due counts on the day it was due, whoever completed it and when.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import value_of
from outreach_tools.json_values import is_array
from outreach_tools.reports.rows import has, id_of, text_of, time_of

MEASURES = ("mails", "replies", "calls", "conversations", "meetings", "tasks_done", "due", "overdue")
"""All that is counted."""

MAIL_FIELDS = ("deliveredAt", "repliedAt", "user")
CALL_FIELDS = ("createdAt", "answeredAt", "outcome", "tags", "callDisposition", "user")
TASK_FIELDS = ("state", "dueAt", "stateChangedAt", "owner", "completer")

_ANSWERED = frozenset({"answered", "completed"})  # the words of the documents, and those of live records
_MEETING = re.compile(r"\bmeeting\b", re.IGNORECASE)

Group: TypeAlias = int | str | None
"""The id of a person, or the first day of a day, week or month: `2026-11-02`."""


def names_meeting(name: str) -> bool:
    """Return whether a disposition or a tag says that a meeting was set."""
    return _MEETING.search(name) is not None


def day_group(zone: tzinfo) -> Callable[[datetime], str]:
    """Return what finds the day of a moment in a zone."""
    return lambda moment: moment.astimezone(zone).date().isoformat()


def week_group(zone: tzinfo) -> Callable[[datetime], str]:
    """Return what finds the Monday of a moment's week in a zone."""
    return lambda moment: _monday(moment.astimezone(zone).date()).isoformat()


def month_group(zone: tzinfo) -> Callable[[datetime], str]:
    """Return what finds the month of a moment in a zone."""
    return lambda moment: moment.astimezone(zone).date().isoformat()[:7]


PERIODS: Mapping[str, Callable[[tzinfo], Callable[[datetime], str]]] = {
    "day": day_group, "week": week_group, "month": month_group,
}  # fmt: skip
"""The groups of activity beside people."""


@dataclass(slots=True)
class Work:
    """The work that was done, by group and in all.

    `period_of` finds the group of a moment, None where people are the groups. `members` are the only people who count,
    None for all. `meeting_dispositions` are the ids of those that say that a meeting was set; what is overdue is so at
    `now`.
    """

    now: datetime
    period_of: Callable[[datetime], str] | None = None
    members: Collection[int] | None = None
    meeting_dispositions: Collection[int] = ()
    groups: dict[Group, Counter[str]] = field(default_factory=dict[Group, Counter[str]])
    total: Counter[str] = field(default_factory=Counter[str])

    def mail(self, record: JsonObject) -> None:
        """Count a mailing that was delivered in the period."""
        self._count("mails", id_of(record, "user"), time_of(record, "deliveredAt"))

    def reply(self, record: JsonObject) -> None:
        """Count a mailing that was replied to in the period."""
        self._count("replies", id_of(record, "user"), time_of(record, "repliedAt"))

    def call(self, record: JsonObject) -> None:
        """Count a call that was logged in the period, and what came of it."""
        user, moment = id_of(record, "user"), time_of(record, "createdAt")
        self._count("calls", user, moment)
        if has(record, "answeredAt") or (text_of(record, "outcome") or "").casefold() in _ANSWERED:
            self._count("conversations", user, moment)
        tags = value_of(record, "tags")
        named = any(isinstance(each, str) and names_meeting(each) for each in (tags if is_array(tags) else ()))
        if named or id_of(record, "callDisposition") in self.meeting_dispositions:
            self._count("meetings", user, moment)

    def done(self, record: JsonObject) -> None:
        """Count a task that was completed in the period, for whoever did it."""
        completer = id_of(record, "completer")
        user = id_of(record, "owner") if completer is None else completer
        self._count("tasks_done", user, time_of(record, "stateChangedAt"))

    def due(self, record: JsonObject) -> None:
        """Count a task that was or is due in the period, for its owner."""
        user, moment = id_of(record, "owner"), time_of(record, "dueAt")
        self._count("due", user, moment)
        if moment is not None and moment < self.now and text_of(record, "state") != "complete":
            self._count("overdue", user, moment)

    def _count(self, measure: str, user: int | None, moment: datetime | None) -> None:
        if self.members is not None and user not in self.members:
            return
        group = user if self.period_of is None else self.period_of(moment) if moment else None
        self.groups.setdefault(group, Counter())[measure] += 1
        self.total[measure] += 1


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
