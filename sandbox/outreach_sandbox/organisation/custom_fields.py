"""The meanings of the demo organisations' custom fields, as `/types` gives them (documented form).

The first organisation has a few, with labels that mean one thing each, so that whoever tries the sandbox first may use
them; all others have more: of every kind, one that is required, labels that two fields or a field of Outreach's share.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from outreach_sandbox.organisation.accounts import TOOLS
from outreach_sandbox.organisation.namesakes import WITHOUT
from outreach_sandbox.records import Record


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field: its kind of validation, its label, and its options or the currency where the kind has them."""

    kind: str
    label: str
    definition: tuple[str, ...] | str | None = None
    required: bool = False


BUYING_ROLES = ("Champion", "Decision maker", "Influencer", "Blocker")

CUSTOM_FIELDS: Mapping[str, Mapping[str, CustomField]] = {
    "account": {
        "custom1": CustomField("numerical", "Field technicians"),
        "custom2": CustomField("inclusion", "Current scheduling tool", (*TOOLS, "Fieldlight Dispatch")),
        "custom3": CustomField("date", "Contract with current vendor ends"),
    },
    "opportunity": {
        "custom1": CustomField("currency", "Implementation fee", "USD"),
        "custom2": CustomField("boolean", "Security review done"),
    },
    "opportunityLineItem": {},
    "opportunityProspectRole": {},
    "product": {"custom1": CustomField("url", "Data sheet")},
    "prospect": {
        "custom1": CustomField("string", "Assistant"),
        "custom2": CustomField("inclusion", "Buying role", BUYING_ROLES),
        "custom3": CustomField("phone_number", "Assistant's phone"),
    },
    "purchase": {},
}
"""The custom fields of the first organisation by type and attribute; the types are those that may have them
(documented)."""

_KINDS = (
    "boolean", "currency", "date", "date_time", "inclusion", "multi_inclusion", "numerical", "percentage",
    "phone_number", "string", "url",
)  # fmt: skip
_FIRST_OF_EACH = 20
_LABELS = {
    "boolean": "Reference customer?", "currency": "Budget", "date": "Renewal date", "date_time": "Last audit",
    "inclusion": "Tier", "multi_inclusion": "Regions served", "numerical": "Number of sites",
    "percentage": "Share of wallet", "phone_number": "Night line", "string": "Nickname", "url": "Intranet page",
}  # fmt: skip
_DEFINITIONS: Mapping[str, tuple[str, ...] | str] = {
    "currency": "EUR",
    "inclusion": ("A", "A+", "B, minor", "Key account"),
    "multi_inclusion": ("Île-de-France", "Nordics", "South & East", "U.K."),
}
REGIONS = ("custom11", "custom12")
"""Two fields of accounts that share a label."""

REQUIRED = "custom11"
"""The field that an opportunity must have, outside the first organisation."""

DESKS = ("Standard", "Custom terms", "Escalated")


def custom_fields_of(number: int) -> Mapping[str, Mapping[str, CustomField]]:
    """Return the custom fields of an organisation, by type and attribute."""
    if number == WITHOUT:
        return CUSTOM_FIELDS
    more: Mapping[str, Mapping[str, CustomField]] = {
        "account": {
            "custom10": CustomField("string", "Industry"),
            **{key: CustomField("string", "Region") for key in REGIONS},
        },
        "opportunity": {REQUIRED: CustomField("inclusion", "Deal desk", DESKS, required=True)},
        "prospect": {"custom10": CustomField("string", "Job title"), "custom11": CustomField("string", "Title")},
    }
    return {
        name: {**fields, **more.get(name, {}), **(_of_every_kind() if fields else {})}
        for name, fields in {**CUSTOM_FIELDS, "purchase": {"custom1": CustomField("string", "Order number")}}.items()
    }


def with_required(number: int, records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records, with a value in what their organisation requires."""
    for each in records:
        asked = number != WITHOUT and each.type == "opportunity"
        desk = DESKS[each.id % len(DESKS)]
        yield replace(each, attributes={**each.attributes, REQUIRED: desk}) if asked else each


def _of_every_kind() -> dict[str, CustomField]:
    return {
        f"custom{place}": CustomField(kind, _LABELS[kind], _DEFINITIONS.get(kind))
        for place, kind in enumerate(_KINDS, _FIRST_OF_EACH)
    }
