"""A true example of a call for each tool: it works in the sandbox as it stands, whatever day that stands on."""

import json
import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import OPT_IN

# Records that the demo organisation has on every day.
_TARGETS: Mapping[str, int | str] = MappingProxyType(
    {
        "prospect_id": 456,
        "account_id": 55,
        "sequence_id": 123,
        "sequence_state_id": 5201,
        "sequence_step_id": 611,
        "mailing_id": 12345,
        "mailbox_id": 123,
        "call_id": 8402,
        "task_id": 20117,
        "opportunity_id": 903,
        "prospect_role_id": 12345,
        "opportunity_stage_id": 1,
        "stage_id": 123,
        "call_disposition_id": 123,
        "call_purpose_id": 123,
        "user_id": "me",
        "phone_number_id": 2210,
        "event_id": 186201,
        "compliance_request_id": 61,
        "prospect_note_id": 310,
        "account_note_id": 120,
        "email_address_id": 1501,
        "template_id": 340,
        "snippet_id": 31,
        "sequence_template_id": 502,
        "kaia_recording_id": 1,
        "team_id": 1,
        "persona_id": 1,
        "ruleset_id": 1,
        "webhook_id": 3,
    }
)

_OTHERS: Mapping[str, JsonObject] = MappingProxyType(
    {
        "add_prospect_to_sequence": {"sequence_id": 123, "prospect_id": 456, "mailbox_id": 123},
        "list_prospects": {"filters": [{"field": "title", "criteria": "VP Operations"}], "page_size": 5},
        "create_prospect": {
            "attributes": {"firstName": "Ada", "lastName": "Byron", "emails": ["ada@acme.example"]},
            "relationships": {"account": 55, "owner": "me"},
        },
        "update_prospect": {"prospect_id": 456, "attributes": {"title": "Head of Operations"}},
        "list_prospect_options": {"q": "mar", "page_size": 5},
        "list_accounts": {"filters": [{"field": "createdAt", "criteria": "-1y"}], "sort": "name", "page_size": 5},
        "describe_fields": {"resource": "prospect", "query": "title"},
        "find_duplicates": {"resource": "prospect"},
        "export_records": {
            "resource": "prospect",
            "filters": [{"field": "stage", "criteria": "New"}],
            "format": "xlsx",
        },
        "plan_import": {"resource": "prospect", "csv": "email,title\nada.byron@acme.example,Analyst\n"},
        "summarize_records": {
            "resource": "mailing",
            "group_by": ["sequence"],
            "measures": ["rate(repliedAt not null)"],
        },
        "report_sequences": {"period": "last_90_days", "sort": "-reply_rate"},
        "report_activity": {"team": "Sales Development", "by": "owner"},
        "report_pipeline": {"by": "stuck"},
        "get_timeline": {"resource": "prospect", "id": "456", "since": "-1y"},
        "report_replies": {"owner": "me", "sentiment": "positive"},
        "create_account": {"attributes": {"name": "Bluth Company", "domain": "bluth.example"}},
        "update_account": {"account_id": 55, "attributes": {"industry": "Logistics"}},
        "list_account_options": {"q": "ac", "page_size": 5},
        "list_sequences": {"filters": [{"field": "enabledAt", "criteria": "not null"}], "sort": "-lastUsedAt"},
        "create_sequence": {"attributes": {"name": "Renewals"}},
        "build_sequence": {
            "name": "Renewals",
            "steps": [
                {"kind": "auto_email", "subject": "The renewal", "body": "Shall we talk about the renewal?"},
                {"kind": "call", "wait_days": 3, "note": "Ask whether the mail arrived"},
            ],
        },
        "update_sequence": {"sequence_id": 123, "attributes": {"name": "Welcome, all"}},
        "set_sequence_action": {"sequence_id": 123, "action": "deactivate"},
        "list_sequence_states": {"filters": [{"field": "sequence.id", "criteria": "123"}], "page_size": 5},
        "create_sequence_state": {"relationships": {"prospect": 456, "sequence": 123, "mailbox": 123}},
        "set_sequence_state_action": {"sequence_state_id": 5465, "action": "pause"},
        "list_sequence_steps": {"filters": [{"field": "sequence.id", "criteria": "123"}]},
        "list_mailings": {"filters": [{"field": "repliedAt", "criteria": "last_30_days"}], "page_size": 5},
        "list_calls": {"filters": [{"field": "createdAt", "criteria": "this_month"}], "count": True},
        "create_call": {
            "attributes": {"direction": "outbound", "outcome": "Answered", "note": "Wants a call in May"},
            "relationships": {"prospect": 456},
        },
        "create_call_disposition": {"attributes": {"name": "Asked to call back"}},
        "update_call_disposition": {"call_disposition_id": 123, "attributes": {"name": "Left a message"}},
        "create_call_purpose": {"attributes": {"name": "Renewal"}},
        "update_call_purpose": {"call_purpose_id": 123, "attributes": {"name": "Renewal"}},
        "list_tasks": {
            "filters": [
                {"field": "state", "criteria": "incomplete"},
                {"field": "dueAt", "criteria": "..today"},
                {"field": "owner.id", "criteria": "me"},
            ],
            "sort": "dueAt",
        },
        "create_task": {
            "attributes": {"action": "call", "dueAt": "tomorrow", "note": "Ask about the renewal"},
            "relationships": {"subject": {"type": "prospect", "id": 456}, "owner": "me"},
        },
        "update_task": {"task_id": 20117, "attributes": {"note": "Ask about the renewal"}},
        "set_task_action": {"task_id": 20117, "action": "updateNote", "note": "Prefers mornings"},
        "list_opportunities": {"filters": [{"field": "amount", "criteria": "10000.."}], "sort": "-amount"},
        "create_opportunity": {
            "attributes": {"name": "Acme renewal", "amount": 12000, "closeDate": "+60d"},
            "relationships": {"account": 55, "owner": "me"},
        },
        "update_opportunity": {"opportunity_id": 903, "attributes": {"probability": 60}},
        "create_opportunity_prospect_role": {"relationships": {"opportunity": 903, "prospect": 456}},
        "update_opportunity_prospect_role": {"prospect_role_id": 12345, "attributes": {"primary": True}},
        "create_opportunity_stage": {"attributes": {"name": "In procurement"}},
        "update_opportunity_stage": {"opportunity_stage_id": 1, "attributes": {"name": "First talks"}},
        "create_stage": {"attributes": {"name": "Nurtured"}},
        "update_stage": {"stage_id": 123, "attributes": {"name": "In touch"}},
        "create_mailing": {
            "attributes": {"subject": "The renewal", "bodyHtml": "<p>Shall we talk on Monday?</p>"},
            "relationships": {"mailbox": 123, "prospect": 456},
        },
        "list_events": {"filters": [{"field": "createdAt", "criteria": "-7d"}], "page_size": 5},
        "create_compliance_request": {
            "requester_email": "privacy@fieldlight.example",
            "request_type": "Delete",
            "object_type": "Prospect",
            "request_object_email": "marcus.holloway@acme.example",
        },
        "plan_change": {
            "resource": "prospect",
            "filters": [{"field": "title", "criteria": "VP Operations"}],
            "add_tags": ["operations"],
        },
        "apply_plan": {"plan_id": "p0c2f6a91d3e7"},
        "get_job": {"job_id": "j51b8e07fa4c2"},
        "list_jobs": {},
        "cancel_job": {"job_id": "j51b8e07fa4c2"},
        "plan_undo": {"job_id": "j51b8e07fa4c2"},
        "execute_link": {"link": "https://api.outreach.io/api/v2/prospects/456"},
        "list_prospect_notes": {"filters": [{"field": "createdAt", "criteria": "..today"}], "page_size": 5},
        "create_prospect_note": {
            "attributes": {"message": "Prefers to be called in the afternoon"},
            "relationships": {"prospect": 456},
        },
        "update_prospect_note": {"prospect_note_id": 310, "attributes": {"pinned": True}},
        "list_account_notes": {"filters": [{"field": "account.id", "criteria": "55"}], "page_size": 5},
        "create_account_note": {
            "attributes": {"message": "Renewals go through procurement"},
            "relationships": {"account": 55},
        },
        "update_account_note": {"account_note_id": 120, "attributes": {"pinned": True}},
        "list_email_addresses": {"filters": [{"field": "prospect.id", "criteria": "456"}]},
        "create_email_address": {
            "attributes": {"email": "marcus@home.example", "emailType": "personal"},
            "relationships": {"prospect": 456},
        },
        "update_email_address": {"email_address_id": 1501, "attributes": {"emailType": "work"}},
        "create_phone_number": {
            "attributes": {"number": "+1 555 0101", "phoneType": "mobile"},
            "relationships": {"prospect": 456},
        },
        "update_phone_number": {"phone_number_id": 2210, "attributes": {"extension": "12"}},
        "create_template": {
            "attributes": {"name": "Spring intro", "subject": "Spring", "bodyHtml": "<p>Shall we talk?</p>"}
        },
        "update_template": {"template_id": 340, "attributes": {"name": "Winter intro"}},
        "create_snippet": {"attributes": {"name": "Pricing", "bodyHtml": "<p>Seats cost 40 a month.</p>"}},
        "update_snippet": {"snippet_id": 31, "attributes": {"name": "Prices"}},
        "create_sequence_step": {
            "attributes": {"stepType": "call", "interval": 172800, "taskNote": "Ask about the renewal"},
            "relationships": {"sequence": 123},
        },
        "update_sequence_step": {"sequence_step_id": 611, "attributes": {"interval": 86400}},
        "list_sequence_templates": {"filters": [{"field": "sequenceStep.id", "criteria": "611"}]},
        "create_sequence_template": {"relationships": {"sequenceStep": 611, "template": 340}},
        "update_sequence_template": {"sequence_template_id": 502, "attributes": {"isReply": True}},
        "set_sequence_template_action": {"sequence_template_id": 502, "action": "deactivate"},
        "create_user": {"attributes": {"email": "kim@fieldlight.example", "firstName": "Kim", "lastName": "Berg"}},
        "update_user": {"user_id": 19, "attributes": {"title": "Account executive"}},
        "create_webhook": {"attributes": {"url": "https://hooks.example/outreach", "resource": "prospect"}},
        "update_webhook": {"webhook_id": 3, "attributes": {"active": True}},
        "search": {"query": "acme"},
        "fetch": {"id": "prospect/456"},
        "find_operations": {"query": "products that a customer bought"},
        "read_operation": {"operation": "list_products", "arguments": {"page_size": 5}},
        "change_operation": {"operation": "prospects_add_tags", "arguments": {"ids": [456], "tags": ["renewal"]}},
        "delete_operation": {"operation": "delete_persona", "arguments": {"id": 1}},
        "raw_http_request": {"method": "GET", "path": "/teams", "query": "page[size]=5"},
    }
)
"""Arguments that say more than a target, or need more."""


def example_of(tool: Tool) -> JsonObject:
    """Return the arguments of a call that works in the sandbox. Raises `LookupError` where none is known."""
    if tool.name in _OTHERS:
        return dict(_OTHERS[tool.name])
    properties: Mapping[str, Any] = tool.input_schema["properties"]
    required: list[str] = tool.input_schema.get("required", [])
    if missing := [name for name in required if name not in _TARGETS]:
        raise LookupError(f"{tool.name} has no example here, and {', '.join(missing)} must be given")
    return {name: _TARGETS[name] for name in required} | ({"page_size": 5} if "page_size" in properties else {})


def example_line(tool: Tool) -> str:
    """Return the example as a line for a shell."""
    given = example_of(tool)
    arguments = f" {shlex.quote(json.dumps(given, ensure_ascii=False))}" if given else ""
    chosen = f"--tools {tool.name} " if tool.name in OPT_IN else ""
    return f"outreach-mcp call --sandbox {chosen}{tool.name}{arguments}"
