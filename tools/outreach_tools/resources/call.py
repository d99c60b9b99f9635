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
    tools=(
        CreateTool(
            "create_call",
            "Log a phone call with a prospect: direction, outcome, disposition, notes. It does not dial.",
            attributes=("direction", "outcome", "note", "from", "to", "dialedAt", "sequenceAction"),
            relationships=("prospect", "user", "callDisposition", "callPurpose", "task", "opportunity"),
        ),
        DeleteTool("delete_call", "call_id", "Delete a logged call for good."),
        ListTool(
            "list_calls",
            "Logged phone calls: who called whom, outcome, notes; newest first. Mine: user.id = me.",
            sort="-createdAt",
        ),
        GetTool("get_call", "call_id", "Show one logged call: notes, outcome, recording."),
    ),
)  # fmt: skip
