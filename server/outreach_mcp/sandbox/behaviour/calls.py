"""Imports of recorded calls."""

from uuid import NAMESPACE_URL, uuid5

from outreach_mcp.sandbox import errors
from outreach_mcp.sandbox.changes import Change
from outreach_mcp.sandbox.session import Session


def prepare_voice_import(session: Session, change: Change) -> None:
    """Demand the call and the recording (both documented as required), and give the import its identifier."""
    blank = [name for name in ("callId", "recordingUrl") if not change.column(name)]
    if blank:
        label = {"callId": "Call", "recordingUrl": "Recording url"}
        raise errors.validations([(f"{label[name]} can't be blank.", f"/data/attributes/{name}") for name in blank])
    call = str(change.column("callId"))
    if not call.isdigit() or not session.store.exists("call", int(call)):
        raise errors.validation("Call could not be found.", "/data/attributes/callId")
    number = session.store.next_id("kaiaVoiceImport")
    change.values["instanceId"] = str(uuid5(NAMESPACE_URL, f"{session.base_url}/kaiaVoiceImports/{number}"))
