"""Task priorities: how urgent a task is."""

from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource

TASK_PRIORITY = Resource(
    type="taskPriority",
    toolset="settings",
    columns=("name", "weight"),
    tools=(
        ListTool("list_task_priorities", "Priority levels of to-dos, with weight."),
        OptionsTool(
            "list_task_priority_options",
            "List task priorities (DDL)",
            "Dropdown to pick a to-do priority: id, label.",
            label=("name", "weight"),
        ),
    ),
)
