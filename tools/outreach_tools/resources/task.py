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
    tools=(
        CreateTool(
            "create_task",
            "Create a to-do (reminder, follow-up): call, e-mail, meeting or other, for a person, company or deal.",
            attributes=("action", "dueAt", "note", "autoskipAt"),
            relationships=("subject", "owner", "taskPriority"),
            required=("attributes.action", "relationships.subject", "relationships.owner"),
        ),
        DeleteTool("delete_task", "task_id", "Delete a to-do for good. One that was done: set_task_action."),
        GetTool("get_task", "task_id", "Show one to-do (task) in full."),
        ListTool(
            "list_tasks",
            "To-dos (tasks): what is due today or overdue (dueAt), whose (owner.id), still open (state), for whom.",
        ),
        UpdateTool(
            "update_task",
            "task_id",
            "Change a to-do's due date, note, priority, owner or subject. To complete or snooze it: set_task_action.",
            attributes=("action", "dueAt", "note", "autoskipAt"),
            relationships=("subject", "owner", "taskPriority"),
        ),
        ActionTool(
            "set_task_action",
            "task_id",
            "Complete (markComplete), snooze, reschedule or reassign a to-do, change its note, skip to the next step "
            "(advance), log a meeting, or send its e-mail (deliver).",
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
            users=("ownerId",),
        ),
    ),
)  # fmt: skip
