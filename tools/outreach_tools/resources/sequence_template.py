"""Sequence templates: which template a step of a sequence sends; several of one step are its variants."""

from outreach_tools.engine.declaration import Resource

SEQUENCE_TEMPLATE = Resource(
    type="sequenceTemplate",
    toolset="content",
    columns=("sequenceStep", "template", "enabled", "isReply", "deliverCount", "openCount", "replyCount"),
    hints={"enabled": "activate_sequence_template and deactivate_sequence_template change it"},
)
