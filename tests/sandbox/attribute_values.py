"""Values for attributes: random ones that fit, and every kind of wrong one."""

from typing import Any

from hypothesis import strategies as st

from outreach_sandbox.organisation.custom_fields import CUSTOM_FIELDS
from outreach_sandbox.rules import CHOICES, COUNTED, DECIMALS, QUANTITIES, RANGES, WEB_ADDRESSES
from outreach_tools.catalog import Attribute

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
_CUSTOM: dict[str, tuple[st.SearchStrategy[str], tuple[str, ...]]] = {
    # By kind: what fits, and what does not.
    "boolean": (st.sampled_from(("true", "false")), ("yes", "1")),
    "currency": (st.integers(-999, 999).map(str), ("much", "12 USD")),
    "date": (st.dates().map(str), ("soon", "1.1.2026")),
    "date_time": (st.dates().map(lambda day: f"{day}T10:00:00Z"), ("soon",)),
    "numerical": (st.integers(-999, 999).map(str), ("much", "1e3")),
    "percentage": (st.integers(0, 100).map(str), ("101", "-1", "half")),
    "phone_number": (st.integers(100, 999).map(lambda number: f"+1 416 555 0{number}"), ("call me", "")),
    "string": (TEXT, ()),
    "url": (st.integers(0, 99).map(lambda number: f"https://x.example/{number}"), ("x.example", "ftp://x.example")),
}


def fitting(owner: str, attribute: Attribute) -> st.SearchStrategy[Any]:
    """Return values that an attribute may hold."""
    key = (owner, attribute.name)
    if key in CHOICES:
        return st.sampled_from([each for each in CHOICES[key] if "nswered" not in str(each)])
    if key in DECIMALS:
        return st.integers(*RANGES[owner, DECIMALS[key]]).map(lambda number: f"{number}.{number % 50:02}")
    if key in WEB_ADDRESSES:
        return st.integers(0, 99).map(lambda number: f"https://x.example/{number}")
    if attribute.name == "color" and attribute.type == "string":
        return st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
    if attribute.name == "currencyType":
        return st.sampled_from(("USD", "EUR", "JPY"))
    field = CUSTOM_FIELDS.get(owner, {}).get(attribute.name)
    if field is not None:
        return st.sampled_from(field.definition) if isinstance(field.definition, tuple) else _CUSTOM[field.kind][0]
    if attribute.format == "date-time" and attribute.type == "string":
        return st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
    if attribute.format == "date":
        return st.dates().map(str)
    if attribute.format == "email":
        return st.integers(0, 99).map(lambda number: f"a{number}@x.example")
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXT.map(lambda text: text[: attribute.max_length or 30].strip() or "x"),
        "integer": st.integers(*RANGES.get(key, COUNTED)),
        "number": st.integers(0, 1000)
        if key in (*QUANTITIES, *RANGES)
        else st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-1000, 1000),
        "boolean": st.booleans(),
        "object": st.dictionaries(TEXT, JSON_VALUES, max_size=3),
    }
    if key in RANGES:
        strategies["number"] = st.integers(*RANGES[key])
    if attribute.type == "array":
        items = strategies[attribute.items] if attribute.items else JSON_VALUES
        return st.lists(items, max_size=3)
    return strategies[attribute.type]


def wrong(owner: str, attribute: Attribute) -> list[Any]:
    """Return a value of every kind that an attribute may not hold."""
    key = (owner, attribute.name)
    kinds: dict[str, list[Any]] = {
        "string": [5, True, ["x"], {"x": 1}],
        "integer": ["5", True, 1.5, [1], {"x": 1}, 2**63],
        "number": ["5", True, [1], {"x": 1}],
        "boolean": [1, 0, "true", [True], {"x": True}],
        "array": ["x", 5, True, {"x": 1}],
        "object": ["x", 5, True, [1]],
    }
    found = list(kinds[attribute.type])
    if attribute.type == "array" and attribute.items is not None:
        found += [[each] for each in kinds[attribute.items]]
    if attribute.type == "array" and attribute.format == "email":
        found.append(["nonsense"])
    if attribute.type == "string":
        found += _wrong_texts(owner, attribute)
    if attribute.type == "integer" or key in RANGES:
        low, high = RANGES.get(key, COUNTED)
        found += [low - 1, high + 1, -(2**62)]
    if key in QUANTITIES:
        found += [-1, -0.5]
    if key in CHOICES:
        found += [99, -5] if attribute.type == "integer" else ["no such word", ""]
    return found


def _wrong_texts(owner: str, attribute: Attribute) -> list[Any]:
    key = (owner, attribute.name)
    found: list[Any] = []
    if attribute.format in {"date", "date-time"}:
        found += ["soon", "2026-02-30", ""]
    if attribute.format == "email":
        found += ["nonsense", "a@b"]
    if key in DECIMALS:
        high = RANGES[owner, DECIMALS[key]][1]
        found += ["-5", "much", "1,5", "1e3", "1_0", "\u0661\u0662", f"{high + 1}", f"{high}.5", "9" * 15]
    if key in WEB_ADDRESSES:
        found += ["x.example", "ftp://x.example/y", "https://"]
    if attribute.name == "color":
        found += ["red", "#12345"]
    if attribute.name == "currencyType":
        found += ["dollars", "usd"]
    field = CUSTOM_FIELDS.get(owner, {}).get(attribute.name)
    if field is not None:
        found += ["no such word"] if isinstance(field.definition, tuple) else _CUSTOM[field.kind][1]
    return found


def agreeing(owner: str, attributes: dict[str, Any], *, creating: bool) -> dict[str, Any]:
    """Return attributes that do not contradict each other, as few changed as need be."""
    found = dict(attributes)
    match owner:
        case "opportunity" if "amountPrecise" in found:
            found.pop("amount", None)
        case "purchase" if {"totalQuantity", "potentialQuantity"} <= found.keys():
            found["totalQuantity"] = min(found["totalQuantity"], found["potentialQuantity"])
        case "call":
            names = [name for name in ("dialedAt", "answeredAt", "completedAt") if name in found]
            found.update(zip(names, sorted(found[name] for name in names), strict=True))
        case "user" if not creating:
            found.pop("email", None)
        case "prospect":
            for group in (("optedOut", "emailOptedOut", "emailsOptStatus"), ("callOptedOut", "callsOptStatus")):
                for name in [name for name in group if name in found][1:]:
                    del found[name]
        case _:
            pass
    return found
