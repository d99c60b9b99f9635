"""People who replied and still wait: those whom nobody has mailed or called since.

Outreach notes on a prospect when somebody on this side reached out last (`touchedAt`), also by mail that was written
elsewhere and synchronised; mailings and calls since the reply say it, too. Who opted out, or was deleted, waits for
nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo

from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.included import Included
from outreach_tools.reports.rows import id_of, related, text_of, time_of
from outreach_tools.reports.sentiments import UNRATED

FIELDS = ("repliedAt", "user", "sequence", "sequenceState", "prospect.name", "prospect.touchedAt", "prospect.optedOut",
          "prospect.emailOptedOut")  # fmt: skip
"""The parts that are read of a mailing that was replied to, and of the person it went to."""

AGES = ((1, "0-1 days"), (3, "2-3 days"), (7, "4-7 days"), (14, "8-14 days"), (None, "15 days or more"))


@dataclass(frozen=True, slots=True)
class Reply:
    """The last reply of a person: to whose mail (`mailing`), in which sequence and which `enrolment`, what it said.

    It `waits` for an answer, or not.
    """

    prospect: int
    name: str
    replied: datetime
    user: int | None
    sequence: int | None
    enrolment: int | None
    mailing: int
    waits: bool
    sentiment: str = UNRATED

    def days(self, today: date, zone: tzinfo) -> int:
        """Return how many days ago it came, by the calendar of a zone."""
        return max(0, (today - self.replied.astimezone(zone).date()).days)


@dataclass(slots=True)
class Since:
    """The last time when each of some people was mailed or called."""

    last: dict[int, datetime] = field(default_factory=dict[int, datetime])

    def mailed(self, record: JsonObject) -> None:
        """Note a mailing that was delivered."""
        self._note(record, time_of(record, "deliveredAt"))

    def called(self, record: JsonObject) -> None:
        """Note a call."""
        self._note(record, time_of(record, "dialedAt") or time_of(record, "createdAt"))

    def still_waiting(self, reply: Reply) -> Reply:
        """Return a reply that waits no more where its person was mailed or called after it."""
        last = self.last.get(reply.prospect)
        return replace(reply, waits=False) if last is not None and last > reply.replied else reply

    def _note(self, record: JsonObject, moment: datetime | None) -> None:
        person = id_of(record, "prospect")
        if person is not None and moment is not None:
            self.last[person] = max(moment, self.last.get(person, moment))


def age_band(days: int) -> str:
    """Return the band of ages that some days are in."""
    return next(band for most, band in AGES if most is None or days <= most)


def reply_of(record: JsonObject, included: Included) -> Reply | None:
    """Read a mailing that was replied to; None where the person is gone."""
    person, replied, number = related(record, included, "prospect"), time_of(record, "repliedAt"), None
    if person is not None:
        number = id_of(person)
    if person is None or replied is None or number is None:
        return None
    touched = time_of(person, "touchedAt")
    opted_out = True in (value_of(person, "optedOut"), value_of(person, "emailOptedOut"))
    return Reply(
        prospect=number,
        name=text_of(person, "name") or f"prospect {number}",
        replied=replied,
        user=id_of(record, "user"),
        sequence=id_of(record, "sequence"),
        enrolment=id_of(record, "sequenceState"),
        mailing=id_of(record) or 0,
        waits=not opted_out and (touched is None or touched <= replied),
    )


def rated(replies: Iterable[Reply], sentiments: Mapping[int, str]) -> list[Reply]:
    """Return replies with what they said, by their enrolments' ids."""
    return [replace(each, sentiment=sentiments.get(each.enrolment or 0, UNRATED)) for each in replies]


def last_replies(replies: Iterable[Reply]) -> list[Reply]:
    """Return of each person the last reply."""
    found: dict[int, Reply] = {}
    for reply in replies:
        before = found.get(reply.prospect)
        if before is None or (reply.replied, reply.mailing) > (before.replied, before.mailing):
            found[reply.prospect] = reply
    return list(found.values())


def grouped(
    replies: Iterable[Reply], group_of: Callable[[Reply], int | str | None]
) -> Iterator[tuple[int | str | None, list[Reply]]]:
    """Yield the replies of each group."""
    groups: dict[int | str | None, list[Reply]] = {}
    for reply in replies:
        groups.setdefault(group_of(reply), []).append(reply)
    yield from groups.items()
