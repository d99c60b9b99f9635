"""Calls: logged telephone calls with prospects."""

from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, ListTool, Resource

CALL = Resource(
    type="call",
    toolset="calls",
    columns=("prospect", "user", "direction", "outcome", "callDisposition", "callPurpose", "note", "dialedAt",
             "createdAt"),
    # The documentation says Answered and Not Answered; recorded calls and dispositions hold the other two.
    values={
        "direction": ("inbound", "outbound"),
        "outcome": ("completed", "no_answer"),
        "sequenceAction": ("Advance", "Finish", "Finish - No Reply", "Finish - Replied"),
        "userCallType": ("bridge", "voip"),
    },
    spellings={"outcome": {"Answered": "completed", "Not Answered": "no_answer"}},
    hints={"state": "Outreach sets it"},
    offered=("tags",),
    tools=(
        CreateTool(
            "create_call",
            "Log my call: we talked, left a voicemail, nobody picked up; phone conversation, outcome, note. It does "
            "not dial.",
            attributes=("direction", "outcome", "note", "from", "to", "dialedAt", "sequenceAction"),
            relationships=("prospect", "user", "callDisposition", "callPurpose", "task", "opportunity"),
        ),
        DeleteTool("delete_call", "call_id", "Remove a phone call logged twice or wrongly."),
        ListTool(
            "list_calls",
            "Calls, dials, phone conversations and voicemails logged today, this week: by whom, with whom, outcome, "
            "recording.",
            sort="-createdAt",
        ),
        GetTool("get_call", "call_id", "What was said in one logged call: note, outcome, recording."),
    ),
)  # fmt: skip
