"""The names of the related records that groups stand for: asked for once, after the records were read."""

from collections.abc import Iterable, Sequence
from itertools import islice

from outreach_tools.catalog import resource_types
from outreach_tools.client import Request, Unread
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.figures.fields import Linked
from outreach_tools.engine.figures.grouping import Key
from outreach_tools.engine.matching import listed
from outreach_tools.engine.text import one_line
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import array_at, is_object

MOST_NAMED = 1_000
"""Records of one type whose names are asked for: a page of them."""


async def names_of(context: Context, keys: Iterable[Key], budget: Budget) -> tuple[dict[Key, str], tuple[str, ...]]:
    """Return the names of related records by their keys (type and id), and a note where some cannot be had.

    Of each type the first thousand are asked for, in one request. Records without a name keep their ids.
    """
    by_type: dict[str, list[int | str]] = {}
    for key in keys:
        if isinstance(key, Linked):
            by_type.setdefault(key.type, []).append(key.id)
    found: dict[Key, str] = {}
    unknown: list[str] = []
    nameless: list[str] = []
    for kind, ids in by_type.items():
        label = label_of(kind)
        if label is None:
            continue
        asked = list(islice(dict.fromkeys(ids), MOST_NAMED))
        read = await _read(context, kind, label, asked)
        budget.spent += 1
        if read is None:
            unknown.append(resource_types()[kind].path)
            continue
        found.update(read)
        if any(Linked(kind, each) not in read for each in asked):
            nameless.append(resource_types()[kind].path)
    notes = [f"names of {listed(unknown)} cannot be read: their ids are shown"] if unknown else []
    if nameless:
        notes.append(f"some {listed(nameless)} have no name that this user may see: their ids are shown")
    return found, tuple(notes)


async def _read(context: Context, kind: str, label: str, ids: Sequence[int | str]) -> dict[Key, str] | None:
    query = (
        (f"fields[{kind}]", label),
        ("filter[id]", ",".join(map(str, ids))),
        ("page[size]", str(MOST_NAMED)),
    )
    response = await context.attempt(Request("GET", f"/{resource_types()[kind].path}", query))
    if isinstance(response, Unread):
        return None
    return {
        Linked(kind, record["id"]): one_line(name)
        for record in array_at(response.body, "data")
        if is_object(record)
        and record.get("type") == kind
        and "id" in record
        and isinstance(name := value_of(record, label), str)
    }
