"""Shows answers as pictures to the clients that can.

They are told of the documents, and given what stands beside a plan.
"""

import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio
from mcp.server import ServerRequestContext
from mcp_types import (
    Resource,
    TextResourceContents,
)

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.guard.gate import PreparingClient
from outreach_mcp.jobs.service import Jobs
from outreach_mcp.protocol.apps import MIME_TYPE
from outreach_mcp.protocol.pictures.approval import Seals
from outreach_mcp.protocol.pictures.documents import (
    PICTURES,
    RESOURCE_META,
    picture_at,
)
from outreach_tools.client import Client, JsonObject, MissingScope
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import array_at, is_object, member
from outreach_tools.resources.bulk import APPLIES

_log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds for what an answer can do without

_RequestContext: TypeAlias = ServerRequestContext[Any]

BESIDE = "outreach-mcp/plan"
"""The member of an answer's `_meta` that the plan's picture reads."""


def pictures_of(tools: Iterable[str]) -> list[Resource]:
    """Return the documents that show answers of some tools, as they are listed."""
    found = dict.fromkeys(PICTURES[name] for name in tools if name in PICTURES)
    return [
        Resource(uri=each.uri, name=each.name, title=each.title, mime_type=MIME_TYPE, _meta=dict(RESOURCE_META))
        for each in found
    ]


def contents_at(uri: str) -> TextResourceContents | None:
    """Return a document, None for an address that is not one's."""
    picture = picture_at(uri)
    if picture is None:
        return None
    from outreach_mcp.protocol.pictures.pages import document  # noqa: PLC0415 - only who shows one waits for it

    return TextResourceContents(uri=uri, mime_type=MIME_TYPE, text=document(picture), _meta=dict(RESOURCE_META))


@dataclass(frozen=True, slots=True)
class Showing:
    """The data that answers carry for their pictures, beside the text."""

    jobs: Jobs
    client: PreparingClient
    seals: Seals

    async def beside_plan(self, text: str, offered: Collection[str], client: Client) -> JsonObject | None:
        """Return what stands beside the answer with a plan in its `_meta`, which no model sees; None for nothing.

        Those are the plan's rows, and where the caller may apply it the seal of a person's approval.
        """
        try:
            with anyio.move_on_after(_PATIENCE):
                return await self._of_plan(json.loads(text), client, may_apply=APPLIES in offered)
        except (ToolError, MissingScope, OutreachError, ConnectionNeededError) as error:
            _log.info("a plan is shown without its rows: %s", type(error).__name__)
        return None  # the answer stands without it

    async def _of_plan(self, answer: JsonObject, client: Client, *, may_apply: bool) -> JsonObject | None:
        from outreach_mcp.protocol.pictures.rows import rows_of  # noqa: PLC0415 - only who shows one waits for it

        plan_id, store = member(answer, "plan_id"), self.jobs.store
        head = await store.find_plan(await self.jobs.owner(self.client), plan_id) if isinstance(plan_id, str) else None
        if not isinstance(plan_id, str) or head is None:
            return None
        steps = await store.steps(plan_id, min(1, head.parts))
        examples = [each for each in array_at(answer, "examples") if is_object(each)]
        shown: JsonObject = {
            "doing": head.head["doing"],
            "left_out": head.head["left_out"],
            "rows": await rows_of(steps, examples, client),
        }
        if may_apply:
            shown["approval"] = self.seals.of(plan_id)
        return {BESIDE: shown}
