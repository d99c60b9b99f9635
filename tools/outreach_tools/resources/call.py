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
            "Log a phone conversation or a voicemail I left: outcome, disposition, note. It does not dial.",
            attributes=("direction", "outcome", "note", "from", "to", "dialedAt", "sequenceAction"),
            relationships=("prospect", "user", "callDisposition", "callPurpose", "task", "opportunity"),
        ),
        DeleteTool("delete_call", "call_id", "Remove the log of a phone call, like one logged twice."),
        ListTool(
            "list_calls",
            "Phone calls and voicemails logged: by whom, with whom, outcome, notes.",
            sort="-createdAt",
        ),
        GetTool("get_call", "call_id", "What was said in one logged call: note, outcome, recording."),
    ),
)  # fmt: skip
