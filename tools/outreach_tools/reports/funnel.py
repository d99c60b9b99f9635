"""The fate of mail: how much was delivered, to how many people, and what those did, by group and in all.

Mail counts in the period in which it was delivered, whenever it was opened or answered, so that no share is above all
of it. Mail that bounced was not delivered: it counts when it did, and its share is of both.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.rates import percentage
from outreach_tools.reports.rows import has, id_of
from outreach_tools.reports.sentiments import NEGATIVE, NEUTRAL, POSITIVE, UNRATED

FIELDS = ("openedAt", "clickedAt", "repliedAt", "unsubscribedAt", "prospect", "sequence", "sequenceState",
          "sequenceStep", "template", "user")  # fmt: skip
"""The parts of a mailing that are read."""

Group: TypeAlias = tuple[int | None, ...]
"""The group of a mailing, as ids: of its sequence, its step, its step and template, or its user."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mailing that was delivered, and what was done with it."""

    prospect: int | None
    state: int | None
    sequence: int | None
    step: int | None
    template: int | None
    user: int | None
    opened: bool
    clicked: bool
    replied: bool
    opted_out: bool

    @classmethod
    def of(cls, record: JsonObject) -> "Mail":
        """Read a record."""
        return cls(
            prospect=id_of(record, "prospect"),
            state=id_of(record, "sequenceState"),
            sequence=id_of(record, "sequence"),
            step=id_of(record, "sequenceStep"),
            template=id_of(record, "template"),
            user=id_of(record, "user"),
            opened=has(record, "openedAt"),
            clicked=has(record, "clickedAt"),
            replied=has(record, "repliedAt"),
            opted_out=has(record, "unsubscribedAt"),
        )


GROUPS: Mapping[str, Callable[[Mail], Group]] = {
    "sequence": lambda mail: (mail.sequence,),
    "step": lambda mail: (mail.step,),
    "variant": lambda mail: (mail.step, mail.template),
    "owner": lambda mail: (mail.user,),
}
"""The groups of mail."""


@dataclass(slots=True)
class Funnel:
    """The mail of one group, counted; `sentiments` are those of enrolments by id, which may be read after the mail."""

    sentiments: Mapping[int, str]
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    opted_out: int = 0
    bounced: int = 0
    people: set[int] = field(default_factory=set[int])
    replies: Counter[int | None] = field(default_factory=Counter[int | None])

    def add(self, mail: Mail) -> None:
        """Count a mailing."""
        self.delivered += 1
        self.opened += mail.opened
        self.clicked += mail.clicked
        self.replied += mail.replied
        self.opted_out += mail.opted_out
        if mail.prospect is not None:
            self.people.add(mail.prospect)
        if mail.replied:
            self.replies[mail.state] += 1

    def figures(self) -> dict[str, int | float | None]:
        """Return the figures by their names in answers."""
        said = Counter[str]()
        for state, number in self.replies.items():
            said[UNRATED if state is None else self.sentiments.get(state, UNRATED)] += number
        return {
            "contacted": len(self.people),
            "delivered": self.delivered,
            "opened": self.opened,
            "clicked": self.clicked,
            "replied": self.replied,
            "positive": said[POSITIVE],
            "neutral": said[NEUTRAL],
            "negative": said[NEGATIVE],
            "unrated": said[UNRATED],
            "bounced": self.bounced,
            "opted_out": self.opted_out,
            "open_rate": percentage(self.opened, self.delivered),
            "click_rate": percentage(self.clicked, self.delivered),
            "reply_rate": percentage(self.replied, self.delivered),
            "positive_rate": percentage(said[POSITIVE], self.delivered),
            "opt_out_rate": percentage(self.opted_out, self.delivered),
            "bounce_rate": percentage(self.bounced, self.delivered + self.bounced),
        }


@dataclass(slots=True)
class Funnels:
    """The mail of all groups, and in all; `sentiments` are those of enrolments by id."""

    group_of: Callable[[Mail], Group]
    sentiments: Mapping[int, str]
    groups: dict[Group, Funnel] = field(default_factory=dict[Group, Funnel])
    total: Funnel = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no mail."""
        self.total = Funnel(self.sentiments)

    def deliver(self, record: JsonObject) -> None:
        """Count a mailing that was delivered."""
        mail = Mail.of(record)
        for funnel in (self._at(mail), self.total):
            funnel.add(mail)

    def bounce(self, record: JsonObject) -> None:
        """Count a mailing that bounced, unless it was delivered as well."""
        if not has(record, "deliveredAt"):
            for funnel in (self._at(Mail.of(record)), self.total):
                funnel.bounced += 1

    def _at(self, mail: Mail) -> Funnel:
        return self.groups.setdefault(self.group_of(mail), Funnel(self.sentiments))
