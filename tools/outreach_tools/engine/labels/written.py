"""Custom fields in the arguments of a write: labels become keys, and values are checked before anything is sent."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from outreach_tools.client import JsonObject
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.given import is_given
from outreach_tools.engine.json_text import as_meant
from outreach_tools.engine.labels.checking import FieldError, checked, refuse_missing
from outreach_tools.engine.labels.fields import has_labels, is_key
from outreach_tools.engine.labels.reading import Labels, keyed, keyed_names
from outreach_tools.engine.reading import name_list
from outreach_tools.engine.twice import Spelled, set_and_cleared
from outreach_tools.json_values import is_array, is_object

_T = TypeVar("_T")


async def with_keys(labels: Labels, arguments: JsonObject, own: Iterable[str]) -> JsonObject:
    """Return the arguments of a write with the keys of custom fields for their labels, wherever those may stand.

    `own` are the names of the tool's own arguments. Raises `ArgumentError`.
    """
    if not has_labels(labels.resource.type):
        return arguments
    ours = frozenset(own)
    found: JsonObject = dict(arguments)
    attributes, clear = as_meant(arguments.get("attributes"), is_object), name_list(arguments.get("clear"))
    if is_object(attributes):
        found["attributes"] = attributes
    if is_array(clear):
        found["clear"] = clear
    inner: list[Any] = [*(attributes if is_object(attributes) else ()), *(clear if is_array(clear) else ())]
    names = [name for name in (*inner, *(each for each in arguments if each not in ours)) if isinstance(name, str)]
    keys = await labels.keys(names, ours, writing=True)
    if all(name == key for name, key in keys.items()):
        return arguments
    flat = {name: value for name, value in arguments.items() if name not in ours}
    _refuse_two_names([attributes if is_object(attributes) else {}, flat], clear if is_array(clear) else [], keys)
    if is_object(attributes):
        found["attributes"] = keyed(attributes, keys)
    if is_array(clear):
        found["clear"] = keyed_names(clear, keys)
    return keyed(found, {name: key for name, key in keys.items() if name not in ours})


def _refuse_two_names(members: Iterable[JsonObject], clear: Iterable[Any], keys: Mapping[str, str]) -> None:
    """Raise `ArgumentError` where a field is given under its label and its key, whichever of the two would be meant."""
    spelled = Spelled()
    for name, value in ((name, value) for each in members for name, value in each.items() if is_given(value)):
        spelled.note(keys.get(name, name), name, value)
    for name in clear:
        if isinstance(name, str) and (given := spelled.given(keys.get(name, name))):
            raise set_and_cleared(*given, name)


async def with_checked(labels: Labels, given: JsonObject, calendar: Calendar) -> tuple[JsonObject, tuple[str, ...]]:
    """Return attributes with the values of custom fields in the form that these take, and notes on them.

    Raises `FieldError` where a field does not take what was given.
    """

    async def check() -> tuple[JsonObject, tuple[str, ...]]:
        found, notes = dict(given), list[str]()
        for key, field in labels.fields.by_key.items():
            if key in labels.resource.attributes and is_given(given.get(key)):
                found[key], note = checked(field, labels.resource.attributes[key], given[key], calendar)
                notes += [note] if note else []
        return found, tuple(notes)

    return await _twice(labels, check)


async def require(labels: Labels, attributes: JsonObject, *, creating: bool) -> None:
    """Raise `FieldError` where a write leaves a required custom field without a value."""

    async def check() -> None:
        missing = [
            field
            for key, field in labels.fields.by_key.items()
            if field.required and key in labels.resource.attributes and attributes.get(key) is None
            if creating or key in attributes
        ]
        refuse_missing(labels.resource.type, missing, cleared=not creating)

    if creating and has_labels(labels.resource.type) and any(map(is_key, labels.resource.attributes)):
        await labels.load()
    await _twice(labels, check)


async def _twice(labels: Labels, check: Callable[[], Awaitable[_T]]) -> _T:
    """Check, and once more with what is read anew where what was kept may be out of date."""
    try:
        return await check()
    except FieldError:
        if not await labels.refresh():
            raise
    return await check()
