"""The tools that a refusal points to: one that is not offered cannot help, and the model should not look for it."""

import re
from collections.abc import Container
from functools import cache

from outreach_tools.engine.matching import few
from outreach_tools.toolsets import all_tools

_WAY = r"(?:read_operation [a-z_]{1,60}+|[a-z_]{1,40}+)"
_FINDS = re.compile(rf": ({_WAY}(?: or {_WAY}){{0,9}}+) finds it")
_NAME = re.compile(r"[a-z_]++")


def without_left_out(text: str, offered: Container[str]) -> str:
    """Return a refusal that points to tools which are offered alone, and says of any other that it is left out."""
    text = _FINDS.sub(lambda found: _found(found[1], offered), text)
    left_out = [name for name in dict.fromkeys(_NAME.findall(text)) if name in _names() and name not in offered]
    if not left_out:
        return text
    are = "are" if len(left_out) > 1 else "is"
    return f"{text} ({few(left_out)} {are} left out by this server's settings.)"


def _found(ways: str, offered: Container[str]) -> str:
    usable = [way for way in ways.split(" or ") if way.partition(" ")[0] in offered]
    if usable:
        return f": {' or '.join(usable)} finds it"
    return ": what finds it is left out by this server's settings, so ask the person"


@cache
def _names() -> frozenset[str]:
    return frozenset(tool.name for tool in all_tools())
