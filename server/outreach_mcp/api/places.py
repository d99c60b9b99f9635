"""The paths of Outreach's contract: where each leads. What is not described here might mean what nobody judged.

They are the contract's own (official OpenAPI and hyper-schema), with custom objects in their general form.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal, TypeAlias

from outreach_tools.catalog import ResourceType, resource_types

Kind: TypeAlias = Literal["collection", "record", "action", "collection action", "special", "unknown"]

SPECIAL: Final = frozenset({"/", "/types", "/schema.json", "/schema/openapi.json"})
"""The paths of the contract that lead to no records."""

_SPECIAL_WORDS = frozenset({"", "types", "schema"})


@dataclass(frozen=True, slots=True)
class Place:
    """The place that a path of the grammar leads to: a type's records, one record, an action, or something else.

    Of an `unknown` place only the form is known: it may be a custom object's.
    """

    kind: Kind
    resource: ResourceType | None = None
    record_id: str = ""
    action: str = ""


_ID = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
"""An id is a 64-bit number in its own spelling: `007` might be 7 to Outreach. Of longer ones there is no record."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_DEEPEST = 5  # `/customObjects/<name>/<id>/actions/<name>`: no path of the documentation has more parts


@lru_cache(maxsize=1024)
def place_of(path: str) -> Place | None:
    """Return the place that a path below the API's root leads to, None where it is not in the grammar."""
    if path in SPECIAL:
        return Place("special")
    nothing, first, *rest = path.split("/") if "/" in path else ("", "")
    if nothing or first in _SPECIAL_WORDS:
        return None
    resource = by_plural().get(first)
    if resource is None:
        segments = [first, *rest]
        strange = len(segments) > _DEEPEST or not all(map(_SEGMENT.fullmatch, segments)) or not _WORD.fullmatch(first)
        # What Outreach makes of a known plural in another spelling is unknown, so it is not sent.
        return None if strange or folded(first) in by_folded() else Place("unknown")
    match rest:
        case []:
            return Place("collection", resource)
        case [record_id] if _is_id(resource, record_id):
            return Place("record", resource, record_id)
        case ["actions", action] if _is_action(resource, action):
            return Place("collection action", resource, action=action)
        case [record_id, "actions", action] if _is_id(resource, record_id) and _is_action(resource, action):
            return Place("action", resource, record_id, action)
        case _:
            return None


def _is_id(resource: ResourceType, text: str) -> bool:
    return bool(_ID.fullmatch(text) or (resource.uuids and _UUID.fullmatch(text)))


def _is_action(resource: ResourceType, text: str) -> bool:
    """Return whether a word is an action's name, and not that of a known one in another spelling."""
    if text in resource.actions:
        return True
    return bool(_WORD.fullmatch(text)) and folded(text) not in map(folded, resource.actions)


def folded(segment: str) -> str:
    """Return a segment without what Rails and others may read over: case, a format suffix, dashes."""
    return segment.partition(".")[0].casefold().replace("_", "").replace("-", "")


def _spellings() -> Iterator[tuple[str, str]]:
    for resource in resource_types().values():
        yield resource.path.casefold(), resource.path
        yield resource.type.casefold(), resource.path


@cache
def by_folded() -> dict[str, str]:
    """Return the plurals by each folded spelling of them and of their types."""
    return dict(_spellings())


@cache
def by_plural() -> dict[str, ResourceType]:
    """Return the types of record by the first segment of their paths."""
    return {resource.path: resource for resource in resource_types().values()}
