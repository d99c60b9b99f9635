"""Ids as the API shows them: integers, and UUIDs for the few types whose ids are those in the official contract.

The store numbers the records of every type. A UUID is made of the number and can be turned back into it, so the same
world has the same ids.
"""

from hashlib import blake2b
from uuid import UUID

from outreach_sandbox.values import digits
from outreach_tools.catalog import ResourceType

_SPAN = 1 << 62  # what a UUID's second half has room for beside its variant
_FACTOR = 0x1E3779B97F4A7C15  # odd, so that multiplying by it can be undone; neighbours come far apart
_VARIANT = 1 << 63


def shown_id(resource: ResourceType, number: int) -> int | str:
    """Return the id that answers give a record of the type."""
    if not resource.uuids:
        return number
    return str(UUID(int=(_first_half(resource) << 64) | _VARIANT | number * _FACTOR % _SPAN))


def number_of(resource: ResourceType, text: str) -> int | None:
    """Return the number of the record that an id names, None where it can name none of the type."""
    if not resource.uuids:
        return digits(text)
    try:
        value = UUID(text).int
    except ValueError:
        return None
    if value >> 64 != _first_half(resource) or not value & _VARIANT:
        return None
    return (value & (_SPAN - 1)) * pow(_FACTOR, -1, _SPAN) % _SPAN


def _first_half(resource: ResourceType) -> int:
    digest = int.from_bytes(blake2b(resource.type.encode(), digest_size=8).digest(), "big")
    return digest & ~0xF000 | 0x4000  # version 4
