"""Sequence states: a prospect's way through a sequence."""

from outreach_tools.client import JsonObject, Request
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
from outreach_tools.engine.schemas import closed
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.writing import document

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
            " replied (repliedAt), bounced, failed, opted out.",
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


async def _add_prospect_to_sequence(context: Context, arguments: JsonObject) -> JsonObject:
    given = read(EnrolArguments, arguments)
    ids = {"prospect": given.prospect_id, "sequence": given.sequence_id, "mailbox": given.mailbox_id}
    linkage = {name: {"data": {"type": name, "id": number}} for name, number in ids.items()}
    answer = await write(
        context, SEQUENCE_STATE, Request("POST", "/sequenceStates", body=document("sequenceState", {}, linkage))
    )
    # Every enrolment begins so; one that stays so looks like a failure to whoever does not know the causes.
    return {**answer, "pending_until": _WAITING} if answer.get("state") == "pending" else answer


ADD_PROSPECT_TO_SEQUENCE = Tool(
    name="add_prospect_to_sequence",
    title="Add prospect to sequence",
    description=(
        "Put, add or enrol (enroll) a prospect, contact or lead in a sequence or cadence, sending from a mailbox."
    ),
    input_schema=closed(
        {"sequence_id": {"type": "integer"}, "prospect_id": {"type": "integer"}, "mailbox_id": {"type": "integer"}},
        ("sequence_id", "prospect_id", "mailbox_id"),
    ),
    run=_add_prospect_to_sequence,
    read_only=False,
    destructive=True,
    idempotent=False,
    resource="sequenceState",
    toolset="sequences",
    operations=frozenset({("sequenceState", "create")}),
)
