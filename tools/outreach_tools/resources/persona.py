"""Personas: kinds of prospects."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

PERSONA = Resource(
    type="persona",
    toolset="settings",
    columns=("name", "description"),
    tools=(
        ListTool("list_personas", "Which buyer personas (kinds of contacts) are defined."),
        GetTool("get_persona", "persona_id", "One buyer persona: name, description, what we mean by it."),
    ),
)
