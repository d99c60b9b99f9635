"""The stable names of the contract's operations: `list_prospect_notes`, `snooze_task`, `prospects_add_tags`.

Where a tool is made for an operation, both have the same name. `tests/tools/catalog/operation_names.json` holds them
all, so that none changes unseen.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from outreach_tools.catalog.loader import resource_types
from outreach_tools.catalog.model import ResourceType

READING: Final = frozenset({"list", "get"})
"""The operations that change nothing."""


def snake_case(name: str) -> str:
    """Turn `taskPriorities` into `task_priorities`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def operation_name(resource: ResourceType, what: str) -> str:
    """Return the name of what is done to a type: `what` is an operation, or `action:` and an action's name."""
    if what == "list":
        return f"list_{snake_case(resource.path)}"
    kind, _, action = what.partition(":")
    if not action:
        return f"{kind}_{snake_case(resource.type)}"
    # What is done to many records says of what type they are.
    ending = "" if resource.actions[action].collection else f"_{snake_case(resource.type)}"
    return f"{snake_case(action)}{ending}"


@cache
def operations_by_name() -> Mapping[str, tuple[str, str]]:
    """Return every operation of the contract by its name: the type, and what is done to it."""
    order = ("list", "get", "create", "update", "delete")
    found: dict[str, tuple[str, str]] = {}
    for resource in resource_types().values():
        plain = [each for each in order if each in resource.operations]
        for what in (*plain, *(f"action:{name}" for name in resource.actions)):
            found[operation_name(resource, what)] = (resource.type, what)
    return found


@cache
def names_by_operation() -> Mapping[tuple[str, str], str]:
    """Return the name of every operation of the contract, by its type and what is done to it."""
    return {operation: name for name, operation in operations_by_name().items()}
