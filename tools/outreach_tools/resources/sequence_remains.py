"""What is left of a sequence that could not be made whole: takes it back, and finds what an earlier call left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.client import JsonObject, NotTaken, Request, Unread, Unsettled
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.matching import few
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import array_at, as_object, member

UNFINISHED = "(being built)"
"""The ending of the name of a sequence that is not finished."""

_MOST_NAMES = 20  # of templates that are looked for, at most 225 characters each: they stand in an address
_ALONE = frozenset({"sequence", "template"})
"""What does not go with the sequence that is deleted."""


@dataclass(slots=True)
class Made:
    """The records that were made so far, in their order; the type that is `under_way`; whether it may be active."""

    records: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    under_way: str = ""
    is_activating: bool = False

    def of(self, kind: str) -> list[int]:
        """Return the ids of those of a type."""
        return [number for each, number in self.records if each == kind]


def unfinished(name: str) -> str:
    """Return the name that a sequence has while it is made."""
    return f"{name} {UNFINISHED}"


async def taken_back(context: Context, made: Made, error: BaseException) -> str:
    """Delete what was made, and say what became of it: steps and variants go with their sequence.

    The first template is deleted last: as long as any is left, a later call finds that one.
    """
    sequences = await _deleted(context, "sequences", made.of("sequence"))
    templates = await _deleted(context, "templates", made.of("template"))
    if sequences or templates:
        unsure = made.is_activating and not isinstance(error, NotTaken)
        left = [f"sequence {each}" for each in sequences] + [f"template {each}" for each in reversed(templates)]
        active = f" The sequence {'may be' if unsure else 'is not'} active." if sequences else ""
        return f"What was made of it could not be taken back; left: {few(left, 20)}.{active}"
    # A record that the error leaves open may be there besides, unless it went with its sequence.
    whole = "What" if not isinstance(error, Unsettled) or made.under_way not in _ALONE else "What else"
    if made.records:
        return f"{whole} was made of it was taken back."
    return "Nothing was made of it." if whole == "What" else "Nothing else was made of it."


async def _deleted(context: Context, path: str, ids: Sequence[int]) -> list[int]:
    """Delete records, the last one first, and return those that could not be."""
    left: list[int] = []
    for number in reversed(ids):
        try:
            await context.client.send(Request("DELETE", f"/{path}/{number}"))
        except Exception:
            left.append(number)
    return left


async def remains(context: Context, name: str, mails: Sequence[str]) -> tuple[str, ...]:
    """Look for what an earlier call for this name left when its server was ended, and for a sequence of this name.

    Raises `ToolError` where there is either sequence. Templates alone are in nobody's way: a note names them. `mails`
    are the names that this call's own will have.
    """
    names = (name, unfinished(name))
    sequences = await _named(context, "sequence", "sequences", names)
    templates = await _named(context, "template", "templates", mails[:_MOST_NAMES])
    finished, left = ([number for number, each in sequences if each == wanted] for wanted in names)
    mails_left = [number for number, _ in templates]
    if left:
        also = f", and its templates ({few(mails_left, 20)})" if mails_left else ""
        raise ToolError(
            f"An earlier call for {name!r} was ended before it was finished: it left the sequence "
            f"{unfinished(name)!r} ({few(left)}), which is not active{also}. Nothing was sent. delete_sequence removes "
            "it, delete_operation delete_template a template; or choose another name."
        )
    if finished:
        raise ToolError(
            f"A sequence {name!r} is there already ({few(finished)}). Nothing was sent. If it is the one that was "
            "meant, set_sequence_action activates it; otherwise choose another name."
        )
    if not mails_left:
        return ()
    return (
        f"templates of the same names were there before ({few(mails_left, 20)}), of an earlier call or sequence: "
        "delete_operation delete_template removes what is not used",
    )


async def _named(context: Context, kind: str, path: str, names: Sequence[str]) -> list[tuple[str, Any]]:
    """Return id and name of the records of a type that have one of some names; none where they cannot be read."""
    if not names:
        return []
    query = (("newFilterSyntax", "true"), *(("filter[name][]", each) for each in names), (f"fields[{kind}]", "name"))
    found = await context.attempt(Request("GET", f"/{path}", query))
    body = None if isinstance(found, Unread) else found.body
    records: list[JsonObject] = [each for each in map(as_object, array_at(body, "data")) if each]
    return [(str(each.get("id")), name) for each in records if (name := member(each, "attributes", "name")) in names]
