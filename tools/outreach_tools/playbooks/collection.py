"""All playbooks, in the order in which menus show them."""

from outreach_tools.playbooks.playbook import Argument, Playbook

_PERIODS = ("last_7_days", "last_14_days", "last_30_days", "last_90_days", "this_month", "last_month", "this_quarter",
            "last_quarter", "this_year")  # fmt: skip


def _owner(default: str = "") -> Argument:
    whose = "yours" if default else "everybody's"
    return Argument("owner", f"whose; {whose} where it is left out", kind="user", default=default)


def _period(default: str) -> Argument:
    return Argument("period", "days", choices=_PERIODS, default=default)


PLAYBOOKS: tuple[Playbook, ...] = (
    Playbook(
        name="morning_brief",
        title="Morning brief",
        description="Start the day: who waits for an answer, what is due, how the week goes, which deals are stuck.",
        tools=("report_replies", "list_tasks", "report_activity", "report_pipeline"),
        calls=4,
        tokens=3_000,
        arguments=(_owner("me"),),
        spared=frozenset(("report_activity", "report_pipeline")),
    ),
    Playbook(
        name="reply_triage",
        title="Reply triage",
        description="Sort the replies that nobody has answered by what they say and how long they wait; draft answers.",
        tools=("report_replies", "get_timeline"),
        calls=7,
        tokens=4_500,
        arguments=(_owner("me"), _period("last_14_days")),
        changes=("create_task", "create_mailing"),
        spared=frozenset(("get_timeline",)),
    ),
    Playbook(
        name="call_preparation",
        title="Call preparation",
        description="Get ready for a call with one person: who they are, what happened, what is open, what to ask.",
        tools=("get_prospect", "get_timeline", "list_opportunities"),
        calls=3,
        tokens=2_500,
        arguments=(Argument("prospect", "name, e-mail or id of the person", kind="prospect", required=True),),
        changes=("create_call", "create_task"),
        spared=frozenset(("list_opportunities",)),
    ),
    Playbook(
        name="account_review",
        title="Account review",
        description="Review a company: its people, its deals, the last quarter, and the next steps.",
        tools=("get_account", "list_prospects", "list_opportunities", "get_timeline"),
        calls=4,
        tokens=4_500,
        arguments=(Argument("account", "name, domain or id of the company", kind="account", required=True),),
        changes=("create_task", "create_account_note", "update_opportunity"),
        spared=frozenset(("list_prospects", "list_opportunities")),
    ),
    Playbook(
        name="pipeline_review",
        title="Pipeline review",
        description="Go through the open deals of a period: worth by stage and owner, what is stuck and what to do.",
        tools=("report_pipeline", "get_timeline"),
        calls=6,
        tokens=3_500,
        arguments=(_period("this_quarter"), _owner()),
        changes=("update_opportunity",),
        spared=frozenset(("get_timeline",)),
    ),
    Playbook(
        name="sequence_tune_up",
        title="Sequence tune-up",
        description="Find where a sequence loses people: steps, variants with intervals, where people stand in it.",
        tools=("report_sequences", "summarize_records", "read_operation"),
        calls=4,
        tokens=3_000,
        arguments=(
            Argument("sequence", "name or id of the sequence", kind="sequence", required=True),
            _period("last_90_days"),
        ),
        changes=("set_sequence_action", "change_operation"),
        spared=frozenset(("summarize_records", "read_operation")),
    ),
    Playbook(
        name="list_load",
        title="List load",
        description="Load people or companies from a file: plan, doubles, a yes, then the load; with a way back.",
        tools=("plan_import", "find_duplicates", "apply_plan", "get_job", "plan_undo"),
        calls=3,
        tokens=4_500,
        arguments=(
            Argument("resource", "what the rows are", choices=("prospect", "account"), default="prospect"),
            Argument("file", "name of a CSV or Excel file in the export folder"),
        ),
        changes=("apply_plan",),
        spared=frozenset(("find_duplicates",)),
    ),
    Playbook(
        name="hand_over",
        title="Hand-over of a leaver's book",
        description="Hand over what somebody who leaves owns: people, accounts, deals, tasks, and who waits for them.",
        tools=("report_replies", "plan_change", "summarize_records", "apply_plan", "get_job", "plan_undo"),
        calls=6,
        tokens=4_000,
        arguments=(
            Argument("leaver", "who leaves", kind="user", required=True),
            Argument("successor", "who takes over", kind="user", required=True),
        ),
        changes=("apply_plan",),
        spared=frozenset(("report_replies", "summarize_records")),
    ),
    Playbook(
        name="data_hygiene",
        title="Data hygiene",
        description="Find gaps, doubles, bounced addresses and forgotten tasks, and mend them by plan.",
        tools=("summarize_records", "find_duplicates", "plan_change", "apply_plan"),
        calls=5,
        tokens=9_000,
        arguments=(_owner(),),
        changes=("apply_plan",),
        spared=frozenset(("find_duplicates", "plan_change", "apply_plan")),
    ),
    Playbook(
        name="mailbox_health",
        title="Mailbox health",
        description="See which mailboxes cannot send, what bounces or fails, and which sequence it comes from.",
        tools=("list_mailboxes", "summarize_records", "report_sequences"),
        calls=4,
        tokens=3_000,
        arguments=(_period("last_30_days"),),
        spared=frozenset(("report_sequences",)),
    ),
)


def playbook_named(name: str) -> Playbook | None:
    """Return the playbook of a name, in either spelling (`reply_triage`, `reply-triage`), None where there is none."""
    wanted = name.strip().replace("-", "_")
    return next((each for each in PLAYBOOKS if each.name == wanted), None)
