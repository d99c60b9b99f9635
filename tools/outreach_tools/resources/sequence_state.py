"""Sequence states: a prospect's way through a sequence."""

from dataclasses import replace
from typing import Any

from outreach_tools.client import JsonObject, Request, Unread
from outreach_tools.engine.arguments import EnrolArguments, read
from outreach_tools.engine.changing import write
from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
)
from outreach_tools.engine.finders import finders_of
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.naming.own_mailbox import own_mailbox
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import id_schema, object_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.writing import document
from outreach_tools.json_values import object_at

SEQUENCE_STATE = Resource(
    type="sequenceState",
    toolset="sequences",
    columns=("prospect", "sequence", "state", "sequenceStep", "mailbox", "activeAt", "stateChangedAt", "repliedAt",
             "openCount", "replyCount", "errorReason", "pauseReason"),
    values={
        "state": ("active", "pending", "finished", "paused", "disabled", "failed", "bounced", "opted_out"),
    },
    hints={"state": "use set_sequence_state_action"},
    unlisted=("calls.id", "sequence.clickCount", "sequence.createdAt", "sequence.deliverCount", "sequence.enabledAt",
              "sequence.lastUsedAt", "sequence.lockedAt", "sequence.openCount", "sequence.replyCount",
              "sequence.salesMotion", "sequence.shareType", "sequence.throttleCapacity",
              "sequence.throttleMaxAddsPerDay", "sequence.updatedAt", "sequenceStep.createdAt", "sequenceStep.date",
              "sequenceStep.updatedAt", "tasks.id"),
    tools=(
        CreateTool(
            "create_sequence_state",
            "Enrol a prospect by raw record. Simpler: add_prospect_to_sequence.",
            relationships=("prospect", "sequence", "mailbox"),
            required=("relationships.prospect", "relationships.sequence", "relationships.mailbox"),
            destructive=True,
        ),
        DeleteTool(
            "delete_sequence_state",
            "sequence_state_id",
            "Take a person out of a sequence or cadence, enrolled by mistake; the history goes too. To only stop: "
            "set_sequence_state_action.",
        ),
        GetTool(
            "get_sequence_state",
            "sequence_state_id",
            "Status of one enrolment (enrollment): which step a person is on.",
        ),
        ListTool(
            "list_sequence_states",
            "Who is in a sequence or cadence now, or which one a person is in (enrolments): active, paused, finished,"
            " replied (repliedAt), bounced, failed, opted out. Newest first.",
            sort="-createdAt",
        ),
        OptionsTool(
            "list_sequence_state_options",
            "List sequence states (DDL)",
            "Dropdown, picklist of enrolments (enrollments): id, label.",
            label=("prospect", "sequence", "state"),
        ),
        ActionTool(
            "set_sequence_state_action",
            "sequence_state_id",
            "Pause, resume or stop (finish) someone's emails in a sequence or cadence: put on hold, on vacation, "
            "meeting booked.",
            actions=("finish", "pause", "resume"),
        ),
    ),
)  # fmt: skip


_WAITING = "the sequence is enabled, its schedule is open and its throttle has room"
_READ = ("enabled", "throttleCapacity", "throttleMaxAddsPerDay")
_TOLD = frozenset({"create_sequence_state", "get_sequence_state"})


def telling_why_pending(tool: Tool) -> Tool:
    """Return a tool of sequence states whose answer says what a pending one waits for; others as they are."""
    if tool.name not in _TOLD:
        return tool

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        answer = await tool.run(context, arguments)
        return await _with_cause(context, answer, answer.get("sequence_id"))

    return replace(tool, run=run, reads=frozenset({"sequence"}))


def add_prospect_to_sequence(listers: Listers) -> Tool:
    """Make the tool that enrols a prospect, given the three ids or names flat; `listers` name what finds them.

    Without a mailbox the caller's own default one sends, and the answer says which that is.
    """
    finders = finders_of({f"{kind}_id": kind for kind in ("sequence", "prospect", "mailbox")}, listers)

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(EnrolArguments, arguments, finders=finders)
        references = {"prospect": given.prospect_id, "sequence": given.sequence_id, "mailbox": given.mailbox_id}
        ids = {
            kind: await own_mailbox(names, f"{kind}_id")
            if value is None
            else await names.id_of(value, kind, f"'{kind}_id'", finders[f"{kind}_id"])
            for kind, value in references.items()
        }
        linkage = {name: {"data": {"type": name, "id": number}} for name, number in ids.items()}
        body = document("sequenceState", {}, linkage)
        answer = await write(context, SEQUENCE_STATE, Request("POST", "/sequenceStates", body=body), names.notes)
        return await _with_cause(context, answer, ids["sequence"])

    return Tool(
        name="add_prospect_to_sequence",
        title="Add prospect to sequence",
        description=(
            "Put, add or enrol (enroll) a prospect, contact or lead in a sequence or cadence; sends from your "
            "mailbox or another."
        ),
        input_schema=object_schema(
            {f"{kind}_id": id_schema(kind) for kind in ("sequence", "prospect", "mailbox")},
            ("sequence_id", "prospect_id"),
        ),
        run=by_names(run, writing=True),
        read_only=False,
        destructive=True,
        idempotent=False,
        resource="sequenceState",
        toolset="sequences",
        operations=frozenset({("sequenceState", "create")}),
        reads=frozenset({"sequence"}),
        names=frozenset({"sequence", "prospect", "mailbox", "user"}),
    )


async def _with_cause(context: Context, answer: JsonObject, sequence: Any) -> JsonObject:
    """Add to a pending state's answer what it waits for.

    Every enrolment begins so; one that stays so looks like a failure to whoever does not know the causes.
    """
    if answer.get("state") != "pending" or not isinstance(sequence, int):
        return answer
    found = await context.attempt(Request("GET", f"/sequences/{sequence}", (("fields[sequence]", ",".join(_READ)),)))
    held = {} if isinstance(found, Unread) else object_at(found.body, "data", "attributes")
    return fit({**answer, "pending_until": _cause(held)}, context.max_result_tokens)


def _cause(sequence: JsonObject) -> str:
    """Return what has to happen, as far as the sequence's record tells; schedules cannot be read.

    The causes are those of Outreach's help (why are prospects pending in a sequence). How full a throttle is cannot be
    read either: it counts each user's prospects apart.
    """
    if sequence.get("enabled") is False:
        return "the sequence is activated: it is switched off (set_sequence_action)"
    if sequence.get("enabled") is not True:
        return _WAITING
    day, most = sequence.get("throttleMaxAddsPerDay"), sequence.get("throttleCapacity")
    limits = [f"{day} adds a day"] if day is not None else []
    limits += [f"{most} active at once"] if most is not None else []
    room = f" and its throttle ({' and '.join(limits)} for each user) has room" if limits else ""
    return f"its schedule is open{room}; the sequence is enabled"
