"""Troubles of opportunities: past their close date, without a next step or an amount; other currencies.

Organisation 1 has none of these, all others do. Nothing is left to chance, so that all other records stay as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from outreach_sandbox.organisation.settings import OPPORTUNITY_STAGES
from outreach_sandbox.organisation.time import midnight, stamp
from outreach_sandbox.records import Identifier, Record

_OPEN = frozenset(number for name, (number, _) in OPPORTUNITY_STAGES.items() if not name.startswith("Closed"))
_CURRENCIES = ("USD", "EUR", "USD", "GBP", "USD")


def with_stuck_deals(deals: Iterable[Record], today: date) -> Iterator[Record]:
    """Yield opportunities and roles, in every few opportunities something that holds them up."""
    index = 0
    for record in deals:
        if record.type != "opportunity":
            yield record
            continue
        stage = record.relationships["opportunityStage"]
        is_open = isinstance(stage, Identifier) and stage.id in _OPEN
        yield replace(record, attributes={**record.attributes, **_changes(record, index, today, is_open=is_open)})
        index += 1


def _changes(deal: Record, index: int, today: date, *, is_open: bool) -> dict[str, Any]:
    amount = deal.attributes["amount"]
    currency = _CURRENCIES[index % len(_CURRENCIES)]
    changes: dict[str, Any] = {"currencyType": currency}
    if currency == "GBP":
        changes["amountPrecise"] = f"{amount}.49"
    if not is_open:
        return changes
    if index % 11 == 0:
        changes |= {"amount": None, "amountPrecise": None}
    if index % 4 == 1:
        changes["nextStep"] = None
    if index % 3 == 0:
        made = midnight(datetime.fromisoformat(deal.attributes["createdAt"]).date())
        missed = midnight(today) - timedelta(days=2 + index % 9)
        changes["closeDate"] = stamp(max(made, missed))
    return changes
