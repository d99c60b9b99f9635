"""Says whether an attribute may hold a value: kind, words, range, form, and what /types says of custom fields.

It judges a value by itself, so that every route and the demo organisation are held to the same rules. Wording follows
the documented "can't be blank" and "is not included in the list".
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from outreach_sandbox.organisation.custom_fields import CustomField
from outreach_sandbox.rules import CHOICES, COUNTED, DECIMALS, QUANTITIES, RANGES, WEB_ADDRESSES
from outreach_sandbox.values import LARGEST_INTEGER, parsed_date, parsed_moment, stored
from outreach_tools.catalog import Attribute
from outreach_tools.json_values import as_array

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-/]*( ?(x|ext\.?) ?[0-9]+)?", re.IGNORECASE)
_HALF = Decimal("0.5")
_NOT_LISTED = "is not included in the list."


def value_problem(type_name: str, attribute: Attribute, value: Any, custom_fields: Mapping[str, CustomField]) -> str:
    """Return what is wrong with a value that is not null, or nothing; `custom_fields` are the type's."""
    problem = kind_problem(attribute, value)
    if problem:
        return problem
    key = (type_name, attribute.name)
    if key in CHOICES:
        return "" if value in CHOICES[key] else _NOT_LISTED
    if key in DECIMALS:
        return _decimal_problem(type_name, DECIMALS[key], value)
    if key in WEB_ADDRESSES and not _is_web_address(value):
        return "must be an HTTP or HTTPS address."
    if attribute.name == "color" and attribute.type == "string" and not _COLOR.fullmatch(value):
        return "must be a color such as '#5951ff'."  # documented for stages, assumed for the others
    if attribute.name == "currencyType" and not _CURRENCY.fullmatch(value):
        return "must be an ISO code such as 'USD'."
    field = custom_fields.get(attribute.name)
    if field is not None:
        return _custom_problem(field, str(value))
    return _range_problem(key, attribute, value)


def kind_problem(attribute: Attribute, value: Any) -> str:
    """Return what is wrong with the kind of a value that is not null, or nothing."""
    if attribute.type == "array":
        members = as_array(value)
        if members is None:
            return "must be an array."
        member = Attribute(name="", type=attribute.items or "object", format=attribute.format)
        wrong = attribute.items is not None and any(kind_problem(member, each) for each in members)
        return "has a member of the wrong kind." if wrong else ""
    checks = {
        "string": isinstance(value, str),
        "integer": isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER,
        "number": isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value),
        "boolean": isinstance(value, bool),
        "object": isinstance(value, dict),
    }
    if not checks[attribute.type]:
        return f"must be {'an' if attribute.type[0] in 'aio' else 'a'} {attribute.type}."
    if attribute.format in {"date", "date-time"}:
        try:
            stored(attribute, value)
        except ValueError:
            return f"must be a {attribute.format}."
    if attribute.format == "email" and not _EMAIL.fullmatch(str(value)):
        return "is invalid."
    return ""


def is_too_long(attribute: Attribute, value: Any) -> bool:
    """Return whether a text, or a member of a list, is longer than its column."""
    if attribute.max_length is None or attribute.type not in {"string", "array"}:
        return False
    texts = as_array(value) or [value]
    return any(isinstance(text, str) and len(text) > attribute.max_length for text in texts)


def _range_problem(key: tuple[str, str], attribute: Attribute, value: Any) -> str:
    if key in QUANTITIES and value < 0:
        return "must be greater than or equal to 0."
    if key not in RANGES and attribute.type != "integer":
        return ""
    low, high = RANGES.get(key, COUNTED)
    return "" if low <= value <= high else f"must be between {low} and {high}."


def _decimal_problem(type_name: str, whole: str, text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        return "must be a decimal number that is not negative."
    low, high = RANGES.get((type_name, whole), COUNTED)
    return "" if Decimal(text) < high + _HALF else f"must be between {low} and {high}."


def _custom_problem(field: CustomField, text: str) -> str:
    """Return what is wrong with a custom field's text; the kinds are documented, how each is written is assumed."""
    options = field.definition if isinstance(field.definition, tuple) else None
    if field.kind == "inclusion":
        return _NOT_LISTED if options is not None and text not in options else ""
    if field.kind == "multi_inclusion":
        chosen = [each.strip() for each in text.split(";")]
        return _NOT_LISTED if options is not None and not set(chosen) <= set(options) else ""
    passes, demand = _CUSTOM_KINDS.get(field.kind, (_is_anything, ""))
    return "" if passes(text) else demand


def _is_anything(_: str) -> bool:
    return True


def _is_percentage(text: str) -> bool:
    return bool(_DECIMAL.fullmatch(text)) and float(text) <= 100


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.netloc)


_CUSTOM_KINDS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "boolean": (lambda text: text.lower() in {"true", "false"}, "must be true or false."),
    "currency": (lambda text: bool(_NUMBER.fullmatch(text)), "must be a number."),
    "date": (lambda text: parsed_date(text) is not None, "must be a date."),
    "date_time": (lambda text: parsed_moment(text) is not None, "must be a date-time."),
    "numerical": (lambda text: bool(_NUMBER.fullmatch(text)), "must be a number."),
    "percentage": (_is_percentage, "must be between 0 and 100."),
    "phone_number": (lambda text: bool(_PHONE.fullmatch(text)), "must be a phone number."),
    "url": (_is_web_address, "must be an HTTP or HTTPS address."),
}


def _is_finite(value: float) -> bool:
    return abs(value) <= LARGEST_INTEGER if isinstance(value, int) else isfinite(value)
