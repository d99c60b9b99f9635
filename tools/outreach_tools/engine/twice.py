"""Words the refusal of one thing under two names: which two those are, and what is given for each; none is taken."""

from typing import Any

from outreach_tools.engine.brevity import brief
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import shorten

_ONE = "Give one of them. Nothing was sent."
_LONGEST = 40  # characters of a value, beside names that may take more


def given_twice(first: str, one: Any, second: str, other: Any, advice: str = _ONE) -> ArgumentError:
    """Return the refusal of two names for one field or argument, with the values given for them."""

    def written(width: int) -> str:
        values = f"{shorten(one, min(width, _LONGEST))} and {shorten(other, min(width, _LONGEST))}"
        if first == second:
            return f"{shorten(first, width)} is given twice: {values}. {advice}"
        return f"{shorten(first, width)} and {shorten(second, width)} are the same, and are given {values}. {advice}"

    return ArgumentError(brief(written))


def set_and_cleared(name: str, value: Any, cleared: str) -> ArgumentError:
    """Return the refusal of a field that is given a value and is to be emptied, under one name or two."""

    def written(width: int) -> str:
        same = "it" if name == cleared else f"{shorten(cleared, width)}, which is the same,"
        return (
            f"{shorten(name, width)} is set to {shorten(value, min(width, _LONGEST))}, and {same} is in 'clear'. {_ONE}"
        )

    return ArgumentError(brief(written))


class Spelled:
    """The names that were given so far, each with its value, by what they stand for."""

    def __init__(self, advice: str = _ONE) -> None:
        """Begin with none; `advice` ends a refusal."""
        self._advice = advice
        self._given: dict[str, tuple[str, Any]] = {}

    def note(self, known: str, name: str, value: Any, *, again: bool = False) -> None:
        """Note a name for something known. Raises `ArgumentError` where one was given for it before.

        With `again` the same name may come again.
        """
        if known in self._given and not (again and self._given[known][0] == name):
            raise given_twice(*self._given[known], name, value, self._advice)
        self._given.setdefault(known, (name, value))

    def given(self, known: str) -> tuple[str, Any] | None:
        """Return the name and the value that were given for something known, None for none."""
        return self._given.get(known)
