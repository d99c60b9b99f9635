"""Task priorities: how urgent a task is."""

from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource

TASK_PRIORITY = Resource(
    type="taskPriority",
    toolset="settings",
    columns=("name", "weight"),
    tools=(
        ListTool("list_task_priorities", "Priority (urgency) levels of to-dos, with weight."),
        OptionsTool(
            "list_task_priority_options",
            "List task priorities (DDL)",
            "Dropdown to choose how urgent a to-do is: id, label.",
            label=("name", "weight"),
        ),
    ),
)
