"""Changes that one call makes as a whole, agreed to once: its records, and the requests that belong to it.

A whole is made of new records that reach nobody before its last request. So it is agreed to before the first, and what
belongs to it is then sent without another question: the very requests that were told, their links to records made here
aside, and what takes those records back.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.confirmation import ConfirmationLevel, must_confirm
from outreach_mcp.guard.disclosure import members_of, told
from outreach_mcp.guard.named_records import words_for
from outreach_mcp.guard.question import Question, sending, with_names
from outreach_mcp.guard.shown_values import UnshowableError
from outreach_tools.client import Client, JsonObject, Response
from outreach_tools.json_values import is_object, member, object_at

_PARTS = frozenset({"sequenceStep", "sequenceTemplate"})
"""The types whose new records are harmless in a whole that is new itself, and are asked about anywhere else."""

_MOST_TOLD = 6_000
"""Characters of a question."""


@dataclass(slots=True)
class Whole:
    """The whole of one call: how it was agreed to, empty for none, what was told of it, and what was made of it."""

    consent: str = ""
    _left: list[Outgoing] = field(default_factory=list[Outgoing])
    _made: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def begin(self, consent: str, outgoings: Sequence[Outgoing]) -> None:
        """Note that requests were agreed to as a whole."""
        self.consent, self._left = consent, list(outgoings)

    def takes(self, outgoing: Outgoing) -> bool:
        """Return whether a request belongs to the whole; each that was told does so once."""
        if not self.consent:
            return False
        operation = outgoing.operation
        is_made = (operation.type, str(operation.record_id)) in self._made
        if operation.kind == "delete":
            return is_made
        for each in self._left:
            if each.operation.type == operation.type and each.operation.kind == operation.kind:
                own = is_made if operation.kind != "create" else True
                if own and self._is_as_told(each.body, outgoing.body) and each.query == outgoing.query:
                    self._left.remove(each)
                    return True
        return False

    def note(self, outgoing: Outgoing, answer: Response) -> None:
        """Note the record that was made."""
        number = member(answer.body, "data", "id")
        if self.consent and outgoing.operation.kind == "create" and number is not None:
            self._made.add((outgoing.operation.type, str(number)))

    def _is_as_told(self, said: JsonObject | None, sent: JsonObject | None) -> bool:
        """Return whether a body is what was told, its id and links to records that were made here aside."""
        if object_at(said, "data", "attributes") != object_at(sent, "data", "attributes"):
            return False
        links = object_at(said, "data", "relationships")
        more = {
            name: link
            for name, link in object_at(sent, "data", "relationships").items()
            if links.get(name) != link and not self._is_made(link)
        }
        return not more and links.keys() <= object_at(sent, "data", "relationships").keys()

    def _is_made(self, link: Any) -> bool:
        linked = member(link, "data")
        return is_object(linked) and (str(linked.get("type")), str(linked.get("id"))) in self._made


def has_to_be_asked(outgoings: Sequence[Outgoing], level: ConfirmationLevel) -> bool:
    """Return whether a person is to be asked before a whole is made."""
    asked = [each for each in outgoings if must_confirm(each, level)]
    if level == "writes":
        return bool(asked)
    return any(each.operation.kind != "create" or each.operation.type not in _PARTS for each in asked)


async def question_about(
    what: str, outgoings: Sequence[Outgoing], client: Client, words: Callable[[str], str] = words_for
) -> Question:
    """Return the one question about a whole: what it is, and all that is set in each of its records.

    Raises `UnshowableError` where that is too much to be shown.
    """
    parts: list[str] = []
    costs: dict[str, None] = {}
    for each in outgoings:
        operation = each.operation
        shown = told(await with_names(members_of(each, operation), client))
        if operation.kind == "create":
            parts.append(f"a {words(operation.type)}{shown}")
        elif operation.kind.startswith("action:"):
            parts.append(f"then {operation.kind.removeprefix('action:')} it{shown}")
        costs[sending(operation)] = None
    text = f"{what}: {'; '.join(parts)}?{''.join(costs)}"
    if len(text) > _MOST_TOLD:
        raise UnshowableError(
            f"Refused: this would be a question of {len(text):,} characters, more than a person can be shown at once. "
            "Nothing was sent. Make it of fewer parts or shorter texts, and add the rest afterwards."
        )
    requests = [[each.method, each.path, each.query, each.body] for each in outgoings]
    return Question(text, hashlib.sha256(json.dumps([text, requests], sort_keys=True).encode()).hexdigest())
