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
            "Which templates the steps of a sequence send; compare versions, A/B variants of a sequence step's mail: "
            "which gets more replies.",
        ),
        GetTool(
            "get_sequence_template",
            "sequence_template_id",
            "One variant, version of a sequence step's mail: switched on, its numbers, how many people got it.",
        ),
        CreateTool(
            "create_sequence_template",
            "Attach, use a template in a sequence step; add a variant, version B of its mail to test against A (A/B).",
            attributes=("isReply",),
            relationships=("sequenceStep", "template"),
            required=("relationships.sequenceStep", "relationships.template"),
        ),
        UpdateTool(
            "update_sequence_template",
            "sequence_template_id",
            "Swap, exchange the template behind a step's variant; send the follow-up as a reply in the same thread.",
            attributes=("isReply",),
            relationships=("template",),
        ),
        DeleteTool(
            "delete_sequence_template",
            "sequence_template_id",
            "Take, unlink a template out of a sequence step; delete, drop the losing variant (version) of an A/B test.",
        ),
        ActionTool(
            "set_sequence_template_action",
            "sequence_template_id",
            "Switch, turn a variant (version A, B) of a step's email on or off: reactivate, enable, pause.",
            actions=("activate", "deactivate"),
        ),
    ),
)
