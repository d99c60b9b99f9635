"""Says which tool finds an id, for every refusal that wants one."""

from collections.abc import Iterable, Mapping

from outreach_tools.catalog import resource_types
from outreach_tools.catalog.operation_names import names_by_operation
from outreach_tools.engine.matching import listed
from outreach_tools.engine.names import relationship_of_id
from outreach_tools.engine.related import Listers


def finder(kinds: Iterable[str], listers: Listers) -> str:
    """Return what finds records of these types: `list_users`, or `read_operation` where no tool lists them.

    Empty for types that Outreach lists nowhere, as the schedules of sequences are.
    """
    found: list[str] = []
    for kind in kinds:
        known = resource_types().get(kind)
        if kind in listers:
            found.append(listers[kind])
        elif known and "list" in known.operations:
            found.append(f"read_operation {names_by_operation()[kind, 'list']}")
    return " or ".join(dict.fromkeys(found))


def finds(kinds: Iterable[str], listers: Listers) -> str:
    """Return the end of a sentence about an id that is missing or wrong: `: list_users finds it`.

    Where nothing lists the type, it says so, and where such an id can be seen; nothing without types.
    """
    types = tuple(kinds)
    found = finder(types, listers)
    if found or not types:
        return f": {found} finds it" if found else ""
    return f": no tool lists {listed(types)}, but records that have one show its id"


def kinds_of_id(owner: str, name: str) -> tuple[str, ...]:
    """Return the types of record that an argument, an attribute or a parameter of a type is the id of.

    `taskDispositionId` of a task is that of a `taskDisposition`, `ownerId` that of a `user`, `sharingTeamId` that of a
    `team`; none for other names.
    """
    relationship = relationship_of_id(resource_types()[owner], name)
    if relationship is not None:
        return relationship.types
    stem = name.removesuffix("Id")
    if stem == name:
        return ()
    ends = [kind for kind in resource_types() if stem == kind or stem.endswith(kind[0].upper() + kind[1:])]
    return (max(ends, key=len),) if ends else ("user",) if stem.endswith("Rep") else ()


def finders_of(targets: Mapping[str, str], listers: Listers) -> Mapping[str, str]:
    """Return what finds the ids that a tool's own arguments take: `targets` maps each to its type."""
    return {name: finds((kind,), listers) for name, kind in targets.items()}
