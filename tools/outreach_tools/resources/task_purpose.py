"""Task purposes: what a task is for, as a ready-made choice."""

from outreach_tools.engine.declaration import ListTool, Resource

TASK_PURPOSE = Resource(
    type="taskPurpose",
    toolset="settings",
    columns=("name", "taskType", "order"),
    tools=(ListTool("list_task_purposes", "Purposes (reasons) of tasks, meetings in person.", brief=True),),
)
