"""Task dispositions: how a task ended, as a ready-made choice."""

from outreach_tools.engine.declaration import ListTool, Resource

TASK_DISPOSITION = Resource(
    type="taskDisposition",
    toolset="settings",
    columns=("name", "taskType", "order"),
    tools=(ListTool("list_task_dispositions", "Outcomes (dispositions) of tasks, meetings in person.", brief=True),),
)
