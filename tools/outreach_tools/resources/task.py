"""Tasks: what a user has to do."""

from outreach_tools.catalog import Attribute
from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    Resource,
    UpdateTool,
)

_ASSOCIATIONS = ("recent_created", "recent_updated", "noop")

TASK = Resource(
    type="task",
    toolset="tasks",
    columns=("action", "taskType", "state", "dueAt", "subject", "note", "taskPriority", "owner"),
    values={
        "action": ("action_item", "call", "email", "in_person"),
        "state": ("pending", "incomplete", "complete"),
        "taskType": ("follow_up", "manual", "no_reply", "sequence_open", "sequence_click", "sequence_step_call",
                     "sequence_step_email", "sequence_step_linkedin_interact_with_post", "sequence_step_linkedin_other",
                     "sequence_step_linkedin_send_connection_request", "sequence_step_linkedin_send_message",
                     "sequence_step_linkedin_view_profile", "sequence_step_sms", "sequence_step_task", "touch"),
        "opportunityAssociation": _ASSOCIATIONS,
        "completionAction": ("finish_no_reply", "finish_replied", "advance"),
    },
    near={"action": "taskType", "completed": "state"},
    hints={
        "state": "use set_task_action",
        "completed": "use set_task_action markComplete",
        "prospect": "set 'subject' {type: prospect, id}",
        "account": "set 'subject' {type: account, id}",
        "opportunity": "set 'subject' {type: opportunity, id}",
        "prospect_id": "set 'subject' {type: prospect, id}",
    },
    unlisted=("call.id", "calls.id", "mailing.id", "mailings.id", "prospect.createdAt", "prospect.updatedAt",
              "sequenceSequenceSteps.id", "sequenceTemplate.id"),
    tools=(
        CreateTool(
            "create_task",
            "Remind me: add a to-do to call, email or follow up with someone (person, company, deal) on a day.",
            attributes=("action", "dueAt", "note"),
            relationships=("subject", "owner", "taskPriority"),
            required=("attributes.action", "relationships.subject", "relationships.owner"),
        ),
        DeleteTool(
            "delete_task",
            "task_id",
            "Remove a to-do or reminder, like a duplicate. If completed: set_task_action.",
        ),
        GetTool("get_task", "task_id", "Show what one to-do is about, its note, when it is due."),
        ListTool(
            "list_tasks",
            "What do I have to do today? To-dos, follow-ups, calls due this week, overdue, urgent, still open "
            "(state); mine (owner.id = me) or another's. First due first.",
            sort="dueAt",
        ),
        UpdateTool(
            "update_task",
            "task_id",
            "Raise a to-do's priority; edit its text (note), due date, owner. Done or snooze: set_task_action.",
            attributes=("action", "dueAt", "note"),
            relationships=("subject", "owner", "taskPriority"),
        ),
        ActionTool(
            "set_task_action",
            "task_id",
            "Complete (tick off, mark done) a task, to-do, reminder: markComplete. Snooze or push it back "
            "(reschedule), hand it to a colleague (reassignOwner), skip on (advance), log a meeting, deliver its "
            "email.",
            actions=("advance", "deliver", "logMeetInPerson", "markComplete", "reassignOwner", "reschedule", "snooze",
                     "updateNote", "updateOpportunityAssociation"),
            parameters=(
                Attribute("completionNote", "string"),
                Attribute("completionAction", "string"),
                Attribute("dueAt", "string", format="date-time"),
                Attribute("markAsUrgent", "boolean"),
                Attribute("ownerId", "integer"),
                Attribute("note", "string", max_length=65535),
                Attribute("opportunityAssociation", "string"),
                Attribute("taskDispositionId", "integer"),
                Attribute("taskPurposeId", "integer"),
            ),
        ),
    ),
)  # fmt: skip
