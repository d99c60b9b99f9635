"""A person's approval of a plan, given in its picture: of that plan and of those rows, by nobody but them.

The picture gets a seal beside the answer, which clients keep from the model (`_meta`), and sends it back when the
person presses its button. A model can neither read nor guess it, so a call that brings it is the person's.
"""

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mcp_types import Tool as ListedTool
from mcp_types import ToolAnnotations

from outreach_mcp.caller import current_caller
from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.gate import Consenting
from outreach_mcp.guard.question import Question
from outreach_mcp.protocol.apps import APPROVES
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.json_values import is_array

_TAKES = ("plan_id", "approval", "without")

HOW = "approved by a person in the plan's picture"
"""The way in which it was agreed to, for the journal."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of a plan, `without` the rows that they left out: the call that it stands for."""

    plan_id: str
    without: frozenset[int] = frozenset()

    @property
    def arguments(self) -> JsonObject:
        """The arguments of `apply_plan`."""
        return {"plan_id": self.plan_id}

    def of(self, person: Consenting) -> Consenting:
        """Return the person as one who has agreed."""
        return Approved(person)


class Seals:
    """Makes the seals of plans and knows them again; replicas share the key."""

    def __init__(self, key: bytes | None) -> None:
        """Take a key of 32 bytes; without one the server has one of its own."""
        self._key = key or secrets.token_bytes(32)

    def of(self, plan_id: str) -> str:
        """Return the seal of a plan of the caller."""
        caller = current_caller()
        sealed = json.dumps(["a plan's approval", caller and caller.subject, plan_id])
        return hmac.new(self._key, sealed.encode(), "sha256").hexdigest()

    def read(self, given: JsonObject) -> Approval | ToolError:
        """Return the approval that a call brings, or why it does not count."""
        plan_id, seal = given.get("plan_id"), given.get("approval")
        if not isinstance(plan_id, str) or not isinstance(seal, str) or not _equal(seal, self.of(plan_id)):
            return ToolError(
                f"Not done: {APPROVES} is for the picture of a plan, where a person approves it, and this call does "
                "not come from there. Nothing was sent. Call apply_plan: it asks the person."
            )
        if unknown := [name for name in given if name not in _TAKES]:
            takes = f"{APPROVES} takes {listed(_TAKES)}"
            return ArgumentError(f"unknown argument {shorten(unknown[0])}; {takes}. Nothing was sent")
        without = given.get("without")
        if (rows := frozenset[int]() if without is None else _rows(without)) is None:
            return ArgumentError("'without' is a list of the places of rows, from 0. Nothing was sent")
        return Approval(plan_id, rows)


def _rows(given: object) -> frozenset[int] | None:
    """Return the places of rows that are given, None for anything else: what a person left out is not guessed at."""
    if not is_array(given):
        return None
    # True is an int, and the place of no row.
    rows = [each for each in given if isinstance(each, int) and not isinstance(each, bool) and each >= 0]
    return frozenset(rows) if len(rows) == len(given) else None


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


@dataclass(frozen=True, slots=True)
class Approved:
    """The person behind a call that brings their approval (see `outreach_mcp.guard.gate.Consenting`)."""

    person: Consenting

    def unasked(self, _: ConfirmationLevel, /) -> str:
        """Return how it was agreed to."""
        return HOW

    async def ask(self, make: Callable[[], Awaitable[Question]], /) -> str:
        """Return how it was agreed to; what cannot be put into words is not done here either."""
        await make()
        return HOW

    async def begin(self) -> None:
        """See that a change is sent once."""
        await self.person.begin()

    def came(self, what: str | None, *, sent: bool, done: bool = False) -> None:
        """Note what came of a change."""
        self.person.came(what, sent=sent, done=done)


def approving_tool() -> ListedTool:
    """Return the tool as clients are told of it that show pictures: for the picture alone."""
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "plan_id": {"type": "string"},
            "approval": {"type": "string"},
            "without": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["plan_id", "approval"],
        "additionalProperties": False,
    }
    return ListedTool(
        name=APPROVES,
        title="Approve a plan",
        description="For the plan's picture: a person approves it there.",
        input_schema=schema,
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
        ),
        # Without an address: hosts list what has one as a picture of its own, and this has none.
        _meta={"ui": {"visibility": ["app"]}},
    )
