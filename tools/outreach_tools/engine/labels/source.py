"""Reads the custom fields of all types, once for several calls: `GET /types` tells of them.

That they may not be read is kept as well. A fault of Outreach's that passes is not: the next call asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from outreach_tools.client import Request, Unread
from outreach_tools.engine.labels.fields import CustomFields, fields_in, has_labels
from outreach_tools.engine.naming.kept import CUSTOM_FIELDS, Held, Kept, custom_fields_of
from outreach_tools.engine.tool import Attempt
from outreach_tools.json_values import is_array, is_object

_STRANGE = Unread("an answer that cannot be read", passing=True)


@dataclass(frozen=True, slots=True)
class Source:
    """The custom fields by type, as far as a tool may be told of them; `unread` where none could be read."""

    types: Mapping[str, CustomFields] = field(default_factory=dict[str, CustomFields])
    unread: Unread | None = None


async def read_fields(kept: Kept, attempt: Attempt, own: str, *, anew: bool = False) -> Held[Source]:
    """Return the custom fields of all types; what is kept of them, unless they are wanted `anew`.

    A tool may be told of those of its `own` type where others are not: where another tool read what is kept, and that
    type is not in it, it is read once more.
    """
    ours = False

    async def read() -> Source:
        nonlocal ours
        ours = True
        answer = await attempt(Request("GET", "/types"))
        if isinstance(answer, Unread):
            return Source(unread=answer)
        if not is_object(answer.body) or not is_array(answer.body.get("data")):
            return Source(unread=_STRANGE)
        return Source(fields_in(answer.body))

    held = await kept.get(CUSTOM_FIELDS, read, anew=anew, lasting=_is_lasting)
    is_known = held.value.unread is not None or own in held.value.types or not has_labels(own)
    return held if ours or is_known else await kept.get(custom_fields_of(own), read, anew=anew, lasting=_is_lasting)


def _is_lasting(source: Source) -> bool:
    return source.unread is None or not source.unread.passing
