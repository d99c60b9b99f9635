"""Finds records that may be the same: reads a whole selection, groups it, and shows what differs in each group."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.arguments import DuplicatesArguments, read
from outreach_tools.engine.cursor import FIRST, Position, decode, encode, fingerprint
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.duplicates.grouping import Groups
from outreach_tools.engine.duplicates.keys import READ, keys_of
from outreach_tools.engine.duplicates.showing import AT_ONCE, Showing
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.budget import Budget, Coverage
from outreach_tools.engine.figures.reading import Reading
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.fitting import MARGIN, fit
from outreach_tools.engine.included import Included
from outreach_tools.engine.marks import UNTRUSTED, long_texts
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import is_object

MERGING = "a person decides and merges them in Outreach: its API cannot merge, and deleting one loses its history"
"""The words of an answer on how duplicates are merged."""

_FRAME = 160  # tokens of what stands around the groups


async def find_duplicates(context: Context, declared: Resource, given: DuplicatesArguments, names: Names) -> JsonObject:
    """Return the groups of records of a type that may be the same, the most certain first."""
    selecting = Selecting.of(context, declared, names)
    resource = resource_type(declared.type)
    selected = await selecting.selected(given.filters, READ[resource.type])
    # Prospects are told apart without the names of their accounts as well.
    needed = any("." in name for name in selected.filters.fetch)
    selected = replace(selected, selection=replace(selected.selection, needed=needed))
    mark = fingerprint("duplicates", resource.type, selected.filters.mark)
    start = (FIRST if given.page_after is None else decode(given.page_after, mark)).skip
    reading, groups = Reading(context, selected, Budget(now=context.now)), Groups()

    def take(rows: Sequence[JsonObject], included: Included) -> None:
        for row in rows:
            number = row.get("id")
            if isinstance(number, int):
                groups.add(number, keys_of(row, included))

    coverage = await reading.read(take)
    found = groups.found()
    if start and start >= len(found):
        raise ArgumentError("'page_after' leads past the last group: there are fewer by now. Leave it out")
    labels = selecting.labels
    notes = (*selected.filters.notes, *reading.notes, *_not_whole(coverage, resource.type))
    if not found:
        nothing = f"no two {words_of(resource.type, many=True)} share what identifies them"
        return {"groups": 0, "read": coverage.read, "note": ". ".join((nothing, *notes, *labels.notes))}
    notes = (MERGING, *notes)
    room = int((context.max_result_tokens - _FRAME) * MARGIN) - cost(list(notes))
    shown = await Showing(context, resource, labels).shown(found[start : start + AT_ONCE], room)
    after = start + len(shown)
    untrusted = long_texts(part for group in shown for part in _parts(group))
    answer: JsonObject = {
        **({UNTRUSTED: untrusted} if untrusted else {}),
        "groups": len(found),
        "records": sum(len(group.ids) for group in found),
        "read": coverage.read,
        "returned": len(shown),
        "has_more": after < len(found),
        **({"page_after": encode(Position(skip=after), mark)} if after < len(found) else {}),
        "duplicates": shown,
    }
    return fit(answer, context.max_result_tokens, (*notes, *labels.notes))


def _parts(group: JsonObject) -> Iterator[tuple[str, Any]]:
    """Yield what a group shows of its records: what they have in common, and what differs."""
    for each in (group, *group["records"]):
        if is_object(each):
            yield from ((name, value) for name, value in each.items() if name != "records")


def _not_whole(coverage: Coverage, kind: str) -> tuple[str, ...]:
    if coverage.whole:
        return ()
    of = f" of {coverage.total:,}" if coverage.total is not None else ""
    return (
        f"only {coverage.read:,}{of} {words_of(kind, many=True)} were looked at ({coverage.why}): narrow them by "
        "filters that keep duplicates together, such as owner.id",
    )


def read_arguments(arguments: JsonObject) -> DuplicatesArguments:
    """Return what a call asks for. Raises `ArgumentError`."""
    return read(DuplicatesArguments, arguments)
