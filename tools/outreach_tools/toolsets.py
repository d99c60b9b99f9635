"""Every tool, in one visible list, and the named groups of them that a user may choose."""

from functools import cache

from outreach_tools.engine.building import build_tools
from outreach_tools.engine.declaration import ListTool, Resource
from outreach_tools.engine.dry_run import with_dry_run
from outreach_tools.engine.operations.making import Contract
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Tool
from outreach_tools.reports.activity import report_activity
from outreach_tools.reports.pipeline import report_pipeline
from outreach_tools.reports.replies import report_replies
from outreach_tools.reports.sequences import report_sequences
from outreach_tools.resources.account import ACCOUNT
from outreach_tools.resources.account_note import ACCOUNT_NOTE
from outreach_tools.resources.advanced import RAW_HTTP_REQUEST, execute_link
from outreach_tools.resources.audit_log import AUDIT_LOG
from outreach_tools.resources.build_sequence import build_sequence
from outreach_tools.resources.bulk import bulk_tools
from outreach_tools.resources.call import CALL
from outreach_tools.resources.call_disposition import CALL_DISPOSITION
from outreach_tools.resources.call_purpose import CALL_PURPOSE
from outreach_tools.resources.compliance_request import COMPLIANCE_REQUEST, CREATE_COMPLIANCE_REQUEST
from outreach_tools.resources.connection import GET_CONNECTION
from outreach_tools.resources.email_address import EMAIL_ADDRESS
from outreach_tools.resources.event import EVENT
from outreach_tools.resources.fields import describe_fields
from outreach_tools.resources.files import file_tools
from outreach_tools.resources.general import general_tools
from outreach_tools.resources.kaia_recording import KAIA_RECORDING
from outreach_tools.resources.mail_alias import MAIL_ALIAS
from outreach_tools.resources.mailbox import MAILBOX
from outreach_tools.resources.mailing import MAILING
from outreach_tools.resources.opportunity import OPPORTUNITY
from outreach_tools.resources.opportunity_prospect_role import OPPORTUNITY_PROSPECT_ROLE
from outreach_tools.resources.opportunity_stage import OPPORTUNITY_STAGE
from outreach_tools.resources.persona import PERSONA
from outreach_tools.resources.phone_number import PHONE_NUMBER
from outreach_tools.resources.prospect import PROSPECT
from outreach_tools.resources.prospect_note import PROSPECT_NOTE
from outreach_tools.resources.recipient import RECIPIENT
from outreach_tools.resources.ruleset import RULESET
from outreach_tools.resources.search import search_tools
from outreach_tools.resources.sequence import SEQUENCE
from outreach_tools.resources.sequence_state import SEQUENCE_STATE, add_prospect_to_sequence, telling_why_pending
from outreach_tools.resources.sequence_step import SEQUENCE_STEP
from outreach_tools.resources.sequence_template import SEQUENCE_TEMPLATE
from outreach_tools.resources.snippet import SNIPPET
from outreach_tools.resources.stage import STAGE
from outreach_tools.resources.summary import summarize_records
from outreach_tools.resources.task import TASK
from outreach_tools.resources.task_disposition import TASK_DISPOSITION
from outreach_tools.resources.task_priority import TASK_PRIORITY
from outreach_tools.resources.task_purpose import TASK_PURPOSE
from outreach_tools.resources.team import TEAM
from outreach_tools.resources.template import TEMPLATE
from outreach_tools.resources.user import USER
from outreach_tools.resources.webhook import WEBHOOK
from outreach_tools.resources.without_tools import WITHOUT_TOOLS
from outreach_tools.timeline.tool import get_timeline

RESOURCES: tuple[Resource, ...] = (
    PROSPECT,
    ACCOUNT,
    SEQUENCE,
    SEQUENCE_STATE,
    SEQUENCE_STEP,
    MAILING,
    TEMPLATE,
    RECIPIENT,
    CALL,
    CALL_DISPOSITION,
    CALL_PURPOSE,
    TASK,
    TASK_PRIORITY,
    TASK_DISPOSITION,
    TASK_PURPOSE,
    OPPORTUNITY,
    OPPORTUNITY_PROSPECT_ROLE,
    OPPORTUNITY_STAGE,
    STAGE,
    USER,
    MAILBOX,
    MAIL_ALIAS,
    PHONE_NUMBER,
    EVENT,
    AUDIT_LOG,
    COMPLIANCE_REQUEST,
    PROSPECT_NOTE,
    ACCOUNT_NOTE,
    EMAIL_ADDRESS,
    SEQUENCE_TEMPLATE,
    SNIPPET,
    RULESET,
    PERSONA,
    TEAM,
    KAIA_RECORDING,
    WEBHOOK,
    *WITHOUT_TOOLS,
)
"""Every type that Outreach has with what is special about it, in the order in which its tools are listed."""

SALES: tuple[str, ...] = (
    "list_prospects",
    "get_prospect",
    "create_prospect",
    "update_prospect",
    "list_accounts",
    "get_account",
    "list_opportunities",
    "list_sequences",
    "list_sequence_states",
    "add_prospect_to_sequence",
    "set_sequence_state_action",
    "list_mailings",
    "get_mailing",
    "report_replies",
    "get_timeline",
    "list_prospect_notes",
    "create_prospect_note",
    "create_call",
    "list_tasks",
    "create_task",
    "set_task_action",
    "plan_change",
    "apply_plan",
    "list_mailbox_options",
    "list_user_options",
    "list_stage_options",
    "list_call_disposition_options",
    "list_template_options",
    "get_connection",
    "describe_fields",
)
"""The preset for a seller's day: few enough for clients that cap the tools of all servers together."""

OPT_IN: frozenset[str] = frozenset(
    (
        # content
        "get_template", "create_template", "update_template", "delete_template",
        "list_snippets", "get_snippet", "create_snippet", "update_snippet",
        "create_sequence_step", "update_sequence_step",
        "list_sequence_templates", "get_sequence_template", "create_sequence_template", "update_sequence_template",
        "delete_sequence_template", "set_sequence_template_action",
        # contact_details
        "list_email_addresses", "get_email_address", "create_email_address", "update_email_address",
        "delete_email_address", "create_phone_number", "update_phone_number", "delete_phone_number",
        # meetings
        "list_kaia_recordings", "get_kaia_recording",
        # people, settings
        "list_teams", "get_team", "list_personas", "get_persona", "list_rulesets", "get_ruleset",
        # search
        "search", "fetch",
        # admin, webhooks
        "create_user", "update_user",
        "list_webhooks", "get_webhook", "create_webhook", "update_webhook", "delete_webhook",
    )
)  # fmt: skip
"""The tools that are offered only where they are chosen, by name or with a toolset."""


ADMIN = "admin"
"""The toolset that opens administration: users, roles, teams, webhooks, mailboxes, settings."""

PRESETS: tuple[str, ...] = ("default", "all", "sales", "directory")
"""The toolsets that choose among the tools of others; directories refuse a tool that takes a method as an argument."""


LAST: tuple[str, ...] = ("settings", "compliance", "advanced", "options")
"""The toolsets whose tools a client is told of last, in this order: one that takes only so many cuts off the end.

Those of `options` stand at its very end, as lists give the same and more.
"""


def toolsets() -> dict[str, frozenset[str]]:
    """Return the names of the tools in every toolset, the presets among them.

    `default` is what is offered without a choice, `all` every tool but those that run an organisation.
    """
    groups: dict[str, set[str]] = {}
    for tool in all_tools():
        groups.setdefault(tool.toolset, set()).add(tool.name)
    default = frozenset(tool.name for tool in all_tools()) - OPT_IN
    running = groups.get(ADMIN, set()) | groups["webhooks"]
    general = {RAW_HTTP_REQUEST.name} | groups["operations"]
    named = {
        "default": default,
        "all": frozenset(tool.name for tool in all_tools()) - running,
        "sales": frozenset(SALES),
        "directory": default - {RAW_HTTP_REQUEST.name},
        ADMIN: frozenset(general | groups.pop(ADMIN, set())),
    }
    return {**named, **{name: frozenset(names) for name, names in groups.items()}}


def told_last(tool: Tool) -> int:
    """Return how far towards the end a client is told of a tool: 0 but for those of `LAST`."""
    return LAST.index(tool.toolset) + 1 if tool.toolset in LAST else 0


@cache
def contract() -> Contract:
    """Return every operation of the contract, with what runs it."""
    declared = {resource.type: resource for resource in RESOURCES}
    return Contract(declared, listers(), {tool.name: tool for tool in all_tools()})


@cache
def listers() -> Listers:
    """Return the name of the tool that lists each type: `{"prospect": "list_prospects"}`.

    One that is offered only where it is chosen is not among them: the general tools list its type as well.
    """
    lists = {each.type: tool.name for each in RESOURCES for tool in each.tools if isinstance(tool, ListTool)}
    return {kind: name for kind, name in lists.items() if name not in OPT_IN}


@cache
def all_tools() -> tuple[Tool, ...]:
    """Return every tool. Raises `DeclarationError` where a resource names what Outreach does not have."""
    declared = {resource.type: resource for resource in RESOURCES}
    tools = (
        add_prospect_to_sequence(listers()),
        *(telling_why_pending(tool) for resource in RESOURCES for tool in build_tools(resource, listers())),
        build_sequence(listers()),
        CREATE_COMPLIANCE_REQUEST,
        execute_link(declared, listers()),
        RAW_HTTP_REQUEST,
        *general_tools(contract),
        *search_tools(contract),
        GET_CONNECTION,
        describe_fields(declared),
        *file_tools(declared, listers()),
        *bulk_tools(declared, listers()),
        summarize_records(declared, listers()),
        report_sequences(listers()),
        report_activity(listers()),
        report_pipeline(listers()),
        report_replies(listers()),
        get_timeline(listers()),
    )
    return tuple(map(with_dry_run, tools))
