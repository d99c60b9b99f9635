"""Personas: kinds of prospects."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

PERSONA = Resource(
    type="persona",
    toolset="settings",
    columns=("name", "description"),
    tools=(
        ListTool("list_personas", "Which buyer personas (types, kinds of buyers, contacts) are defined."),
        GetTool(
            "get_persona",
            "persona_id",
            "One buyer persona: how it is described, what stands behind it, what we mean by it.",
        ),
    ),
)
