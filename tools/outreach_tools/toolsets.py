"""Every tool, in one visible list, and the named groups of them that a user may choose."""

from functools import cache

from outreach_tools.engine.building import build_tools
from outreach_tools.engine.declaration import ListTool, Resource
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Tool
from outreach_tools.resources.account import ACCOUNT
from outreach_tools.resources.advanced import RAW_HTTP_REQUEST, execute_link
from outreach_tools.resources.audit_log import AUDIT_LOG
from outreach_tools.resources.bulk import bulk_tools
from outreach_tools.resources.call import CALL
from outreach_tools.resources.call_disposition import CALL_DISPOSITION
from outreach_tools.resources.call_purpose import CALL_PURPOSE
from outreach_tools.resources.compliance_request import COMPLIANCE_REQUEST, CREATE_COMPLIANCE_REQUEST
from outreach_tools.resources.connection import GET_CONNECTION
from outreach_tools.resources.event import EVENT
from outreach_tools.resources.fields import describe_fields
from outreach_tools.resources.files import file_tools
from outreach_tools.resources.mail_alias import MAIL_ALIAS
from outreach_tools.resources.mailbox import MAILBOX
from outreach_tools.resources.mailing import MAILING
from outreach_tools.resources.opportunity import OPPORTUNITY
from outreach_tools.resources.opportunity_prospect_role import OPPORTUNITY_PROSPECT_ROLE
from outreach_tools.resources.opportunity_stage import OPPORTUNITY_STAGE
from outreach_tools.resources.phone_number import PHONE_NUMBER
from outreach_tools.resources.prospect import PROSPECT
from outreach_tools.resources.recipient import RECIPIENT
from outreach_tools.resources.sequence import SEQUENCE
from outreach_tools.resources.sequence_state import SEQUENCE_STATE, add_prospect_to_sequence, telling_why_pending
from outreach_tools.resources.sequence_step import SEQUENCE_STEP
from outreach_tools.resources.stage import STAGE
from outreach_tools.resources.task import TASK
from outreach_tools.resources.task_disposition import TASK_DISPOSITION
from outreach_tools.resources.task_priority import TASK_PRIORITY
from outreach_tools.resources.task_purpose import TASK_PURPOSE
from outreach_tools.resources.template import TEMPLATE
from outreach_tools.resources.user import USER

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
)


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
    "create_call",
    "list_tasks",
    "create_task",
    "set_task_action",
    "list_mailbox_options",
    "list_user_options",
    "list_stage_options",
    "list_call_disposition_options",
    "list_template_options",
    "get_connection",
)
"""The preset for a seller's day: few enough for clients that cap the tools of all servers together."""

OPT_IN: frozenset[str] = frozenset()
"""The tools that are offered only where they are chosen, by name or with a toolset."""


ADMIN = "admin"
"""The toolset that opens administration to the raw request: users, roles, teams, webhooks, mailboxes, settings."""


def toolsets() -> dict[str, frozenset[str]]:
    """Return the names of the tools in every toolset; `all`, `sales` and `admin` are among them."""
    groups: dict[str, set[str]] = {}
    for tool in all_tools():
        groups.setdefault(tool.toolset, set()).add(tool.name)
    every = frozenset(tool.name for tool in all_tools())
    named = {"all": every, "sales": frozenset(SALES), ADMIN: frozenset({RAW_HTTP_REQUEST.name})}
    return {**named, **{name: frozenset(names) for name, names in groups.items()}}


@cache
def listers() -> Listers:
    """Return the name of the tool that lists each type: `{"prospect": "list_prospects"}`."""
    return {each.type: tool.name for each in RESOURCES for tool in each.tools if isinstance(tool, ListTool)}


@cache
def all_tools() -> tuple[Tool, ...]:
    """Return every tool. Raises `DeclarationError` where a resource names what Outreach does not have."""
    declared = {resource.type: resource for resource in RESOURCES}
    return (
        add_prospect_to_sequence(listers()),
        *(telling_why_pending(tool) for resource in RESOURCES for tool in build_tools(resource, listers())),
        CREATE_COMPLIANCE_REQUEST,
        execute_link(declared, listers()),
        RAW_HTTP_REQUEST,
        GET_CONNECTION,
        describe_fields(declared),
        *file_tools(declared, listers()),
        *bulk_tools(declared, listers()),
    )
