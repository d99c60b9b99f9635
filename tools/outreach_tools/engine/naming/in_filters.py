"""Names in the criteria of a filter by ids: alone, several with commas between, in an array, beside ids and null."""

from typing import Any

from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.literal import NULLS, QUOTED, split, split_nulls
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names, NobodyError, is_name
from outreach_tools.engine.numbers import number
from outreach_tools.engine.reading import is_me
from outreach_tools.json_values import is_array

MOST_NAMES = 20
"""Names in one filter: of a large type each is a request."""


async def with_ids(names: Names, criteria: Any, kind: str, field: str, found: str) -> Any:
    """Return the criteria of a filter by a type's ids with ids for the names in them; an argument is in quotes.

    What is not a name stays as it is, for whoever reads criteria. A text with commas may be one name, or several:
    where it may be both it is refused. Raises `ArgumentError`.
    """
    given = decoded(criteria, is_array)
    if is_array(given):
        _refuse_many([each for each in given if is_name(each, kind)], field)
        return [await _id_of(names, each, kind, field, found) for each in given]
    if not isinstance(given, str) or _is_range(given):
        return criteria
    nulls, others = split_nulls(given)
    items = [item for item in split(others.strip()) if item]
    named = [item for item in items if is_name(item, kind)]
    if not named or given.strip().casefold() in NULLS:
        return criteria
    _refuse_many(named, field)
    if len(items) > 1 and '"' not in others and not any(map(is_me, items)):
        # Not `others`, which has blanks after its commas, whatever was given.
        whole = ",".join(each for each in given.split(",") if each.strip().casefold() not in NULLS)
        ids = await _one_or_several(names, whole.strip(), items, kind, field, found)
    else:
        ids = [await _id_of(names, item, kind, field, found) for item in items]
    return ",".join((*sorted(nulls, reverse=True), *map(str, ids)))


async def with_own_id(names: Names, criteria: Any) -> Any:
    """Return the criteria of a filter by ids of several types with the current user's id for `me`."""
    given = decoded(criteria, is_array)
    items: list[Any] = given if is_array(given) else split(given) if isinstance(given, str) else []
    if not any(map(is_me, items)):
        return criteria
    user_id = await names.client.current_user_id()
    found = [user_id if is_me(each) else each for each in items]
    return found if is_array(given) else ",".join(map(str, found))


def _is_range(text: str) -> bool:
    """Return whether a text is a range of ids, and not a name with dots in it."""
    if ".." not in QUOTED.sub("", text):
        return False
    low, _, high = text.partition("..")
    return all(not end.strip() or number(end) is not None or end.strip() in ("inf", "neginf") for end in (low, high))


async def _id_of(names: Names, value: Any, kind: str, field: str, found: str) -> Any:
    if not is_name(value, kind):
        return value
    if kind == "user" and is_me(value):
        return await names.client.current_user_id()
    meant = await names.meant(str(value), kind, _where(field), found)
    names.say(field.strip("'"), meant)
    return meant.id


async def _one_or_several(names: Names, text: str, items: list[str], kind: str, field: str, found: str) -> list[Any]:
    """Return the ids of what a text with commas names: one record that is called so, or one for each of its items."""
    try:
        whole = await names.meant(text, kind, _where(field), found, further=False)
    except NobodyError:
        return [await _id_of(names, item, kind, field, found) for item in items]
    for item in items:
        try:
            if is_name(item, kind):
                await names.meant(item, kind, _where(field), found, further=False)
        except NobodyError:
            names.say(field.strip("'"), whole)
            return [whole.id]
        except ArgumentError:
            break  # several are called like the item
    raise ArgumentError(
        f"{_where(field)} has {shorten(text, 60)}, which is the name of one {words_of(kind)} and of several: write "
        "one in double quotes, or give an array. Nothing was sent."
    )


def _where(field: str) -> str:
    """Return what to call the place: in quotes it is an argument of its own, else the field of a filter."""
    return field if field.startswith("'") else f"the filter on {field!r}"


def _refuse_many(named: list[Any], field: str) -> None:
    if len(named) > MOST_NAMES:
        raise ArgumentError(
            f"{_where(field)} has {len(named)} names, and takes {MOST_NAMES}: give ids. Nothing was sent."
        )
