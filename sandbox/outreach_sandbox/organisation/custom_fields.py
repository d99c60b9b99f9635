"""The meanings of the demo organisation's custom fields, as `/types` gives them (documented form)."""

from collections.abc import Mapping
from dataclasses import dataclass

from outreach_sandbox.organisation.accounts import TOOLS


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
"""The custom fields by type and attribute; the types are those that may have them (documented)."""
