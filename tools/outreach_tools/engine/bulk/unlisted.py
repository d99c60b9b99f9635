"""Reads the records that no list shows, one by one: accounts that are not `named` (documented)."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from outreach_tools.catalog import ResourceType
from outreach_tools.client import NotTaken
from outreach_tools.engine.concurrency import run_together

_Found = TypeVar("_Found")

_UNLISTED = frozenset({"account"})
_NOT_FOUND = 404
_SIDE_BY_SIDE = 4


async def unlisted(
    resource: ResourceType, ids: Iterable[int], read: Callable[[str, int], Awaitable[_Found]]
) -> dict[int, _Found]:
    """Return those of some records that there are though no list showed them; `read` takes the path and id of each."""
    found: dict[int, _Found] = {}
    waiting = iter([*ids] if resource.type in _UNLISTED else [])

    async def read_next() -> None:
        for number in waiting:
            try:
                found[number] = await read(f"/{resource.path}/{number}", number)
            except NotTaken as error:
                if error.status != _NOT_FOUND:
                    raise

    await run_together([read_next] * _SIDE_BY_SIDE)
    return found
