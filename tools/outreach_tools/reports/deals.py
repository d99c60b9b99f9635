"""The pipeline, and what holds it up: open opportunities by stage, owner or month, each currency by itself.

Amounts are decimals, to the cent; those of two currencies are never added.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.figures.exact import added, exact, in_cents, percent_of
from outreach_tools.reports.rows import has, id_of, text_of, time_of

FIELDS = ("name", "amount", "amountPrecise", "currencyType", "probability", "closeDate", "touchedAt", "createdAt",
          "nextStep", "trashedAt", "opportunityStage", "owner")  # fmt: skip
"""The parts of an opportunity that are read."""

STALLED_DAYS = 30
FEW_CONTACTS = 2
TROUBLES = ("slipped", "stalled", "no_next_step", "single_contact")
"""All that an opportunity may be stuck by."""


@dataclass(frozen=True, slots=True)
class Deal:
    """An open opportunity; `closes` is a day, and `touched` when anything happened about it last."""

    id: int
    name: str
    stage: int | None
    owner: int | None
    amount: Decimal | None
    currency: str
    probability: Decimal | None
    closes: date | None
    touched: datetime | None
    has_next_step: bool
    contacts: int

    @classmethod
    def of(cls, record: JsonObject, contacts: int) -> "Deal | None":
        """Read a record; None for one that is deleted."""
        number = id_of(record)
        if number is None or has(record, "trashedAt"):
            return None
        closes = time_of(record, "closeDate")
        precise = exact(value_of(record, "amountPrecise"))
        return cls(
            id=number,
            name=text_of(record, "name") or f"opportunity {number}",
            stage=id_of(record, "opportunityStage"),
            owner=id_of(record, "owner"),
            amount=exact(value_of(record, "amount")) if precise is None else precise,
            currency=text_of(record, "currencyType") or "",
            probability=exact(value_of(record, "probability")),
            closes=closes.date() if closes else None,  # it holds a day, as its midnight in UTC
            touched=time_of(record, "touchedAt") or time_of(record, "createdAt"),
            has_next_step=bool((text_of(record, "nextStep") or "").strip()),
            contacts=contacts,
        )

    @property
    def weighted(self) -> Decimal | None:
        """The amount times the probability, None without either."""
        if self.amount is None or self.probability is None:
            return None
        return percent_of(self.amount, self.probability)

    @property
    def month(self) -> str | None:
        """The month in which it is to close."""
        return self.closes.isoformat()[:7] if self.closes else None

    def troubles(self, now: datetime, today: date) -> tuple[str, ...]:
        """Return what it is stuck by, of `TROUBLES`."""
        is_stalled = self.touched is None or self.touched < now - timedelta(days=STALLED_DAYS)
        has_slipped = self.closes is not None and self.closes < today
        found = (has_slipped, is_stalled, not self.has_next_step, self.contacts < FEW_CONTACTS)
        return tuple(name for name, holds in zip(TROUBLES, found, strict=True) if holds)


Group: TypeAlias = tuple[int | str | None, str]
"""A stage, an owner or a month, and a currency."""

GROUPS: Mapping[str, Callable[[Deal], int | str | None]] = {
    "stage": lambda deal: deal.stage,
    "owner": lambda deal: deal.owner,
    "month": lambda deal: deal.month,
}
"""The groups of the pipeline."""


@dataclass(slots=True)
class Sum:
    """The opportunities of one group and one currency, added up."""

    count: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    troubles: Counter[str] = field(default_factory=Counter[str])
    idle: list[int] = field(default_factory=list[int])
    """The days for which nothing happened about each, where that is known."""

    def add(self, deal: Deal, troubles: Iterable[str], now: datetime) -> None:
        """Add an opportunity."""
        if deal.touched is not None:
            self.idle.append(max(0, (now - deal.touched).days))
        self.count += 1
        self.amount = added(self.amount, deal.amount or Decimal(0))
        self.weighted = added(self.weighted, deal.weighted or Decimal(0))
        self.troubles.update(troubles)

    def figures(self) -> dict[str, int | Decimal | None]:
        """Return the figures by their names in answers."""
        idle = int(median(self.idle)) if self.idle else None
        money = {"amount": in_cents(self.amount), "weighted": in_cents(self.weighted)}
        troubles = {name: self.troubles[name] for name in TROUBLES}
        return {"count": self.count, **money, **troubles, "median_idle_days": idle}


def sums(
    deals: Iterable[Deal], group_of: Callable[[Deal], int | str | None], now: datetime, today: date
) -> tuple[dict[Group, Sum], dict[str, Sum]]:
    """Add opportunities up by group and currency; return that, and the same by currency alone."""
    groups: dict[Group, Sum] = {}
    totals: dict[str, Sum] = {}
    for deal in deals:
        troubles = deal.troubles(now, today)
        groups.setdefault((group_of(deal), deal.currency), Sum()).add(deal, troubles, now)
        totals.setdefault(deal.currency, Sum()).add(deal, troubles, now)
    return groups, totals
