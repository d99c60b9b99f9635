"""Says which tools find the ids that a refusal of Outreach is about: those that it could not find, and those it lacks.

Outreach names them by a pointer (`/data/relationships/owner`) or in words alone ("Call disposition could not be
found."); what is not known as a relationship, an id or a type of record is left alone.
"""

import re
from collections.abc import Sequence

from outreach_mcp.api.errors.tree import ErrorDetail
from outreach_tools.catalog import ResourceType, resource_type_of_path, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.engine.finders import finder, kinds_of_id
from outreach_tools.json_values import member
from outreach_tools.toolsets import listers

_POINTER = re.compile(r"(?:relationships/|attributes/|actionParams\[)(\w+)", re.ASCII)
# The first two are documented; the others are what Rails says of the same.
_NOT_FOUND = re.compile(r"\s(?:could not be found|was not found|must exist|does not exist)\b", re.IGNORECASE)
_BLANK = re.compile(r"\s(?:can['\u2019]t be blank|cannot be blank|is required)\b", re.IGNORECASE)


def says_not_found(detail: ErrorDetail) -> bool:
    """Return whether a detail is of an id under which there is nothing."""
    return _words_before(_NOT_FOUND, detail.text) is not None


def finders_of_named(path: str, body: JsonObject | None, details: Sequence[ErrorDetail]) -> dict[str, str]:
    """Return what finds each id that the details name, by its name: `{"owner": "list_users"}`."""
    resource = resource_type_of_path(path)
    if resource is None:
        return {}
    found: dict[str, str] = {}
    for detail in details:
        words = _words_before(_NOT_FOUND, detail.text)
        if words is None:
            words = _words_before(_BLANK, detail.text)
        if words is None:
            continue
        pointer = _POINTER.search(detail.pointer)
        for name in (pointer[1] if pointer else "", _camel(words)):
            if name and (tool := finder(_kinds(resource, name, body), listers())):
                found[name] = tool
                break
    return found


def _words_before(said: re.Pattern[str], text: str) -> str | None:
    """Return what stands on the first line of a text before something is said, None where it is not said there."""
    found = said.search(text)
    words = text[: found.start()].rstrip() if found else "\n"
    return None if "\n" in words else words


def _kinds(resource: ResourceType, name: str, body: JsonObject | None) -> tuple[str, ...]:
    """Return the types that a name stands for: of the linkage that was sent where a relationship takes several."""
    relationship = resource.relationships.get(name)
    if relationship is not None:
        sent = member(body, "data", "relationships", name, "data", "type")
        return (sent,) if sent in relationship.types else relationship.types
    if name in resource_types():
        return () if name in resource.attributes else (name,)
    return kinds_of_id(resource.type, name.removesuffix("s") if name.endswith("Ids") else name)


def _camel(words: str) -> str:
    """Write words as a member: `Call disposition` is `callDisposition`."""
    first, *rest = words.split() or [""]
    return first[:1].lower() + first[1:] + "".join(each.capitalize() for each in rest)
