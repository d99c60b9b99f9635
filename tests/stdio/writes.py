"""One call of every tool that changes something, which does change something in the demo organisation."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from outreach_tools.client import JsonObject

First: TypeAlias = Callable[[str], int]
"""Gives the id of a record of a type that a call may be about."""

_NAMED = {"name": "Made in a test"}


def _target(resource: str, argument: str, **more: Any) -> Callable[[First], JsonObject]:
    return lambda first: {argument: first(resource), **more}


def _plain(**arguments: Any) -> Callable[[First], JsonObject]:
    return lambda _: arguments


WRITES: Mapping[str, Callable[[First], JsonObject]] = {
    "add_prospect_to_sequence": lambda first: {
        "sequence_id": first("sequence"),
        "prospect_id": first("prospect"),
        "mailbox_id": first("mailbox"),
    },
    "create_prospect": _plain(attributes={"firstName": "Nell", "emails": ["nell@made.example"]}),
    "update_prospect": _target("prospect", "prospect_id", attributes={"title": "Made in a test"}),
    "create_account": _plain(attributes={**_NAMED, "domain": "made.example"}),
    "update_account": _target("account", "account_id", attributes=_NAMED),
    "create_sequence": _plain(attributes={**_NAMED, "sequenceType": "interval"}),
    "update_sequence": _target("sequence", "sequence_id", attributes=_NAMED),
    "set_sequence_action": _target("sequence", "sequence_id", action="deactivate"),
    "create_sequence_state": lambda first: {
        "relationships": {
            "prospect": first("prospect"),
            "sequence": first("sequence"),
            "mailbox": first("mailbox"),
        }
    },
    "set_sequence_state_action": _target("sequenceState", "sequence_state_id", action="finish"),
    "create_mailing": lambda first: {
        "attributes": {"subject": "Hello", "bodyHtml": "<p>Hello</p>"},
        "relationships": {"prospect": first("prospect"), "mailbox": first("mailbox")},
    },
    "create_call": lambda first: {
        "attributes": {"direction": "outbound", "outcome": "Answered"},
        "relationships": {"prospect": first("prospect")},
    },
    "create_prospect_note": lambda first: {
        "attributes": {"message": "Made in a test"},
        "relationships": {"prospect": first("prospect")},
    },
    "update_prospect_note": _target("prospectNote", "prospect_note_id", attributes={"message": "Made in a test"}),
    "delete_prospect_note": _target("prospectNote", "prospect_note_id"),
    "create_account_note": lambda first: {
        "attributes": {"message": "Made in a test"},
        "relationships": {"account": first("account")},
    },
    "update_account_note": _target("accountNote", "account_note_id", attributes={"message": "Made in a test"}),
    "delete_account_note": _target("accountNote", "account_note_id"),
    "create_call_disposition": _plain(attributes={**_NAMED, "outcome": "Answered"}),
    "update_call_disposition": _target("callDisposition", "call_disposition_id", attributes=_NAMED),
    "create_call_purpose": _plain(attributes=_NAMED),
    "update_call_purpose": _target("callPurpose", "call_purpose_id", attributes=_NAMED),
    "create_task": lambda first: {
        "attributes": {"action": "action_item", "note": "Made in a test"},
        "relationships": {"owner": first("user"), "subject": {"type": "prospect", "id": first("prospect")}},
    },
    "update_task": _target("task", "task_id", attributes={"note": "Made in a test"}),
    "set_task_action": _target("task", "task_id", action="updateNote", note="Made in a test, too"),
    "create_opportunity": lambda first: {
        "attributes": {**_NAMED, "amount": 7, "closeDate": "2026-12-24T00:00:00Z"},
        "relationships": {"account": first("account"), "opportunityStage": first("opportunityStage")},
    },
    "update_opportunity": _target("opportunity", "opportunity_id", attributes=_NAMED),
    "create_opportunity_prospect_role": lambda first: {
        "attributes": {"role": "Champion"},
        "relationships": {"opportunity": first("opportunity"), "prospect": first("prospect")},
    },
    "update_opportunity_prospect_role": _target(
        "opportunityProspectRole", "prospect_role_id", attributes={"role": "Made in a test"}
    ),
    "create_opportunity_stage": _plain(attributes={**_NAMED, "color": "#123456", "order": 77}),
    "update_opportunity_stage": _target("opportunityStage", "opportunity_stage_id", attributes=_NAMED),
    "create_stage": _plain(attributes={**_NAMED, "color": "#123456", "order": 77}),
    "update_stage": _target("stage", "stage_id", attributes=_NAMED),
    "create_compliance_request": _plain(
        requester_email="dpo@made.example",
        request_type="Delete",
        object_type="Prospect",
        request_object_email="gone@made.example",
    ),
    "raw_http_request": lambda first: {
        "method": "PATCH",
        "path": f"/prospects/{first('prospect')}",
        "body": {"data": {"type": "prospect", "id": first("prospect"), "attributes": {"title": "Made by hand"}}},
    },
    "delete_sequence_state": _target("sequenceState", "sequence_state_id"),
    "delete_call": _target("call", "call_id"),
    "delete_call_disposition": _target("callDisposition", "call_disposition_id"),
    "delete_call_purpose": _target("callPurpose", "call_purpose_id"),
    "delete_task": _target("task", "task_id"),
    "delete_opportunity_prospect_role": _target("opportunityProspectRole", "prospect_role_id"),
    "delete_opportunity": _target("opportunity", "opportunity_id"),
    "delete_opportunity_stage": _target("opportunityStage", "opportunity_stage_id"),
    "delete_stage": _target("stage", "stage_id"),
    "delete_sequence": _target("sequence", "sequence_id"),
    "delete_prospect": _target("prospect", "prospect_id"),
    "delete_account": _target("account", "account_id"),
}
