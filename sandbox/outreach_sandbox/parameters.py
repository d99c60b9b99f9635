"""The query parameters of a request, taken apart: `filter[owner][email]=x` is a key of two steps under `filter`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from outreach_sandbox import errors

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Query parameters in order, decoded."""

    pairs: tuple[tuple[str, str], ...] = ()

    def single(self, name: str) -> str | None:
        """Return the last value of a plain parameter, or None when it is absent."""
        return next((value for key, value in reversed(self.pairs) if key == name), None)

    def flag(self, name: str) -> bool | None:
        """Return a parameter that is true or false, None when it is absent; raises a 400 for anything else."""
        value = self.single(name)
        if value is None:
            return None
        if value not in {"true", "false"}:
            raise errors.bad_request("invalidParameter", f"{name} must be true or false, not '{value}'.")
        return value == "true"

    def family(self, root: str) -> list[tuple[tuple[str, ...], str]]:
        """Return the keys below `root` with their values: `page[size]=5` is `(("size",), "5")` below `page`.

        Raises a 400 for broken brackets.
        """
        found: list[tuple[tuple[str, ...], str]] = []
        for name, value in self.pairs:
            if not name.startswith(root):
                continue
            match = _NAME.fullmatch(name)
            if match is None:
                raise errors.bad_request("invalidParameter", f"The parameter '{name}' is malformed.")
            if match[1] == root:
                found.append((tuple(re.findall(r"\[([^\[\]]*)\]", match[2])), value))
        return found

    def mapping(self, root: str) -> dict[str, str]:
        """Return the one-step keys below `root`; a later value replaces an earlier one (assumed, as in Rack).

        Raises a 400 for keys of several steps.
        """
        found: dict[str, str] = {}
        for steps, value in self.family(root):
            if len(steps) != 1 or not steps[0]:
                raise errors.bad_request("invalidParameter", f"The parameter '{root}' needs one name in brackets.")
            found[steps[0]] = value
        return found

    def link(self, url: str, page: Iterable[tuple[str, str]]) -> str:
        """Return an absolute link to the same list on another page, brackets percent-encoded (recorded)."""
        kept = [(name, value) for name, value in self.pairs if not name.startswith("page[")]
        return f"{url}?{urlencode([*kept, *page])}"
