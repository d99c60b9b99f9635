"""Words the complaint about a wrong setting: one line that names it as it was given, and says what is allowed."""

import difflib
from collections.abc import Mapping

from pydantic_core import ErrorDetails

from outreach_mcp.settings.declaration import Setting

_PREFIX = "OUTREACH_MCP_"


def of_unknown_variables(environ: Mapping[str, str], settings: Mapping[str, Setting]) -> str:
    """Return what is wrong with the first variable that looks like a setting and is not one; else empty."""
    known = [each.variable for each in settings.values() if each.variable.startswith(_PREFIX)]
    for name in sorted(environ):
        if name.upper().startswith(_PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)
            hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}."
            return f"{_shown(name)} is not a setting of this version: {hint}"
    return ""


def of_empty_flags(overrides: Mapping[str, object], settings: Mapping[str, Setting]) -> str:
    """Return what is wrong with the first flag that is empty; empty where none is.

    An empty variable may come of a form that nobody filled in; who writes an empty flag means nothing at all by it,
    and must not get everything.
    """
    for field, value in overrides.items():
        if isinstance(value, str) and not value.strip():
            setting = settings[field]
            return f"{given_by(setting, value)}={value!r} is wrong: it is empty. Allowed: {setting.allowed}."
    return ""


def of_a_fault(
    fault: ErrorDetails, setting: Setting, values: Mapping[str, object], overrides: Mapping[str, object]
) -> str:
    """Return what is wrong with a value that pydantic found a fault in; never the value of a secret."""
    field = str(fault["loc"][0])
    # Ours say what is wrong; pydantic's own only repeat what is allowed, which is said better here.
    reason = f": {fault['msg'].removeprefix('Value error, ')}" if fault["type"] == "value_error" else ""
    value = "" if setting.hidden else f"={_shown(values[field])}"
    return f"{given_by(setting, overrides.get(field))}{value} is wrong{reason}. Allowed: {setting.allowed}."


def given_by(setting: Setting, override: object) -> str:
    """Return the name of what gave a setting: its flag where there is a value of one, or else its variable."""
    return setting.variable if override is None or setting.flag is None else setting.flag.name


def _shown(value: object) -> str:
    text = str(value)
    before, slashes, address = text.partition("//")
    if "@" in address:  # a password in an address is not repeated
        text = f"{before}{slashes}…@{address.rpartition('@')[2]}"
    return repr(text if len(text) <= 100 else text[:100] + "…")
