"""The promises of a tool's description, compared with what the tool can do by the contract."""

import json
import re
from typing import Any

import pytest

from outreach_tools.catalog import resource_type, resource_types
from outreach_tools.engine.declaration import ListTool, Resource
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import is_array
from outreach_tools.toolsets import RESOURCES, all_tools
from tests.support.workbench import workbench

TOOLS = {tool.name: tool for tool in all_tools()}
EVERY = pytest.mark.parametrize("tool", all_tools(), ids=lambda tool: tool.name)


def names_of(tool: Tool) -> set[str]:
    """Return every name that a tool understands: arguments and their values, fields, filters, actions."""
    if not tool.resource:
        return {*tool.input_schema["properties"], *(resource.path for resource in resource_types().values())}
    resource = resource_type(tool.resource)
    values = re.findall(r"\w+", str(tool.input_schema))
    return {*values, *resource.attributes, *resource.relationships, *filter_names(resource), *resource.actions}


@EVERY
def test_a_description_names_only_tools_and_fields_that_there_are(tool: Tool) -> None:
    text = tool.description
    tools = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)) - names_of(tool)
    fields = {*re.findall(r"\b[a-z]+(?:[A-Z][a-z]*)+\b", text), *re.findall(r"\b[a-z]\w*\.(?:id|name)\b", text)}
    assert (tools - set(TOOLS), fields - names_of(tool)) == (set(), set())


# What Outreach has nothing of, with the reason; a description that speaks of it promises what no tool can do.
_UNTRUE = {
    r"\brates?\b": "no attribute holds a rate; how many were contacted and replied is told",
    r"\bdefault\b": "of call dispositions only a read-only mark for voicemails was recorded",
}
_RECKONED = {r"\brates?\b"}
"""Fields that the tools of figures have nevertheless: they reckon it."""

_UNTRUE_OF = {
    "list_prospects": (r"opted out|opt out|unsubscribed|\btag", "prospects are not filtered by optedOut or tags"),
    "list_events": (r"\b(?:of|opens,).*\brepl(?:y|ies|ied)\b(?<!Replies)|meetings?", "no event of a reply is known"),
    "list_recipients": (r"\bdid\b.*\bmail\b", "recipients are not filtered by their mail"),
    "update_call_disposition": (r"default", "it cannot be written"),
}


@EVERY
def test_no_description_promises_what_outreach_does_not_have(tool: Tool) -> None:
    own = [_UNTRUE_OF[tool.name][0]] if tool.name in _UNTRUE_OF else []
    checks = [each for each in (*_UNTRUE, *own) if tool.toolset != "reports" or each not in _RECKONED]
    assert [each for each in checks if re.search(each, tool.description)] == []


def one(field: str, criteria: str) -> list[dict[str, str]]:
    return [{"field": field, "criteria": criteria}]


# For what a list's description offers: its words, the call that answers it, and the columns that hold the answer.
OFFERS: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("list_prospects", "by the beginning of a name (q)", {"filters": one("q", "a")}, {"name"}),
    ("list_prospects", "title", {"filters": one("title", "not null")}, {"title"}),
    ("list_prospects", "company (account.name)", {"filters": one("account.name", "Oakridge Roofing Inc")}, {"account"}),
    ("list_prospects", "stage", {"filters": one("stage.id", "not null")}, {"stage"}),
    ("list_prospects", "Which leads do I own?", {"filters": one("owner.id", "me")}, {"owner"}),
    ("list_prospects", "engaged", {"filters": one("engagedAt", "not null")}, {"name"}),
    ("list_prospects", "not contacted lately", {"filters": one("touchedAt", "..-7d")}, {"touchedAt"}),
    ("list_accounts", "by the beginning of a name (q)", {"filters": one("q", "a")}, {"name"}),
    ("list_accounts", "domain", {"filters": one("domain", "not null")}, {"domain"}),
    ("list_accounts", "owner", {"filters": one("owner.id", "me")}, {"owner"}),
    ("list_accounts", "not touched lately", {"filters": one("touchedAt", "..-7d")}, {"touchedAt"}),
    ("list_sequences", "active or switched off", {"filters": one("enabledAt", "not null")}, {"enabled"}),
    ("list_sequences", "which get most replies", {"sort": "-replyCount"}, {"numRepliedProspects"}),
    ("list_sequence_states", "Who is in a sequence", {"filters": one("sequence.id", "not null")}, {"prospect"}),
    (
        "list_sequence_states",
        "active, paused, finished",
        {"filters": one("state", "active,paused,finished")},
        {"state"},
    ),
    ("list_sequence_states", "replied (repliedAt)", {"filters": one("repliedAt", "not null")}, {"repliedAt"}),
    (
        "list_sequence_states",
        "bounced, failed, opted out",
        {"filters": one("state", "bounced,failed,opted_out")},
        {"state"},
    ),
    ("list_sequence_steps", "steps of a sequence", {"filters": one("sequence.id", "not null")}, {"stepType"}),
    ("list_sequence_steps", "(interval, seconds)", {"filters": one("stepType", "not null")}, {"interval"}),
    ("list_sequence_steps", "most replies", {}, {"replyCount"}),
    ("list_mailings", "replied to my emails (repliedAt)", {"filters": one("repliedAt", "not null")}, {"repliedAt"}),
    ("list_mailings", "Who opened", {"filters": one("openedAt", "not null")}, {"openCount"}),
    ("list_mailings", "clicked", {"filters": one("clickedAt", "not null")}, {"clickCount"}),
    ("list_mailings", "scheduled, drafts, bounced", {"filters": one("state", "scheduled,drafted,bounced")}, {"state"}),
    ("list_templates", "best performing by opens", {"sort": "-openCount"}, {"openCount"}),
    ("list_templates", "replies", {"sort": "-replyCount"}, {"replyCount"}),
    ("list_templates", "Text: fields bodyHtml", {"fields": ["bodyHtml"]}, {"bodyHtml"}),
    ("list_calls", "today, this week", {"filters": one("createdAt", "-30d..")}, {"createdAt"}),
    ("list_calls", "by whom, with whom, outcome", {}, {"user", "prospect", "outcome"}),
    ("list_tasks", "due this week", {"filters": one("dueAt", "this_week")}, {"dueAt"}),
    ("list_tasks", "overdue", {"filters": [*one("dueAt", "..today"), *one("state", "incomplete")]}, {"dueAt"}),
    ("list_tasks", "urgent", {"filters": one("taskPriority.name", "Normal")}, {"taskPriority"}),
    ("list_tasks", "still open (state)", {"filters": one("state", "incomplete")}, {"state"}),
    ("list_tasks", "mine (owner.id = me)", {"filters": one("owner.id", "me")}, {"owner"}),
    ("list_task_priorities", "with weight", {}, {"name", "weight"}),
    ("list_task_dispositions", "Outcomes", {}, {"name"}),
    ("list_task_purposes", "Purposes", {}, {"name"}),
    ("list_call_dispositions", "their order", {}, {"name", "outcome", "order"}),
    ("list_call_purposes", "their order", {}, {"name", "order"}),
    ("list_opportunities", "sort by amount, closeDate", {"sort": "-amount"}, {"amount"}),
    ("list_opportunities", "sort by amount, closeDate", {"sort": "closeDate"}, {"closeDate"}),
    ("list_opportunities", "forecast", {"filters": one("forecastCategory", "not null")}, {"name"}),
    ("list_opportunities", "of a rep or company", {"filters": one("owner.id", "me")}, {"owner", "account"}),
    ("list_opportunity_prospect_roles", "Who is the decision maker", {"filters": one("role", "not null")}, {"role"}),
    ("list_opportunity_prospect_roles", "primary contact", {}, {"primary"}),
    (
        "list_opportunity_prospect_roles",
        "which deals a person",
        {"filters": one("prospect.id", "not null")},
        {"opportunity"},
    ),
    ("list_opportunity_stages", "which count as closed", {}, {"isClosed"}),
    ("list_stages", "their order", {}, {"name", "order"}),
    ("list_users", "who has logged in", {"filters": one("currentSignInAt", "not null")}, {"currentSignInAt"}),
    ("list_users", "names, email, titles, role", {}, {"name", "email", "title", "role"}),
    ("list_users", "locked", {"filters": one("locked", "false")}, {"locked"}),
    ("list_mailboxes", "Whose inbox is an address", {"filters": one("email", "not null")}, {"email", "user"}),
    ("list_mailboxes", "(user.id = me)", {"filters": one("user.id", "me")}, {"sendDisabled"}),
    ("list_mailboxes", "is sync broken", {}, {"syncDisabled"}),
    ("list_mail_aliases", "sender (from) addresses of an inbox", {"filters": one("mailbox.id", "not null")}, {"email"}),
    ("list_phone_numbers", "mobile or work", {"filters": one("phoneType", "mobile,work")}, {"phoneType"}),
    ("list_phone_numbers", "which are bad", {"filters": one("number", "not null")}, {"number", "prospect"}),
    ("list_recipients", "to, cc, bcc", {"filters": one("id", "1..")}, {"value", "recipientType"}),
    ("list_events", "What happened lately", {"filters": one("eventAt", "-90d..")}, {"eventAt", "name"}),
    ("list_events", "opens", {"filters": one("name", "message_opened")}, {"prospect"}),
    ("list_events", "calls", {"filters": one("name", "outbound_call_completed")}, {"prospect"}),
    ("list_events", "stage changes", {"filters": one("name", "prospect_stage_changed")}, {"prospect"}),
    ("list_audits", "Who logged in", {"filters": one("eventName", "login")}, {"agent"}),
    ("list_audits", "exported", {"filters": one("eventName", "export_created")}, {"agent"}),
    ("list_audits", "failed logins", {"filters": [*one("eventName", "login"), *one("result", "failed")]}, {"result"}),
    ("list_prospect_notes", "about a person", {"filters": one("prospect.id", "not null")}, {"message", "prospect"}),
    ("list_account_notes", "on a company", {"filters": one("account.id", "not null")}, {"message", "account"}),
    ("list_email_addresses", "bounced", {"sort": "email"}, {"bouncedAt", "status"}),
    ("list_email_addresses", "work or private", {"filters": one("emailType", "work")}, {"emailType"}),
    (
        "list_sequence_templates",
        "variants of a sequence step",
        {"filters": one("sequenceStep.id", "not null")},
        {"template"},
    ),
    ("list_snippets", "text blocks", {}, {"name", "bodyText"}),
    ("list_rulesets", "duplicates, exclusivity", {}, {"permitDuplicateProspects", "sequenceExclusivity"}),
    ("list_personas", "are defined", {}, {"name"}),
    ("list_teams", "who belongs to them", {}, {"name", "users"}),
    ("list_kaia_recordings", "Kaia recorded, with transcripts", {}, {"title", "transcriptUrl"}),
    ("list_webhooks", "which are disabled", {}, {"url", "disabledReason"}),
    ("list_compliance_requests", "open or done", {"filters": one("state", "pending,running,done")}, {"state"}),
]


def test_every_list_is_held_to_something() -> None:
    others = ("options", "bulk")
    lists = {tool.name for tool in all_tools() if tool.name.startswith("list_") and tool.toolset not in others}
    assert {name for name, *_ in OFFERS} == lists


async def test_what_a_list_offers_it_answers_from_outreach_and_not_by_a_scan() -> None:
    broken: list[str] = []
    async with workbench() as bench:
        for tool, words, arguments, columns in OFFERS:
            answer = await bench.call(tool, page_size=5, **arguments)
            shown = {*answer["columns"], *answer.get("empty_columns", ())}
            faults = [
                *([] if words in TOOLS[tool].description else ["the description does not say so"]),
                *([] if answer["returned"] else ["nothing"]),
                *(["a scan"] if "scanned" in answer else []),
                *(f"no {name}" for name in sorted(columns - shown)),
            ]
            broken += [f"{tool}: {words}: {', '.join(faults)}"] if faults else []
    assert broken == []


OFFERED = [(each, name) for each in RESOURCES for name in each.offered]


@pytest.mark.parametrize(("declared", "name"), OFFERED, ids=[f"{each.type} {name}" for each, name in OFFERED])
async def test_a_filter_that_a_list_offers_and_outreach_lacks_finds_records_all_the_same(
    declared: Resource, name: str
) -> None:
    (tool,) = [each.name for each in declared.tools if isinstance(each, ListTool)]
    assert name in str(TOOLS[tool].input_schema)
    async with workbench() as bench:
        rows = await bench.call(tool, fields=[name], page_size=3, filters=one(name, "not null"))
        value: Any = rows["rows"][0][1]
        criteria: Any = value[0] if is_array(value) else json.dumps(value) if isinstance(value, bool) else value
        found = await bench.call(tool, fields=["id", name], page_size=3, filters=one(name, criteria))
    assert found["rows"]
    assert all(value == row[1] or criteria in row[1] for row in found["rows"])
