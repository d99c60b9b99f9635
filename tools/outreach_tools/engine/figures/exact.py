"""Numbers without loss: what Outreach gives as a decimal is reckoned with as one, and shown with all its digits."""

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

_NUMBER = re.compile(r"\s*-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)
_LONGEST = 60  # characters of a number in a text, and its places before the point and after it
_EXACT = Context(prec=3 * _LONGEST)  # digits: sums of any number of amounts stay what they are
_PLACES = Decimal("0.0001")  # of what is divided
_CENT = Decimal("0.01")


def exact(value: Any) -> Decimal | None:
    """Return the number that a value is, also as text; None for anything else, and for what nothing is measured by.

    A float is the decimal that JSON wrote, which is its shortest form.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return _within(Decimal(value))
    if isinstance(value, float):
        return _within(Decimal(repr(value)))
    if isinstance(value, str) and len(value) <= _LONGEST and _NUMBER.fullmatch(value):
        return _within(Decimal(value.strip()))
    return None


def _within(number: Decimal) -> Decimal | None:
    """Return a number that can be added to others without loss, None for one that is far larger or smaller."""
    exponent = number.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -_LONGEST and number.adjusted() < _LONGEST
    return number if fits else None


def added(one: Decimal, other: Decimal) -> Decimal:
    """Return the sum of two numbers, to the last digit."""
    return _EXACT.add(one, other)


def percent_of(number: Decimal, percent: Decimal) -> Decimal:
    """Return so many percent of a number, to the last digit."""
    return _EXACT.multiply(number, percent).scaleb(-2, _EXACT)


def in_cents(number: Decimal) -> Decimal:
    """Return an amount rounded to the cent, halves away from zero."""
    return number.quantize(_CENT, ROUND_HALF_UP, _EXACT)


def divided(one: Decimal, by: int) -> Decimal:
    """Return a number divided by another, to four places."""
    return _EXACT.divide(one, Decimal(by)).quantize(_PLACES, ROUND_HALF_EVEN, _EXACT)


def shown(number: Decimal | None) -> int | float | str | None:
    """Return a number as JSON: whole where it is, as text where a float would lose digits of it."""
    if number is None:
        return None
    if number == number.to_integral_value():
        return int(number)
    plain = float(number)
    return plain if Decimal(repr(plain)) == number else f"{number:f}"
