"""Personas: kinds of prospects."""

from outreach_tools.engine.declaration import Resource

PERSONA = Resource(type="persona", toolset="settings", columns=("name", "description"))
