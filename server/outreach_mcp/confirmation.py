"""Which requests a person is asked about before they are sent.

`destructive` means what cannot be taken back: deletes, erasure, bulk actions, and sending an e-mail now. Enrolling,
pausing and completing can be taken back and belong to `writes`.
"""

from typing import Literal, TypeAlias

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.operation import Operation, operation_of
from outreach_tools.json_values import member

ConfirmationLevel: TypeAlias = Literal["never", "destructive", "writes"]

# Steps of a bulk action or an import that change no record of their own.
_HARMLESS_STEPS = frozenset({"action:cancel", "action:generateUploadLink", "action:validateUpload"})

# A mailing in one of these states is not on its way; without a state it may be (nobody has published the default).
_UNSENT_STATES = frozenset({"drafted", "placeholder"})


def must_confirm(outgoing: Outgoing, level: ConfirmationLevel) -> bool:
    """Say whether a person is to be asked before a request is sent."""
    if level == "never" or outgoing.method == "GET":
        return False
    return level == "writes" or is_final(outgoing, operation_of(outgoing))


def is_final(outgoing: Outgoing, operation: Operation) -> bool:
    """Say whether what a request does cannot be taken back."""
    if outgoing.method == "DELETE" or operation.type == "complianceRequest":
        return True
    if operation.type in ("batch", "import"):
        return operation.kind not in _HARMLESS_STEPS
    return sends_mail(outgoing, operation)


def sends_mail(outgoing: Outgoing, operation: Operation) -> bool:
    """Say whether a request sends an e-mail to somebody now."""
    if operation.type == "task":
        return operation.kind == "action:deliver"
    if operation.type != "mailing":
        return False
    state = member(outgoing.body, "data", "attributes", "state")
    if operation.kind == "create":
        return state not in _UNSENT_STATES
    return state is not None and state not in _UNSENT_STATES
