"""Sequence templates: which template a step of a sequence sends; several of one step are its variants."""

from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    Resource,
    UpdateTool,
)

SEQUENCE_TEMPLATE = Resource(
    type="sequenceTemplate",
    toolset="content",
    columns=("sequenceStep", "template", "enabled", "isReply", "deliverCount", "openCount", "replyCount"),
    hints={"enabled": "use set_sequence_template_action"},
    tools=(
        ListTool(
            "list_sequence_templates",
            "Which variant of a step gets more replies: the A/B test variants of a sequence, their email templates.",
        ),
        GetTool(
            "get_sequence_template",
            "sequence_template_id",
            "One variant of a sequence step: switched on, how it is doing.",
        ),
        CreateTool(
            "create_sequence_template",
            "Attach, use a template in a sequence step; add a variant to test against another (A/B).",
            attributes=("isReply",),
            relationships=("sequenceStep", "template"),
            required=("relationships.sequenceStep", "relationships.template"),
        ),
        UpdateTool(
            "update_sequence_template",
            "sequence_template_id",
            "Swap the template of a step's variant; send it as a reply in the same thread.",
            attributes=("isReply",),
            relationships=("template",),
        ),
        DeleteTool(
            "delete_sequence_template",
            "sequence_template_id",
            "Take a template out of a sequence step; delete the losing variant of the A/B test.",
        ),
        ActionTool(
            "set_sequence_template_action",
            "sequence_template_id",
            "Switch a variant (version) of a step's email on or off: enable, pause.",
            actions=("activate", "deactivate"),
        ),
    ),
)
