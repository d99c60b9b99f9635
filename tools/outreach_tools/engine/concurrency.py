"""Runs work side by side; the first failure ends the rest, and is raised as it is and not as a group's."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, cast

from anyio import create_task_group


async def run_together(works: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Run all of some work at the same time, until all of it is done. Raises the first error of any of it."""
    try:
        async with create_task_group() as tasks:
            for work in works:
                tasks.start_soon(work)
    except BaseExceptionGroup as failed:
        raise first_of(failed) from None


def first_of(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of several that tasks ended with."""
    first = failed.exceptions[0]
    return (
        first_of(cast("BaseExceptionGroup[BaseException]", first)) if isinstance(first, BaseExceptionGroup) else first
    )
