"""Money that is written: the two forms of an amount agree, a quantity stays within its potential."""

from decimal import ROUND_HALF_UP, Decimal

from outreach_sandbox import errors
from outreach_sandbox.changes import Change
from outreach_sandbox.session import Session

_WHOLE = Decimal(1)


def prepare_opportunity(_session: Session, change: Change) -> None:
    """Keep `amount` and `amountPrecise` together, whichever is written (that both name one amount is documented).

    That the whole amount is the precise one rounded is assumed, and so is that two which differ are refused.
    """
    amount, precise = (_asked(change, name) for name in ("amount", "amountPrecise"))
    if amount and not precise:
        whole = change.values["amount"]
        change.values["amountPrecise"] = None if whole is None else f"{whole}.00"
    elif precise and not amount:
        change.values["amount"] = _rounded(change.values["amountPrecise"])
    elif amount and change.values["amount"] != _rounded(change.values["amountPrecise"]):
        raise errors.validation("Amount must be amount precise, rounded.", "/data/attributes/amount")


def prepare_purchase(_session: Session, change: Change) -> None:
    """Refuse a contracted quantity above the potential (documented)."""
    total, potential = change.column("totalQuantity"), change.column("potentialQuantity")
    if total is not None and potential is not None and total > potential:
        detail = "Total quantity must be less than or equal to potential quantity."
        raise errors.validation(detail, "/data/attributes/totalQuantity")


def _asked(change: Change, name: str) -> bool:
    # A new opportunity that is given null is not told anything.
    return change.changes(name) and not (change.creating and change.values[name] is None)


def _rounded(precise: object) -> int | None:
    return None if precise is None else int(Decimal(str(precise)).quantize(_WHOLE, ROUND_HALF_UP))
