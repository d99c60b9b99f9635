"""Says what is wrong with an argument: which one, what was given, what is allowed, and the nearest match."""

from collections.abc import Iterable

from pydantic_core import ErrorDetails

from outreach_tools.engine.matching import listed, nearest, shorten

_WANTED = {
    "finite_number": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "an array",
    "dict_type": "an object",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "model_type": "an object with field and criteria",
    "string_type": "a string",
}


def explain(error: ErrorDetails, names: list[str], target: str, lifted: Iterable[str], most: int) -> str:
    """Return the sentence for one of pydantic's errors.

    `names` are the tool's arguments, `target` is the one that it calls the id, `lifted` are flat names that it
    understands as well; `most` is the largest page.
    """
    place = [target if part == "id" and index == 0 else part for index, part in enumerate(error["loc"])]
    where = ".".join(str(part) for part in place if not isinstance(part, str) or part in names or "[" not in part)
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        if len(place) > 1:
            return f"unknown member {where!r}; a filter takes field and criteria"
        return f"unknown argument {where!r}{nearest(where, [*names, *lifted])}; this tool takes {listed(names)}"
    if kind == "missing" and place[-1] == "criteria":
        return f"{where!r} is required: give the text 'null' to find records without a value"
    if kind == "missing":
        return f"{where!r} is required"
    if kind == "value_error":
        return f"{where!r} {context['error']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{where!r} is {shorten(given)}; it takes 1 to {most}"
    wanted = f"one of {context.get('expected', '')}" if kind == "literal_error" else _WANTED.get(kind, "something else")
    return f"{where!r} takes {wanted}, not {shorten(given)}"
