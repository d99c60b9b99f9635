"""Task priorities: how urgent a task is."""

from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource

TASK_PRIORITY = Resource(
    type="taskPriority",
    toolset="settings",
    columns=("name", "weight"),
    tools=(
        ListTool("list_task_priorities", "Urgency levels (priorities) of tasks."),
        OptionsTool(
            "list_task_priority_options",
            "List task priorities (DDL)",
            "Task priority ids with names, to pick one for create_task.",
            label=("name", "weight"),
        ),
    ),
)
