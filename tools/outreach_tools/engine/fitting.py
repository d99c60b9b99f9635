"""Makes any answer fit the budget: its longest texts are cut, then whole members and items left out, and it says so."""

from dataclasses import dataclass, field
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.bounding import DENSEST, Few
from outreach_tools.engine.marks import UNTRUSTED
from outreach_tools.engine.text import Piece, clean, one_line, parts_of, whole_characters
from outreach_tools.json_values import is_array, is_object

MARGIN = 0.85  # the estimate may lie a tenth under what o200k counts, on capitals in a row a little more
_NOTE = 90  # tokens kept free for the note on what was left out
_MARK = 12  # tokens of "… (+12,345 characters)"
_FLOOR = 50  # tokens down to which a text is cut before other members of an answer are left out for it
_NAMED = 6  # places that a note names; more are counted
_NAME = 60  # characters of a place's name
MOST_AT_ONCE = 131_072
"""Characters of a text that is cleaned as a whole to be read in pieces; of a longer one, each piece is on its own."""

_BLOCK = 256  # characters that are cleaned at once of such a text
_REACH = 40  # characters by which a block is shorter to end where nothing stands that works on its neighbours
_CHUNK = 1_024  # characters whose cost is estimated at once
_CLOSE_TRIES = 5  # at the end of a text, each of which estimates all of it
_FIRST = ("id", "status", "deleted", UNTRUSTED)


@dataclass(slots=True)
class _Losses:
    """The parts taken away: texts by place with the length they had, items by place with their number, and members."""

    texts: dict[str, int] = field(default_factory=dict[str, int])
    items: dict[str, int] = field(default_factory=dict[str, int])
    members: dict[str, int] = field(default_factory=dict[str, int])


def fits(answer: JsonObject, budget: int, notes: tuple[str, ...] = ()) -> bool:
    """Return whether an answer with its notes stays within a budget of tokens."""
    return cost(_with_notes(answer, notes)) <= int(budget * MARGIN)


def fit(answer: JsonObject, budget: int, notes: tuple[str, ...] = (), advice: str = "") -> JsonObject:
    """Return an answer within a budget of tokens, with the `notes` and one on what is missing as `"note"`.

    The longest texts are cut first: `"personalNote1": "Met at… (+8,200 characters)"`, and the note names each with its
    length and how to read on. Where that is not enough, the members that cost most are left out whole, and lists lose
    items from their end; the note names them too. `advice` follows: how to see the rest.
    Beside a note of the record's own ours is `"notice"`.
    """
    return _with_notes(*_reduced(answer, budget, notes, advice))


def fit_row(answer: JsonObject, budget: int) -> JsonObject:
    """Return a list's answer of one row within a budget of tokens: long cells are cut, then columns left out."""
    if fits(answer, budget):
        return answer
    frame = {name: value for name, value in answer.items() if name not in ("note", "columns", "rows")}
    row = dict(zip(answer["columns"], answer["rows"][0], strict=True))
    notes: tuple[str, ...] = (answer["note"],) if "note" in answer else ()
    room = budget - int(cost(frame) / MARGIN) - _NOTE
    kept, notes = _reduced(row, room, notes, "ask for fewer columns with fields")
    return {**frame, "note": ". ".join(notes), "columns": list(kept), "rows": [list(kept.values())]}


def _reduced(
    answer: JsonObject, budget: int, notes: tuple[str, ...], advice: str
) -> tuple[JsonObject, tuple[str, ...]]:
    """Return what is left of an answer within a budget, and the notes with one on what is missing."""
    if fits(answer, budget, notes):
        return answer, notes
    room = int(budget * MARGIN)
    notes = tuple(head(clean(note), room // 4) for note in notes)
    left = room - _NOTE - cost(list(notes))
    while True:
        losses = _Losses()
        fitted, told = _object(answer, left, "", losses), (*notes, *_told(losses, advice))
        excess = cost(_with_notes(fitted, told)) - room
        if excess <= 0 or left <= 0:
            return fitted, told
        left -= excess


def fit_piece(
    answer: JsonObject, name: str, text: str, start: int, budget: int, notes: tuple[str, ...] = ()
) -> JsonObject:
    """Return a record with as much of one of its texts, from a character on, as fits a budget of tokens.

    `"more": {"text_from": 17520, "length": 36000}` says where the rest begins; it is absent at the text's end.
    """
    more = {"text_from": len(text), "length": len(text)}
    room = int(budget * MARGIN) - cost(_with_notes({**answer, name: "", "more": more}, notes))
    end = start + longest_head(text[start : start + DENSEST * budget], room)
    if end == len(text):
        return _with_notes({**answer, name: Piece(text[start:])}, notes)
    return _with_notes({**answer, name: Piece(text[start:end]), "more": {**more, "text_from": end}}, notes)


def fit_window(
    answer: JsonObject, name: str, text: str, start: int, budget: int, notes: tuple[str, ...] = ()
) -> JsonObject:
    """Return a record with a piece of a text that is not clean, as `fit_piece` does, without reading all of it.

    The piece is cleaned here, and the places count the characters that the text has before that.
    """
    more = {"text_from": len(text), "length": len(text)}
    room = int(budget * MARGIN) - cost(_with_notes({**answer, name: "", "more": more}, notes))
    last, end, pieces = min(len(text), start + DENSEST * budget), start, list[str]()
    while end < last:
        following = _block_end(text, end)
        piece = clean(text[end:following])
        room -= cost(piece)
        if room < 0 and pieces:
            break
        pieces.append(piece)
        end = following
    shown: JsonObject = {**answer, name: Piece("".join(pieces))}
    return _with_notes(shown if end == len(text) else {**shown, "more": {**more, "text_from": end}}, notes)


def _block_end(text: str, start: int) -> int:
    """Return where a block of a text ends: beside nothing that shows only where its neighbours are what it needs."""
    block = text[start : start + _BLOCK + 1]
    if len(block) <= _BLOCK:
        return len(text)
    for place in range(_BLOCK, _BLOCK - _REACH, -1):
        around = block[place - 1], block[place]
        if all(clean(each) == each for each in around) and whole_characters(block, place) == place:
            return start + place
    return start + _BLOCK


def fit_text(text: str, budget: int) -> str:
    """Return a plain text within a budget of tokens, cut in its middle: its end often says what to do."""
    room = int(budget * MARGIN)
    if cost(text) <= room:
        return text
    start = longest_head(text, room * 2 // 3)
    reversed_end = longest_head(text[:start:-1], room // 3 - _MARK)
    left_out = len(text) - start - reversed_end
    return f"{text[:start]} … ({left_out:,} characters left out) … {text[len(text) - reversed_end :]}"


def head(text: str, room: int) -> str:
    """Return a text that costs at most `room` tokens, its end cut off with a mark that says how much is missing."""
    if cost(text) <= room:
        return text
    beginning, whole = parts_of(text)
    kept = longest_head(beginning, room - _MARK)
    return f"{beginning[:kept].rstrip()}… (+{whole - kept:,} characters)"


def longest_head(text: str, room: int) -> int:
    """Return how many characters from a text's start cost at most `room` tokens: as many as fit, at least one.

    What a reader takes for one character stays whole where that is possible.
    """
    size = _about(text[: max(room, 1) * DENSEST], room)
    tries = 0
    while size > 1 and (spent := cost(text[:size])) > room:
        tries += 1
        # A cheap end after a dear beginning is not taken off step by step.
        least = 1 if tries < _CLOSE_TRIES else max(1, size // 20)
        size = max(1, min(size - least, int(size * room / spent)))
    return max(whole_characters(text, size), min(1, len(text)))


def _about(text: str, room: int) -> int:
    """Return the size of a text's start that costs more than `room` tokens, or all of it, without counting far past it.

    Counted in chunks a text costs a little more than at once.
    """
    spent = 0
    for place in range(0, len(text), _CHUNK):
        if spent > room * 5 // 4 + _MARK:
            return place
        spent += cost(text[place : place + _CHUNK])
    return len(text)


def _with_notes(answer: JsonObject, notes: tuple[str, ...]) -> JsonObject:
    # Tasks and calls have a note of their own.
    return {**answer, "notice" if "note" in answer else "note": ". ".join(notes)} if notes else answer


def _told(losses: _Losses, advice: str) -> tuple[str, ...]:
    told: list[str] = []
    if losses.texts:
        texts = [f"{place} ({length:,} characters)" for place, length in _longest(losses.texts)]
        told.append(f"cut to fit: {_enumerated(texts, len(losses.texts))}")
    if losses.items:
        items = [f"{number:,} of {place or 'the list'}" for place, number in _longest(losses.items)]
        told.append(f"left out to fit: {_enumerated(items, len(losses.items))}")
    if losses.members:
        names = [place for place, _ in _longest(losses.members)]
        told.append(f"left out to fit: {_enumerated(names, len(losses.members))}")
    return (*told, advice) if advice else tuple(told)


def _longest(places: dict[str, int]) -> list[tuple[str, int]]:
    found = sorted(places.items(), key=lambda item: -item[1])[:_NAMED]
    return [(one_line(clean(place), _NAME), size) for place, size in found]


def _enumerated(shown: list[str], number: int) -> str:
    # The names of members are foreign text in a raw answer, and may cost more than the note has room for.
    while len(shown) > 1 and cost(shown) > _NOTE // 2:
        shown = shown[:-1]
    more = f" and {number - len(shown):,} more" if number > len(shown) else ""
    return f"{', '.join(shown)}{more}"


def _fitted(value: Any, room: int, place: str, losses: _Losses) -> Any:
    if isinstance(value, str):
        losses.texts[place] = parts_of(value)[1]
        return head(value, room)
    if is_array(value):
        return _array(value, room, place, losses)
    return _object(value, room, place, losses) if is_object(value) else value


def _array(items: list[Any], room: int, place: str, losses: _Losses) -> list[Any]:
    kept: list[Any] = []
    left = room - 2
    for item in items:
        spent = cost(item)
        if spent > left:
            break
        left -= spent
        kept.append(item)
    if not kept and left > _FLOOR:
        kept = [_fitted(items[0], left, f"{place}.0", losses)]
    if len(kept) < len(items):
        # The last one of a few says how many more there are.
        losses.items[place] = len(items) - len(kept) + (items.left_out - 1 if isinstance(items, Few) else 0)
    return kept


def _object(members: JsonObject, room: int, place: str, losses: _Losses) -> JsonObject:
    """Share the room out among the members: what costs less than its share stays whole, the others get what is left."""
    within = f"{place}." if place else ""
    costs = {name: cost({name: value}) for name, value in members.items()}
    least = {name: min(spent, cost(name) + _FLOOR) for name, spent in costs.items()}
    needed = sum(least.values())
    for name in sorted(members, key=lambda name: (name in _FIRST, -least[name])):
        if needed <= room or name in _FIRST:
            break
        needed -= least.pop(name)
        losses.members[f"{within}{name}"] = costs[name]
    fitted: JsonObject = {}
    left = room
    by_cost = sorted(least, key=lambda name: costs[name])
    for index, name in enumerate(by_cost):
        share = left // (len(by_cost) - index)
        value = members[name]
        if costs[name] > max(share, least[name]):
            value = _fitted(value, max(share, least[name]) - cost(name), f"{within}{name}", losses)
        fitted[name] = value
        left -= cost({name: value})
    return {name: fitted[name] for name in members if name in fitted}
