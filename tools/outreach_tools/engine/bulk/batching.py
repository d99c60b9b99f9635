"""The bulk action of Outreach that does what a change does to each of many records, where there is one.

Each takes ids and waits to be confirmed with their number (bulk API documentation). A change that
one of them does not do to the letter is made record by record.
"""

from collections.abc import Mapping
from types import MappingProxyType

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.bulk.plan import Fit
from outreach_tools.json_values import is_object

AT_ONCE = 500
"""Records in one bulk action: what changes while it is begun is few, and it can be stopped after each."""

_NAMES: Mapping[str, str] = MappingProxyType({"prospect": "prospects", "account": "accounts"})
_LINKS: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("prospect", "owner"): ("prospectsAssignOwner", "ownerId"),
        ("account", "owner"): ("accountsAssignOwner", "ownerId"),
        ("prospect", "account"): ("prospectsAssignAccount", "accountId"),
    }
)


def fit_of_update(kind: str, after: JsonObject) -> Fit | None:
    """Return the bulk action that sets these attributes and relationships of a record, None where there is none."""
    if kind not in _NAMES or not after or any(value is None for value in after.values()):
        return None
    if len(after) == 1:
        name, value = next(iter(after.items()))
        if (kind, name) in _LINKS and is_object(value):
            action, member = _LINKS[kind, name]
            return Fit(action, {member: int(value["id"])})
    attributes = resource_type(kind).attributes
    # One value each, as the contract draws them; of lists it says nothing.
    if all(name in attributes and isinstance(value, str | int | float) for name, value in after.items()):
        return Fit(f"{_NAMES[kind]}BulkModify", dict(after))
    return None


def fit_of_tags(kind: str, added: list[str], removed: list[str]) -> Fit | None:
    """Return the bulk action that adds tags, or takes them away; none does both."""
    if kind not in _NAMES or bool(added) == bool(removed):
        return None
    # One of them is spelled in the singular (official contract).
    adding = "accountAddTags" if kind == "account" else "prospectsAddTags"
    return Fit(adding, {"tags": added}) if added else Fit(f"{_NAMES[kind]}RemoveTags", {"tags": removed})


def fit_of_delete(kind: str) -> Fit | None:
    """Return the bulk action that deletes records of a type, None where there is none."""
    return Fit(f"{_NAMES[kind]}DestroyAll", {}) if kind in _NAMES else None


def fit_of_enrolment(sequence: int, mailbox: int) -> Fit:
    """Return the bulk action that puts prospects into a sequence, which has to be active."""
    return Fit("prospectsAddToSequence", {"sequenceId": sequence, "mailboxId": mailbox})
