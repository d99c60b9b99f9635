"""Numbers judged by their value: `456.0`, `4.56e2` and `"456"` are the integer 456, and 456.5 is not one."""

import math
import re
from decimal import Decimal
from typing import Any

from outreach_tools.engine.matching import shorten
from outreach_tools.json_values import is_array, is_object

GREATEST = 2**63 - 1
"""The greatest integer that Outreach can hold: 64 bits."""

_EXACT = 2**53 - 1  # up to which a float holds every whole number; beyond, another one may have been meant
# As JSON writes a number, with a plus as well; an exponent or a text of more digits is none that Outreach can hold.
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MEANT = re.compile(r"[+-]?\d[\d_.,\s]*(?:[eE][+-]?\d+)?|0[xXoObB]\w+")
_LONGEST = 400  # characters: about the digits of the greatest float


def whole(value: object) -> int | None:
    """Return the integer that a value is, also as a decimal number or as text; None for anything else."""
    found = _exact(value)
    if found is None or not -GREATEST <= found <= GREATEST or found != int(found):
        return None
    return None if isinstance(value, float) and abs(value) > _EXACT else int(found)


def number(value: object) -> int | float | None:
    """Return the finite number that a value is, an integer where it is whole; None for anything else."""
    integer, found = whole(value), _exact(value)
    if integer is not None or found is None:
        return integer
    plain = float(found)
    if not math.isfinite(plain):
        return None
    return value if isinstance(value, int) else plain


def is_meant_as_number(text: str) -> bool:
    """Return whether a text is a number, or would be one if Outreach could hold it: `456.5`, `1e400`, `4_56`, `0x1`."""
    return _MEANT.fullmatch(text.strip().strip("[]").strip()) is not None


def shown(value: object) -> str:
    """Show a value that is not taken as an integer, and why where that is not plain to see."""
    found = _exact(value)
    if found is None or -_EXACT <= found <= _EXACT:
        return shorten(value)
    if not -GREATEST <= found <= GREATEST:
        return f"{shorten(value)}, which is too large"
    return f"{shorten(value)}, which is not exact: write all its digits" if isinstance(value, float) else shorten(value)


def is_finite(value: Any) -> bool:
    """Return whether JSON can hold all numbers in a value."""
    rest = [value]
    while rest:
        each = rest.pop()
        if is_object(each):
            rest.extend(each.values())
        elif is_array(each):
            rest.extend(each)
        elif isinstance(each, float) and not math.isfinite(each):
            return False
    return True


def _exact(value: object) -> Decimal | None:
    """Return a number, or a text that is one, without loss; None for anything else and for what has no size."""
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if len(text) <= _LONGEST and _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return None if isinstance(value, float) and math.isnan(value) else Decimal(value)
